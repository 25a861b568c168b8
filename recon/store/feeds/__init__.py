"""Feeds: from a file's rows to those of the star, as SQL."""
