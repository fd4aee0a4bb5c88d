"""Errors as Monday words and codes them: one exception for what a field refuses, one for what a request refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VALUES_PAGE = "https://developer.monday.com/api-reference/docs/change-column-values"


def _extensions(code: str, status: int, data: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside a message; nothing where the refusal is words only."""
    return {"code": code, "status_code": status, "error_data": dict(data)} if code else {}


class FieldError(Exception):
    """One field (one alias of a document) is refused; the others go on. Answered under HTTP 200."""

    def __init__(self, code: str, message: str, status: int = 200, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        # graphql-core copies this attribute into the error that it writes beside the path of the alias.
        self.extensions: dict[str, Any] = _extensions(code, status, data or {})


class RequestError(Exception):
    """A whole request is refused before any of it runs: HTTP status, code, and when to come back."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_in_seconds: int | None = None,
        retry_after: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_in_seconds = retry_in_seconds
        self.retry_after = retry_after
        self.data = data or {}

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON body of this refusal."""
        extensions = _extensions(self.code, self.status, self.data)
        if self.retry_in_seconds is not None:
            extensions["retry_in_seconds"] = self.retry_in_seconds
        return {
            "errors": [{"message": self.message, "extensions": extensions}],
            "extensions": {"request_id": request_id},
        }


class LineCut(BaseException):
    """The rest of the document is not carried out: the server died half-way (a scripted fault).

    Not an Exception, so that no resolver or executor turns it into an error of one field.
    """


def bad_value(column_id: str, column_type: str, value: Any, message: str, code: str = "invalidValue") -> FieldError:
    """The refusal of one column's value, which fails the whole item."""
    data = {
        "column_id": column_id,
        "column_type": column_type,
        "column_value": value if isinstance(value, str) else repr(value),
        "column_validation_error_code": code,
    }
    return FieldError("ColumnValueException", message, 200, data)


def malformed(column_id: str, column_type: str, value: Any) -> FieldError:
    """The refusal of a value whose JSON shape is not the column's."""
    text = "invalid value, please check our API documentation for the correct data structure for this column. "
    return bad_value(column_id, column_type, value, text + VALUES_PAGE)


def not_found(what: str, ident: Any, code: str = "ResourceNotFoundException") -> FieldError:
    """A board, group, column or item that the account does not hold."""
    return FieldError(code, f"{what} not found", 404, {"resource_type": what.lower(), "resource_id": str(ident)})
