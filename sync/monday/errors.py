"""Monday's errors, in the several shapes they come in, as one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MESSAGE_LENGTH = 500
_COLUMN_NAMES = ("column_id", "columnId", "column", "column_title", "column_name")


@dataclass(frozen=True)
class MondayError:
    """One error of an answer. ``alias`` is the request's row it belongs to, ``status`` its own status,
    ``resource`` the kind of thing that was not found, where given.
    """

    code: str
    message: str
    column_id: str | None = None
    status: int | None = None
    retry_in_seconds: float | None = None
    alias: str | None = None
    resource: str | None = None


def clean_text(text: str, length: int) -> str:
    """``text`` fit to be stored and shown: one line without control characters, of at most ``length`` characters."""
    letters = (" " if letter in "\t\r\n" else letter for letter in text)
    kept = "".join(letter for letter in letters if unicodedata.category(letter) not in ("Cc", "Cf", "Cs"))
    kept = " ".join(kept.split())
    return kept if len(kept) <= length else kept[: length - 1] + "…"


def read_errors(body: Mapping[str, Any]) -> tuple[MondayError, ...]:
    """Every error in an answer, of the present shape, the older ones (bare texts, ``error_code``) or both."""
    listed = body.get("errors")
    entries = listed if isinstance(listed, list) else [listed] if listed else []
    outer = _outer_error(body)
    if outer is not None and all(isinstance(entry, str) for entry in entries):
        return (outer,)  # the old shape repeats its message as bare text
    return tuple(_error(entry) for entry in entries)


def _outer_error(body: Mapping[str, Any]) -> MondayError | None:
    code, message = body.get("error_code"), body.get("error_message")
    if not code and not message:
        return None
    return _build(code, message, _mapping(body.get("error_data")), body, None)


def _error(entry: Any) -> MondayError:
    if not isinstance(entry, dict):
        return _build(None, entry, {}, {}, None)
    extensions = _mapping(entry.get("extensions"))
    path = entry.get("path")
    alias = path[0] if isinstance(path, list) and path and isinstance(path[0], str) else None
    inner = {name: extensions[name] for name in _COLUMN_NAMES if name in extensions}
    data = {**inner, **_mapping(extensions.get("error_data")), **_mapping(entry.get("error_data"))}
    code = extensions.get("code") or entry.get("code") or extensions.get("error_code")
    return _build(code, entry.get("message"), data, extensions, alias)


def _build(
    code: Any, message: Any, data: Mapping[str, Any], extensions: Mapping[str, Any], alias: str | None
) -> MondayError:
    text = clean_text(str(message or ""), MESSAGE_LENGTH)
    column = next((data[name] for name in _COLUMN_NAMES if isinstance(data.get(name), (str, int)) and data[name]), None)
    resource = data.get("resource_type") or data.get("resource")
    waits = [_seconds(place.get("retry_in_seconds")) for place in (extensions, data)]
    told = [seconds for seconds in waits if seconds is not None]
    return MondayError(
        code=clean_text(str(code or ""), 100),
        message=text,
        column_id=clean_text(str(column), 100) if column else None,
        status=_status(extensions.get("status_code")),
        retry_in_seconds=max(told) if told else _reset_in_message(text),
        alias=alias,
        resource=clean_text(str(resource), 100) if resource else None,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _seconds(value: Any) -> float | None:
    """A waiting time in seconds, or None for what isn't one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < 1e9 else None


def _status(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return int(value) if re.fullmatch(r"[1-5][0-9]{2}", str(value)) else None


def _reset_in_message(message: str) -> float | None:
    """A refusal may tell the time in its sentence only: "… reset in 3 seconds"."""
    words = r"\b(?:reset|retry|try again)\s+(?:in|after)\s+([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(s|sec|m|min)"
    found = re.search(words, message, re.IGNORECASE)
    if found is None:
        return None
    return float(found.group(1)) * (60 if found.group(2).lower().startswith("m") else 1)
