"""Pages: one HTML file each, for a browser without internet."""
