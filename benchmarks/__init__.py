"""What is measured, and how: ``python -m benchmarks build`` and ``python -m benchmarks push``."""
