"""Figures: measures and dimensions as data, read from the store."""
