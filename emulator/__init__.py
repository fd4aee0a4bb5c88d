"""A local Monday.com API: for the demo, for tests and for rehearsals. ``python -m emulator --help``; see README.md here."""
