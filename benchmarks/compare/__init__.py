"""The same orders pushed to the same local Monday by other tools, each through the same accidents."""
