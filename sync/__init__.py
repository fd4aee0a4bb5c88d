"""Carries the staged changes of the order tables to a Monday.com board and writes Monday's ids back.

The database decides what differs (dbt builds ``STG_MON_*``); this package sends it, records every request before it
leaves, and confirms row by row what Monday answered.
"""

__version__ = "0.1.0"
