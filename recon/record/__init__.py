"""What was run, what is open, who signed, and the evidence that proves it."""
