"""``board check`` and ``board create-columns``: compare the board with the mapping, and make it fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sync.commands.pull import open_reader
from sync.monday.check import check_board
from sync.monday.check import create_columns as create_missing
from sync.monday.mapping import load_mapping
from sync.output import Result, counted
from sync.session import Runtime
from sync.settings import PROJECT_ROOT, read_settings

MODELS = PROJECT_ROOT / "models" / "monday"


def check(env: Mapping[str, str], runtime: Runtime | None = None) -> Result:
    """Say whether the board fits; exit 1 where it doesn't."""
    settings = read_settings(env)
    with open_reader(settings, runtime or Runtime()) as (reader, _, _):
        found = check_board(reader, load_mapping(MODELS), settings.board_id)
    errors = sum(level == "error" for level, _ in found)
    message = "The board fits the mapping."
    if errors:
        message = f"The board doesn't fit the mapping: {counted(errors, 'problem')}."
    data = {"fit": not errors, "findings": [{"level": level, "text": text} for level, text in found]}
    return Result("board check", message, min(errors, 1), data, lines=[f"{level}: {text}" for level, text in found])


def create_columns(env: Mapping[str, str], runtime: Runtime | None = None) -> Result:
    """Create the mapped columns that are missing; do nothing where all are there."""
    settings = read_settings(env)
    with open_reader(settings, runtime or Runtime()) as (reader, client, _):
        send = partial(client.send, timeout=settings.request_timeout)
        created = create_missing(reader, send, load_mapping(MODELS), settings.board_id)
    message = f"{counted(len(created), 'column')} created." if created else "No column was missing."
    lines = [f"created {column['title']}" for column in created]
    return Result("board create-columns", message, 0, {"created": created}, lines=lines)
