"""Excel workbooks as a source, read cell by cell.

The sheet is copied as CSV. Its XML is read as it is, row by row: no whole sheet is in memory, the
digits of a number are those in the file, and number formats, hidden rows, errors and formulas
without a result are seen, which readers of values alone hide.
"""
