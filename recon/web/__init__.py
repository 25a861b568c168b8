"""The page: uploads in, months and figures out."""
