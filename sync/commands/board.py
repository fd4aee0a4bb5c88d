"""``board check`` and ``board create-columns``: compare the board with the mapping, and make it fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sync.commands.pull import open_reader
from sync.monday.check import check_board
from sync.monday.check import create_columns as create_missing
from sync.monday.mapping import load_mapping
from sync.output import Result
from sync.session import Runtime
from sync.settings import PROJECT_ROOT, read_settings
from sync.words import counted

MODELS = PROJECT_ROOT / "models" / "monday"


def check(env: Mapping[str, str], runtime: Runtime | None = None) -> Result:
    """Say whether the board fits; exit 1 where it doesn't."""
    settings = read_settings(env)
    with open_reader(settings, runtime or Runtime()) as (reader, _, _):
        checked = check_board(reader, load_mapping(MODELS), settings.board_id)
    findings = [{"level": finding.level, "text": finding.text} for finding in checked.findings]
    errors = [finding for finding in checked.findings if finding.level == "error"]
    message = (
        "The board fits the mapping."
        if checked.fit
        else f"The board doesn't fit the mapping: {counted(len(errors), 'problem')}."
    )
    lines = [f"{finding.level}: {finding.text}" for finding in checked.findings]
    data = {"fit": checked.fit, "findings": findings}
    return Result("board check", message, 0 if checked.fit else 1, data, lines=lines)


def create_columns(env: Mapping[str, str], runtime: Runtime | None = None) -> Result:
    """Create the mapped columns that are missing; do nothing where all are there."""
    settings, runtime = read_settings(env), runtime or Runtime()
    with open_reader(settings, runtime) as (reader, client, _):
        send = partial(client.send, timeout=settings.request_timeout)
        created = create_missing(
            reader, send, load_mapping(MODELS), settings.board_id, clock=runtime.clock, random=runtime.random
        )
    names = [{"title": column.title, "column_id": column.column_id, "board_id": column.board_id} for column in created]
    message = f"{counted(len(created), 'column')} created." if created else "No column was missing."
    lines = [f"created {column['title']}" for column in names]
    return Result("board create-columns", message, 0, {"created": names}, lines=lines)
