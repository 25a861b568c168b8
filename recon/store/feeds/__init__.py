"""Feeds: from a file's rows to the star's."""
