"""The commands of ``python -m sync``, one module each."""
