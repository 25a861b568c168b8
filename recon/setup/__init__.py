"""From an empty folder to a machine that runs by itself: init, doctor and tasks."""
