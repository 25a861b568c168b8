"""Expected revenue against recorded revenue, to the cent, and why they differ."""
