"""Pages for people, of elements that escape every text."""
