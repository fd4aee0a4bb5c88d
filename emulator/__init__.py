"""A local Monday.com API: GraphQL over HTTP on loopback, with limits, faults and a page that shows the board.

Start it as a command (``python -m emulator --port 8765``) or inside a test (``emulator.server.running``).
What it imitates, and each switch for what Monday's documentation leaves open, stands in ``emulator/README.md``.
"""
