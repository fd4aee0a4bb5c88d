"""The exceptions a command can end with, each with its exit code.

SyncError (1)              the command failed; the sentence says what is wrong, where, and what to do
├── ConfigurationError (1) a setting is missing or unfit
├── DatabaseError (1)      the database is missing, locked, gone, or not migrated
│   └── DatabaseLocked (1) another process holds the DuckDB file
├── StopAsked (3)          the run was asked to stop while it waited
├── BoardError (1)         the board can't be read or doesn't fit the mapping (3: Monday puts the run off)
└── UsageError (2)         wrong words on the command line, unknown batch

A run that did its work and needs attention (3) ends with a summary instead, which says what is left.
"""


class SyncError(Exception):
    """A failure that a person can act on; ``str()`` is one sentence without secrets or row text."""

    exit_code = 1


class ConfigurationError(SyncError):
    """A setting is missing or unfit."""


class DatabaseError(SyncError):
    """The database is missing, locked, unreachable, or lacks our tables."""


class DatabaseLocked(DatabaseError):
    """Another process holds the DuckDB file."""


class StopAsked(SyncError):
    """The run was asked to stop while it waited."""

    exit_code = 3


class BoardError(SyncError):
    """The board can't be read, or doesn't fit the mapping."""


class UsageError(SyncError):
    """The command line asks for something that doesn't exist or isn't allowed."""

    exit_code = 2
