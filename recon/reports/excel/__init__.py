"""A run as a workbook."""
