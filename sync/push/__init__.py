"""Carry staged rows to the board."""
