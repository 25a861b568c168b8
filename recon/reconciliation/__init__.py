"""Expected against recorded revenue, to the cent, and why."""
