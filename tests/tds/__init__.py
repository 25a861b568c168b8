"""A small TDS endpoint: it answers Microsoft's own driver with what a test wants it to see."""
