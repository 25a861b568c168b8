"""Reports on matched documents: console, CSV, workbook, JSON."""
