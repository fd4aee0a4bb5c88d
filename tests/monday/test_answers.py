from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.monday.answers import (
    Answer,
    NotSent,
    RowOutcome,
    TransportFailure,
    Verdict,
    read_answer,
    read_rate_limits,
    retry_after,
)
from tests.monday.fakes import START, failure, raw

ONE = ["a0"]
THREE = ["a0", "a1", "a2"]
R = RowOutcome
NONE = object()


def item(number: int) -> dict[str, str]:
    return {"id": str(number)}


def read(
    *errors: object,
    data: object = NONE,
    aliases: list[str] = THREE,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Answer:
    """The reading of an answer with these errors; without ``data`` it has none."""
    body = ({"errors": list(errors)} if errors else {}) | ({} if data is NONE else {"data": data})
    return read_answer(raw(body, status, headers), aliases)


def said(answer: Answer) -> tuple[Verdict | RowOutcome, ...]:
    """The verdict, and what became of each row."""
    return answer.verdict, *(answer.rows[alias].outcome for alias in sorted(answer.rows))


# A row is done with an id in data, and only so.


@pytest.mark.parametrize(
    "value", [None, {}, {"id": None}, {"id": ""}, {"id": " "}, {"id": True}, {"id": []}, "1", [1], 1]
)
def test_nothing_but_an_id_makes_a_row_done(value: object) -> None:
    assert said(read(data={"a0": value}, aliases=ONE)) == (Verdict.UNKNOWN, R.UNKNOWN)


@pytest.mark.parametrize("number", [1, 2**31, 2**53 + 1, 999_999_999_999_999_999, 9_223_372_036_854_775_807])
@pytest.mark.parametrize("shape", [str, int])
def test_an_id_of_any_length_is_an_id(number: int, shape: type) -> None:
    row = read(data={"a0": {"id": shape(number)}}, aliases=ONE).rows["a0"]
    assert (row.outcome, row.monday_id) == (R.DONE, number)


@pytest.mark.parametrize("status", [200, 429, 500, 502, 400, 401])
def test_an_id_counts_under_any_status_and_beside_any_error(status: int) -> None:
    errors = [failure("FIELD_LIMIT_EXCEEDED", "limit", ["a1"]), failure("X", "m", ["a0", "board"])]
    answer = read(*errors, data={"a0": {"id": "1", "board": None}}, aliases=["a0", "a1"], status=status)
    assert said(answer)[1:] == (R.DONE, R.RETRY)


# Each code asks for one thing, however it is spelt.


def told(table: dict[Any, str]) -> list[tuple[Any, str, int | None]]:
    """What each code means, with the status that it stands beside: CODE/STATUS."""
    cells = [(meaning, *cell.partition("/")) for meaning, cells in table.items() for cell in cells.split()]
    return [(meaning, code, int(status) if status else None) for meaning, code, _, status in cells]


OF_A_ROW = told({
    R.MISSING_ITEM: "ItemNotFoundInBoard ITEM_NOT_FOUND_IN_BOARD InvalidItemIdException/400",
    R.BOARD_FULL: "ItemsLimitationException",
    R.REJECTED: "ColumnValueException/200 InvalidColumnIdException/404 ItemNameTooLongException/403"
    " InvalidInputException SomethingNew/422 JsonParseException/400 UserUnauthorizedException/403"
    " missingRequiredPermissions Exception",
    R.UNKNOWN: "INTERNAL_SERVER_ERROR/500 InternalServerError Mystery/503 /504",
    R.RETRY: "RATE_LIMIT_EXCEEDED/429 API_TEMPORARILY_BLOCKED tooManyRequests/200 /423 /409",
})  # fmt: skip


@pytest.mark.parametrize(("outcome", "code", "status"), OF_A_ROW)
def test_what_an_error_means_for_its_row(outcome: RowOutcome, code: str, status: int | None) -> None:
    error = failure(code, "said", ["a1"], **({} if status is None else {"status_code": status}))
    answer = read(error, data={"a0": item(1), "a1": None}, aliases=["a0", "a1"])
    assert said(answer) == (Verdict.ANSWERED, R.DONE, outcome)


GONE = [
    ("Group not found", R.MISSING_GROUP),
    ("The group topics does not exist on this board", R.MISSING_GROUP),
    ("The item does not belong to the board", R.MISSING_ITEM),
    ("Item 123 is archived", R.MISSING_ITEM),
    ("Parent pulse is deleted", R.MISSING_ITEM),
    ("This group is too long", R.REJECTED),
]


@pytest.mark.parametrize(("message", "outcome"), GONE)
@pytest.mark.parametrize("code", ["InvalidInputException", "InvalidArgumentException", "", "Novelty"])
@pytest.mark.parametrize("status", [200, 400, 404])
def test_what_is_missing_is_told_by_the_message(message: str, outcome: RowOutcome, code: str, status: int) -> None:
    for column_id, expected in ((None, outcome), ("status", R.REJECTED)):
        error = failure(code, message, ["a0"], status_code=status, error_data={"column_id": column_id})
        assert said(read(error, data={"a0": None, "a1": item(1)}, aliases=["a0", "a1"]))[1:] == (expected, R.DONE)


@pytest.mark.parametrize(
    ("message", "resource", "outcome"),
    [*((message, "", outcome) for message, outcome in GONE[:5]), ("Resource not found", "group", R.MISSING_GROUP),
     ("Resource not found", "", R.MISSING_ITEM), ("Item 5 not found in group x", "item", R.MISSING_ITEM),
     ("Item 5 not found in group x", "", R.MISSING_GROUP), ("The column was not found", "", R.REJECTED)],
)  # fmt: skip
def test_a_generic_not_found_says_in_its_words_what(message: str, resource: str, outcome: RowOutcome) -> None:
    error = failure("ResourceNotFoundException", message, ["a0"], error_data={"resource_type": resource})
    assert said(read(error, data={"a0": None, "a1": item(1)}, aliases=["a0", "a1"]))[1:] == (outcome, R.DONE)


# The request as a whole.

WHOLE = told({
    (Verdict.WAIT, R.NOT_RUN): "COMPLEXITY_BUDGET_EXHAUSTED/429 ComplexityException/200 COMPLEXITY/200"
    " MINUTE_RATE_LIMIT_EXCEEDED/429 maxConcurrencyExceeded/429 MAX_CONCURRENCY_EXCEEDED/429 IP_RATE_LIMIT_EXCEEDED/429"
    " Unheard_Of/429 tooManyRequests/200 /423 API_TEMPORARILY_BLOCKED/503",
    (Verdict.QUOTA, R.NOT_RUN): "DAILY_LIMIT_EXCEEDED/429",
    (Verdict.SPLIT, R.NOT_RUN): "REQUEST_MAX_COMPLEXITY_EXCEEDED/429 /413",
    (Verdict.WAIT, R.UNKNOWN): "IDEMPOTENCY_CONFLICT/409",
    (Verdict.STOP, R.NOT_RUN): "unauthorized/401 /401 restricted/403 /403 UserUnauthorizedException/200"
    " JsonParseException/400 /400 undefinedField/200 GRAPHQL_VALIDATION_FAILED/200 /422",
    (Verdict.UNKNOWN, R.UNKNOWN): "INTERNAL_SERVER_ERROR/500 /500 /502 /503 /504 /408 SomethingAboutARow/400"
    " IDEMPOTENCY_KEY_REUSED/422",
})  # fmt: skip


@pytest.mark.parametrize(("meaning", "code", "status"), WHOLE)
@pytest.mark.parametrize("data", [None, {}, []])
def test_a_request_refused_as_a_whole(meaning: tuple[Verdict, RowOutcome], code: str, status: int, data: Any) -> None:
    assert said(read(failure(code, "said"), data=data, status=status)) == (meaning[0], *[meaning[1]] * 3)


BY_STATUS = told({
    (Verdict.UNKNOWN, R.UNKNOWN): "/200 /500 /502 /504 /520 /408",
    (Verdict.WAIT, R.NOT_RUN): "/429 /423",
    (Verdict.WAIT, R.UNKNOWN): "/409",
    (Verdict.SPLIT, R.NOT_RUN): "/413",
    (Verdict.STOP, R.UNKNOWN): "/301 /400 /401 /403 /404",
})  # fmt: skip


@pytest.mark.parametrize(("meaning", "code", "status"), BY_STATUS)
@pytest.mark.parametrize("text", ["<html>busy</html>", "", '{"data": {"a0"', "[]", "null", '{"other": 1}', None])
def test_an_answer_that_is_not_mondays(
    meaning: tuple[Verdict, RowOutcome], code: str, status: int, text: str | None
) -> None:
    answer = read_answer(raw(text, status), THREE)
    assert said(answer) == (meaning[0], *[meaning[1]] * 3)
    assert answer.verdict is not Verdict.STOP or str(status) in answer.reason


@pytest.mark.parametrize(
    ("error", "verdict", "outcome"),
    [(NotSent("refused"), Verdict.NOT_SENT, R.NOT_RUN), (TransportFailure("cut"), Verdict.UNKNOWN, R.UNKNOWN)],
)
def test_no_answer_at_all(error: TransportFailure, verdict: Verdict, outcome: RowOutcome) -> None:
    answer = read_answer(raw(error=error), THREE)
    assert said(answer) == (verdict, *[outcome] * 3)
    assert answer.same_key == isinstance(error, NotSent)


def test_the_documents_own_fault_is_told_by_its_message_too() -> None:
    answer = read({"message": 'Parse error on "x" (IDENTIFIER) at [1, 5]', "locations": []})
    assert said(answer) == (Verdict.STOP, *[R.NOT_RUN] * 3)
    assert "request itself" in answer.reason


def test_what_a_half_run_document_leaves_in_doubt() -> None:
    spent, bad = failure("COMPLEXITY_BUDGET_EXHAUSTED", "spent"), failure("ColumnValueException", "bad", ["a1"])
    answer = read(spent, data={"a0": item(1), "a1": None}, status=429)
    assert said(answer) == (Verdict.ANSWERED, R.DONE, R.UNKNOWN, R.UNKNOWN)
    # a path under null data proves that something ran
    assert said(read(bad, spent, data=None))[1:] == (R.UNKNOWN, R.REJECTED, R.UNKNOWN)
    # of several errors of a row the doubtful one counts
    doubtful = failure("INTERNAL_SERVER_ERROR", "oops", ["a1"])
    assert said(read(bad, doubtful, data={"a0": item(1), "a1": None}))[1:] == (R.DONE, R.UNKNOWN, R.UNKNOWN)


@pytest.mark.parametrize("code", ["ColumnValueException", "REQUEST_MAX_COMPLEXITY_EXCEEDED"])
@pytest.mark.parametrize("data", [NONE, {"a0": None}])
def test_an_error_without_a_path_belongs_to_the_only_row(code: str, data: object) -> None:
    """One row that is too heavy is rejected rather than split for ever."""
    assert said(read(failure(code, "bad"), data=data, aliases=ONE, status=400)) == (Verdict.ANSWERED, R.REJECTED)


DENIED = (
    "UserUnauthorizedException USER_UNAUTHORIZED Forbidden USER_ACCESS_DENIED userAccessDenied Unauthorized"
    " missingRequiredPermissions MISSING_REQUIRED_PERMISSIONS"
).split()


@pytest.mark.parametrize("code", DENIED)
@pytest.mark.parametrize("status", [{}, {"status_code": 200}, {"status_code": 401}, {"status_code": 403}])
def test_what_the_token_may_not_touch_is_its_rows_own_where_a_path_names_it(code: str, status: dict[str, Any]) -> None:
    mine, other = (failure(code, "no", [alias, "id"], **status) for alias in ("a0", "a1"))
    two, none = ["a0", "a1"], {"a0": None, "a1": None}
    assert said(read(mine, data={"a0": None}, aliases=ONE)) == (Verdict.ANSWERED, R.REJECTED)
    assert said(read(mine, data=None, aliases=ONE)) == (Verdict.ANSWERED, R.REJECTED)
    assert said(read(other, data=none | {"a0": item(1)}, aliases=two)) == (Verdict.ANSWERED, R.DONE, R.REJECTED)
    assert said(read(mine, other, data=none, aliases=two)) == (Verdict.ANSWERED, R.REJECTED, R.REJECTED)


@pytest.mark.parametrize("code", DENIED)
@pytest.mark.parametrize("aliases", [ONE, THREE])
def test_without_a_path_no_row_can_succeed(code: str, aliases: list[str]) -> None:
    answer = read(failure(code, "no", error_data={"column_id": "text_9"}), aliases=aliases)
    assert said(answer) == (Verdict.STOP, *[R.NOT_RUN] * len(aliases))
    assert "text_9" in answer.reason


@pytest.mark.parametrize(
    ("message", "verdict", "seconds"),
    [
        ("Complexity budget exhausted, budget remaining 9 out of 1000000 reset in 2 seconds", Verdict.WAIT, 2),
        ("Complexity budget exhausted; reset in 2.5 seconds", Verdict.WAIT, 2.5),
        ("Rate Limit Exceeded. Please try again in 1 minute", Verdict.WAIT, 60),
        ("Too many requests", Verdict.WAIT, None),
        ("Minute limit rate exceeded, retry after 7s", Verdict.WAIT, 7),
        ("Daily limit exceeded", Verdict.QUOTA, None),
        ("Daily call limit exceeded", Verdict.QUOTA, None),
        ("Query has complexity of 6000000, which exceeds max complexity of 5000000", Verdict.SPLIT, None),
        ("User unauthorized to perform action", Verdict.STOP, None),
        ("Not Authenticated", Verdict.STOP, None),
    ],
)
@pytest.mark.parametrize("status", [200, 429])
def test_words_without_a_code_count_like_the_code(
    message: str, verdict: Verdict, seconds: float | None, status: int
) -> None:
    for error in (failure("", message), {"message": message}, message):
        answer = read(error, status=status)
        assert (said(answer), answer.wait_seconds) == ((verdict, *[R.NOT_RUN] * 3), seconds)


def test_a_missing_board_stops_many_rows_and_rejects_one() -> None:
    gone = [failure("InvalidBoardIdException", "no board", [alias]) for alias in ("a0", "a1")]
    assert read(*gone, data={"a0": None, "a1": None}, aliases=["a0", "a1"]).verdict is Verdict.STOP
    assert said(read(gone[0], data={"a0": None}, aliases=ONE)) == (Verdict.ANSWERED, R.REJECTED)


# Waiting, to the letter.

AT = "Mon, 23 Nov 2026 12:00:20 GMT"


@pytest.mark.parametrize(
    ("told_by", "header", "seconds"),
    [(7, {}, 7.0), ("7", {}, 7.0), (None, {"Retry-After": "9"}, 9.0), (7, {"Retry-After": "9"}, 9.0),
     (11, {"Retry-After": "9"}, 11.0), (None, {"Retry-After": AT}, 20.0), (0, {}, 0.0), (-1, {}, None),
     ("soon", {}, None), (None, {}, None)],
)  # fmt: skip
def test_how_long_to_wait(told_by: object, header: dict[str, str], seconds: float | None) -> None:
    whole = failure("COMPLEXITY_BUDGET_EXHAUSTED", "exhausted", retry_in_seconds=told_by)
    assert read(whole, status=429, headers=header).wait_seconds == seconds
    limited = failure("FIELD_LIMIT_EXCEEDED", "limit", ["a1"], retry_in_seconds=told_by)
    assert read(limited, data={"a0": item(1), "a1": None}, status=429, headers=header).wait_seconds == seconds


def test_the_old_shape_of_a_budget_refusal() -> None:
    sentence = "Complexity budget exhausted, query cost 30001 budget remaining 19986 out of 1000000 reset in 3 seconds"
    old = {"error_code": "ComplexityException", "status_code": 429, "error_message": sentence, "error_data": {}}
    answer = read_answer(raw(old | {"errors": [sentence], "account_id": 1}, 429), THREE)
    assert (answer.verdict, answer.wait_seconds) == (Verdict.WAIT, 3.0)
    assert len(answer.errors) == 1


def test_a_gateway_that_names_a_time_is_heard() -> None:
    assert read_answer(raw("<html>", 503, {"Retry-After": "12"}), ONE).wait_seconds == 12.0
    assert read(failure("", "busy"), status=503, headers={"Retry-After": "12"}).wait_seconds == 12.0


@pytest.mark.parametrize(
    ("after", "date", "seconds"),
    [("7", "", 7.0), (" 0.5 ", "", 0.5), (AT, "", 20.0), ("Mon, 23 Nov 2026 11:00:00 GMT", "", 0.0),
     # the server's clock is an hour ahead of ours: its own Date counts
     ("Mon, 23 Nov 2026 13:00:30 GMT", "Mon, 23 Nov 2026 13:00:00 GMT", 30.0),
     ("soon", "", None), ("-3", "", None), ("", "", None)],
)  # fmt: skip
def test_retry_after(after: str, date: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": after, "date": date}, START) == seconds


def test_the_headers_of_limits() -> None:
    policy = (
        '"minuteRate";q=5000;w=60, "concurrency";q=250;qu="concurrent-requests",'
        ' "complexityMinute";q=5000000;w=60;qu="content-bytes", "none";q=0'
    )
    left = '"minuteRate";r=4999, "concurrency";r=249, "complexityMinute" ; r=-5 ; t=45'
    assert read_rate_limits({"ratelimit-policy": policy, "ratelimit": left}) == (
        {"minuteRate": 5000, "concurrency": 250, "complexityMinute": 5_000_000},
        {"minuteRate": 4999, "concurrency": 249, "complexityMinute": 0},
    )


@given(st.text(max_size=200))
def test_no_header_breaks_the_reading(text: str) -> None:
    read_rate_limits({"ratelimit": text, "ratelimit-policy": text})
    wait = retry_after({"retry-after": text, "date": text}, START)
    assert wait is None or wait >= 0


# Keys.


def test_a_key_still_in_flight_is_waited_for_with_the_same_key() -> None:
    answer = read(failure("IDEMPOTENCY_CONFLICT"), aliases=ONE, status=409, headers={"Retry-After": "2"})
    assert (answer.verdict, answer.same_key, answer.wait_seconds) == (Verdict.WAIT, True, 2.0)
    assert not answer.new_key_needed


def test_after_an_unknown_outcome_the_key_alone_is_no_licence_to_repeat() -> None:
    assert not read_answer(raw("<html>", 502, {"Retry-After": "1"}), ONE).same_key
    assert not read(failure("INTERNAL_SERVER_ERROR"), status=500).same_key


@pytest.mark.parametrize(("code", "status"), [("RATE_LIMIT_EXCEEDED", 429), ("INTERNAL_SERVER_ERROR", 500)])
def test_a_refusal_or_an_unknown_outcome_that_was_kept_under_the_key_needs_a_new_key(code: str, status: int) -> None:
    assert not read(failure(code), status=status).new_key_needed
    answer = read(failure(code), status=status, headers={"Idempotency-Replayed": "true"})
    assert (answer.replayed, answer.new_key_needed) == (True, True)
    answer = read(data={"a0": item(1)}, aliases=ONE, headers={"Idempotency-Replayed": "true"})
    assert (said(answer), answer.new_key_needed) == ((Verdict.ANSWERED, R.DONE), False)


# Whatever comes, the reading stands, and nothing is called done without an id.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PATHS = st.none() | JSON | st.lists(st.sampled_from([*THREE, "complexity", "id"]), min_size=1, max_size=2)
CODES = st.sampled_from([code for _, code, _ in OF_A_ROW + WHOLE])


def some(**optional: Any) -> Any:
    """An object with some of these, or anything else."""
    return JSON | st.fixed_dictionaries({}, optional=optional)


ERROR = some(
    message=JSON,
    path=PATHS,
    extensions=some(
        code=JSON | CODES,
        status_code=JSON | st.sampled_from([200, 400, 403, 409, 423, 429, 500]),
        retry_in_seconds=JSON,
        error_data=JSON,
    ),
)
DATA = st.dictionaries(st.sampled_from([*THREE, "complexity"]), JSON | st.just({"id": "9"}))
BODIES = some(data=JSON | DATA, errors=JSON | st.lists(ERROR, max_size=4), error_code=JSON, extensions=JSON)
CERTAIN = {R.REJECTED, R.RETRY, R.NOT_RUN, R.MISSING_ITEM, R.MISSING_GROUP, R.BOARD_FULL}


@given(body=BODIES, status=st.integers(200, 599), aliases=st.sampled_from([ONE, THREE, []]))
def test_any_answer_can_be_read(body: Any, status: int, aliases: list[str]) -> None:
    answer = read_answer(raw(json.dumps(body), status), aliases)
    assert set(answer.rows) == set(aliases)
    data = body.get("data") if isinstance(body, dict) else None
    for alias, row in answer.rows.items():
        payload = data.get(alias) if isinstance(data, dict) else None
        identity = payload.get("id") if isinstance(payload, dict) else None
        has_id = isinstance(identity, (str, int)) and not isinstance(identity, bool) and str(identity).strip() != ""
        assert (row.outcome is R.DONE) == has_id
        # "Surely not done" needs an error of the row's own, or a refusal of everything.
        if row.outcome in CERTAIN and row.outcome is not R.NOT_RUN:
            assert row.error is not None
    if answer.verdict is Verdict.STOP:
        assert answer.reason.endswith(".")
    assert answer.wait_seconds is None or answer.wait_seconds >= 0
