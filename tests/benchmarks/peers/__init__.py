"""What recon is measured against: each module is a command of its own.

What they count is printed as JSON in the last line, so that a table can say whether they agree.
"""
