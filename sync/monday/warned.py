"""What Monday's answers warn of besides what was asked: an end that is announced, another version, warnings. Pure.

A sentence holds nothing of a row and no secret: texts that the request carried, quoted ones, and what looks like a
token are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_ENDS = ("deprecation", "sunset")
_LINK = re.compile(r'<([^<>?#\s]+)[^<>]*>[^<]*rel="?(?:deprecation|sunset|successor-version|latest-version)')
_SECRET = re.compile(r"[A-Za-z0-9_.+=~-]{32,}")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|`[^`]*`|(?<!\w)\'[^\']*\'(?!\w)')
_NUMBER = re.compile(r"\d{5,}")
_SHORTEST = 3
"""Characters of a text of the request that is looked for in a warning."""


def warnings_of(headers: Mapping[str, str], text: str | None, *, version: str, body: str) -> list[str]:
    """The sentences about one answer. Header names are in lower case; ``version`` and ``body`` are the request's."""
    found = []
    if said := ", ".join(f"{name.capitalize()}: {headers[name]}" for name in _ENDS if headers.get(name)):
        links = _LINK.findall(headers.get("link", ""))
        said += "".join(f", see {link}" for link in links)
        found.append(
            f"Monday announces the end of what is asked of it under API version {version} ({_clean(said, ())}); set"
            " MONDAY_API_VERSION to a newer one in time."
        )
    answered = headers.get("api-version", "").strip()
    if answered and answered != version:
        found.append(
            f"Monday answers in API version {_clean(answered, ())} where {version} was asked for; set"
            " MONDAY_API_VERSION to one that it has."
        )
    texts = [each for name, each in headers.items() if name in ("warning", "x-warning", "api-version-warning")]
    texts += _listed(text)
    if texts:
        carried = sorted({each for each in _texts(_parsed(body)) if len(each) >= _SHORTEST}, key=len, reverse=True)
        found += [f"Monday warns: {_clean(each, carried)}" for each in texts]
    return found


def _listed(text: str | None) -> list[str]:
    """Texts of ``extensions.warnings``: each a text, or an object with a message and a code."""
    if not text or '"warnings"' not in text:
        return []
    answer = _parsed(text)
    extensions = answer.get("extensions") if isinstance(answer, dict) else None
    warnings = extensions.get("warnings") if isinstance(extensions, dict) else None
    return [_said(each) for each in (warnings if isinstance(warnings, list) else [warnings] if warnings else [])]


def _said(warning: Any) -> str:
    """A warning's text, with its code where it has one."""
    if not isinstance(warning, dict):
        return str(warning)
    words = [warning.get("message") or warning.get("description"), warning.get("code") or warning.get("type")]
    message, code = (word if isinstance(word, str) else "" for word in words)
    return f"{message} ({code})" if message and code else message or code or "no text"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _texts(value: Any) -> Iterator[str]:
    """Every text of a request's variables; column values are JSON inside a text."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name != "query":
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        inner = _parsed(value) if value[:1] in "{[" else None
        if isinstance(inner, dict | list):
            yield from _texts(inner)
        else:
            yield value


def _clean(text: str, carried: tuple[str, ...] | list[str]) -> str:
    for each in carried:
        text = text.replace(each, "…")
    for pattern in (_QUOTED, _SECRET):
        text = pattern.sub("…", text)
    if carried:
        text = _NUMBER.sub("…", text)
    return " ".join(text.split())[:300]
