"""What the last run of dbt says of itself: whether a push may believe what is staged, and how old it is. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sync.errors import DatabaseError
from sync.output import Result
from sync.words import counted

_HOURS_FROM, _DAYS_FROM = 2 * 60, 2 * 24 * 60
"""Minutes from which an age is said in hours, and in days."""
_NOT_WHOLE = {
    "RUNNING": "The last run of dbt began at {at} and has not ended: wait where it still runs, else run `dbt build`.",
    "FAILED": "The last run of dbt failed at {at}: mend what it names, then run `dbt build`.",
    "PARTIAL": "The last run of dbt, at {at}, made only some of the tables that a push reads: run `dbt build`.",
}


def check_build(rows: Sequence[Mapping[str, Any]], mapping_hash: str) -> Mapping[str, Any]:
    """The row of STG_MON_Build; raises DatabaseError where what is staged isn't whole, or of another mapping."""
    if not rows:
        raise DatabaseError("The table STG_MON_Build is empty, so nothing is staged: run `dbt build`.")
    build = rows[0]
    if build["STATE"] != "WHOLE":
        sentence = _NOT_WHOLE.get(str(build["STATE"]), _NOT_WHOLE["PARTIAL"])
        raise DatabaseError(sentence.format(at=_minute(build["STATE_AT"])))
    if build["MAPPING_HASH"] != mapping_hash:
        raise DatabaseError(
            f"The build of {_minute(build['BUILT_AT'])} was made with another mapping than models/monday has now: run"
            " `dbt build`."
        )
    return build


def dated(result: Result, build: Mapping[str, Any], now: dt.datetime) -> Result:
    """The result, which says besides when the build began, and how long ago that is."""
    built_at = build["BUILT_AT"]
    minutes = max(int((now - built_at).total_seconds() // 60), 0)
    ago = counted(minutes, "minute")
    if minutes >= _HOURS_FROM:
        ago = counted(minutes // 60, "hour") if minutes < _DAYS_FROM else counted(minutes // (24 * 60), "day")
    result.lines.append(f"What is staged was built {ago} ago, at {_minute(built_at)}.")
    result.data["built_at"] = f"{built_at.isoformat(timespec='seconds')}Z"
    result.data["build_age_seconds"] = max(int((now - built_at).total_seconds()), 0)
    return result


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
