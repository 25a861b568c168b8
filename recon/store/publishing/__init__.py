"""Publishing: a snapshot's star, brought where others read it."""
