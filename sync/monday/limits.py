"""What an answer's headers say about limits: ``RateLimit-Policy``, ``RateLimit``, ``Retry-After``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class RateLimits:
    """Limits by Monday's names for them: ``complexityMinute``, ``minuteRate``, ``concurrency``.

    ``quotas``: units a minute (of ``concurrency``: at a time); ``left``: what remains of them.
    """

    quotas: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)


_NAMED = re.compile(r'"([^"]*)"((?:\s*;\s*[a-zA-Z]+=(?:"[^"]*"|[^,;\s]+))*)')
_PARAMETER = re.compile(r';\s*([a-zA-Z]+)=(?:"([^"]*)"|([^,;\s]+))')


def read_rate_limits(headers: Mapping[str, str]) -> RateLimits:
    """The limits that ``headers`` (names in lower case) tell of; what can't be read is left out."""
    quotas, left = (
        {
            name: value
            for name, values in _named(headers.get(header, ""))
            if (value := _whole(values.get(key))) is not None
        }
        for header, key in (("ratelimit-policy", "q"), ("ratelimit", "r"))
    )
    return RateLimits({name: quota for name, quota in quotas.items() if quota > 0}, left)


def _named(text: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (name, {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(rest)})
        for name, rest in _NAMED.findall(text)
    ]


def _whole(text: str | None) -> int | None:
    """A count of at least nothing, or None. Fifteen digits are far above any limit."""
    if text is None or not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", text):
        return None
    return max(0, int(float(text)))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the ``Retry-After`` header asks for, given as seconds or as an HTTP date; None where it doesn't.

    A date is measured from the server's own ``Date`` where that is there, so that a wrong clock here doesn't matter.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text):
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(headers.get("date", "")) or now)).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
