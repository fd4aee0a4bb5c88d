"""What the emulator refuses, in the shape in which Monday says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """One act, or a whole request, that is not carried out.

    ``code`` is Monday's; ``status`` the status code inside the error (and of the HTTP answer, where the refusal is of the
    whole request). ``retry_in`` is in seconds. ``data`` becomes ``error_data``.
    """

    def __init__(
        self,
        message: str,
        code: str,
        *,
        status: int = 200,
        data: Mapping[str, Any] | None = None,
        retry_in: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.status, self.data, self.retry_in = message, code, status, data, retry_in

    @property
    def extensions(self) -> dict[str, Any]:
        """The ``extensions`` of the GraphQL error; graphql-core takes them over from here."""
        found: dict[str, Any] = {"code": self.code, "status_code": self.status, "error_data": dict(self.data or {})}
        if self.retry_in is not None:
            found["retry_in_seconds"] = self.retry_in
        return found

    def entry(self) -> dict[str, Any]:
        """The error as it stands in ``errors`` when it concerns the whole request."""
        return {"message": self.message, "extensions": self.extensions}


class LineCut(BaseException):
    """The request ends here without an answer. No ``Exception``, so that no resolver's error handling swallows it."""
