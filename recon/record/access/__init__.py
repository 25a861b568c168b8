"""Access: people of the page, their roles, sessions, tokens."""
