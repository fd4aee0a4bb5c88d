"""What an answer's headers say about limits: ``RateLimit-Policy``, ``RateLimit``, ``Retry-After``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Policy:
    """A limit: ``quota`` units in ``window`` seconds (None where it isn't per time, such as requests in flight)."""

    quota: int
    window: int | None


@dataclass(frozen=True)
class Remaining:
    """What is left of a limit, and the seconds until it is fresh again, where told."""

    left: int
    reset_seconds: int | None


@dataclass(frozen=True)
class RateLimits:
    """Limits by Monday's names for them: ``complexityMinute``, ``minuteRate``, ``concurrency``."""

    policies: Mapping[str, Policy] = field(default_factory=dict)
    remaining: Mapping[str, Remaining] = field(default_factory=dict)


_NAMED = re.compile(r'"([^"]*)"((?:\s*;\s*[a-zA-Z]+=(?:"[^"]*"|[^,;\s]+))*)')
_PARAMETER = re.compile(r';\s*([a-zA-Z]+)=(?:"([^"]*)"|([^,;\s]+))')


def read_rate_limits(headers: Mapping[str, str]) -> RateLimits:
    """The limits that ``headers`` (names in lower case) tell of; what can't be read is left out."""
    policies = {
        name: Policy(quota, _whole(values.get("w")))
        for name, values in _named(headers.get("ratelimit-policy", ""))
        if (quota := _whole(values.get("q"))) is not None and quota > 0
    }
    remaining = {
        name: Remaining(left, _whole(values.get("t")))
        for name, values in _named(headers.get("ratelimit", ""))
        if (left := _whole(values.get("r"))) is not None
    }
    return RateLimits(policies, remaining)


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
