"""Small programs around the project: the demo, and how .venv and the lock files are made."""
