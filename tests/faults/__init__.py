"""The fault campaign: seeded cases that break a push in one place, push again until done, and compare everything.

``python -m tests.faults --help``; docs/faults.md says what a case is and what its figures mean.
"""
