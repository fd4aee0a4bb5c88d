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
    clean_text,
    normal_code,
    read_answer,
)
from tests.monday.fakes import failure, raw

ONE = ["a0"]
THREE = ["a0", "a1", "a2"]
R = RowOutcome


def outcomes(answer: Answer) -> list[RowOutcome]:
    return [answer.rows[alias].outcome for alias in sorted(answer.rows)]


def item(number: int) -> dict[str, str]:
    return {"id": str(number)}


# A row is done with an id in data, and only so.


def test_all_done() -> None:
    body = {
        "data": {
            "complexity": {"before": 10_000_000, "query": 90_003, "after": 9_909_997, "reset_in_x_seconds": 60},
            "a0": item(1), "a1": item(2), "a2": item(3),
        },
        "extensions": {"request_id": "req-1"},
    }  # fmt: skip
    answer = read_answer(raw(body), THREE)
    assert answer.verdict is Verdict.ANSWERED
    assert [answer.rows[alias].monday_id for alias in THREE] == [1, 2, 3]
    assert answer.request_id == "req-1"
    assert answer.complexity is not None
    assert answer.complexity.query == 90_003
    assert answer.error is None


@pytest.mark.parametrize(
    "value", [None, {}, {"id": None}, {"id": ""}, {"id": " "}, {"id": True}, {"id": []}, "1", [1], 1]
)
def test_nothing_but_an_id_makes_a_row_done(value: object) -> None:
    answer = read_answer(raw({"data": {"a0": value}}), ONE)
    assert outcomes(answer) == [R.UNKNOWN]
    assert answer.verdict is Verdict.UNKNOWN


def test_group_ids_are_text() -> None:
    row = read_answer(raw({"data": {"a0": {"id": "group_mkr5", "title": "X"}}}), ONE).rows["a0"]
    assert (row.outcome, row.monday_id) == (R.DONE, "group_mkr5")


def test_errors_inside_a_200_take_nobody_along() -> None:
    wrong = failure(
        "ColumnValueException",
        "This status label doesn't exist",
        ["a1"],
        status_code=200,
        error_data={"column_id": "c"},
    )
    answer = read_answer(raw({"data": {"a0": item(1), "a1": None, "a2": item(3)}, "errors": [wrong]}), THREE)
    assert answer.verdict is Verdict.ANSWERED
    assert outcomes(answer) == [R.DONE, R.REJECTED, R.DONE]
    error = answer.rows["a1"].error
    assert error is not None
    assert (error.code, error.column_id, error.alias) == ("ColumnValueException", "c", "a1")


def test_an_error_below_a_row_that_has_an_id_changes_nothing() -> None:
    body = {"data": {"a0": {"id": "1", "board": None}}, "errors": [failure("X", "m", ["a0", "board"])]}
    assert outcomes(read_answer(raw(body), ONE)) == [R.DONE]


@pytest.mark.parametrize("status", [429, 500, 502, 400, 401])
def test_an_id_counts_under_any_status(status: int) -> None:
    body = {"data": {"a0": item(1)}, "errors": [failure("FIELD_LIMIT_EXCEEDED", "limit", ["a1"])]}
    answer = read_answer(raw(body, status), ["a0", "a1"])
    assert answer.rows["a0"].outcome is R.DONE
    assert answer.rows["a1"].outcome is R.RETRY


# Each code asks for one thing, however it is spelt.

CODES: list[tuple[str, int | None, RowOutcome]] = [
    ("ItemNotFoundInBoard", None, R.MISSING_ITEM),
    ("ItemNotFoundInBoardException", None, R.MISSING_ITEM),
    ("ITEM_NOT_FOUND_IN_BOARD", None, R.MISSING_ITEM),
    ("InvalidItemIdException", 400, R.MISSING_ITEM),
    ("ItemsLimitationException", None, R.BOARD_FULL),
    ("ColumnValueException", 200, R.REJECTED),
    ("InvalidColumnIdException", 404, R.REJECTED),
    ("ItemNameTooLongException", 403, R.REJECTED),
    ("InvalidInputException", None, R.REJECTED),
    ("SomethingNew", 422, R.REJECTED),
    ("INTERNAL_SERVER_ERROR", 500, R.UNKNOWN),
    ("InternalServerError", None, R.UNKNOWN),
    ("Mystery", 503, R.UNKNOWN),
    ("", 504, R.UNKNOWN),
    ("RATE_LIMIT_EXCEEDED", 429, R.RETRY),
    ("API_TEMPORARILY_BLOCKED", None, R.RETRY),
    ("tooManyRequests", 200, R.RETRY),
    ("", 423, R.RETRY),
    ("", 409, R.RETRY),
    ("JsonParseException", 400, R.REJECTED),
    ("UserUnauthorizedException", 403, R.REJECTED),
    ("missingRequiredPermissions", None, R.REJECTED),
]


@pytest.mark.parametrize(("code", "status", "outcome"), CODES)
def test_what_an_error_means_for_its_row(code: str, status: int | None, outcome: RowOutcome) -> None:
    extra = {} if status is None else {"status_code": status}
    body = {"data": {"a0": item(1), "a1": None}, "errors": [failure(code, "said", ["a1"], **extra)]}
    answer = read_answer(raw(body), ["a0", "a1"])
    assert outcomes(answer) == [R.DONE, outcome]
    assert answer.verdict is Verdict.ANSWERED


@pytest.mark.parametrize(
    ("message", "extra", "outcome"),
    [
        ("Group not found", {}, R.MISSING_GROUP),
        ("Resource not found", {"error_data": {"resource_type": "group"}}, R.MISSING_GROUP),
        ("Item not found", {}, R.MISSING_ITEM),
        ("Parent pulse is deleted", {}, R.MISSING_ITEM),
        ("Resource not found", {}, R.MISSING_ITEM),
        ("The column was not found", {}, R.REJECTED),
    ],
)
def test_a_generic_not_found_says_in_its_words_what_is_missing(
    message: str, extra: dict[str, Any], outcome: RowOutcome
) -> None:
    body = {
        "data": {"a0": None, "a1": item(1)},
        "errors": [failure("ResourceNotFoundException", message, ["a0"], **extra)],
    }
    assert outcomes(read_answer(raw(body), ["a0", "a1"])) == [outcome, R.DONE]


@pytest.mark.parametrize(
    ("message", "column_id", "outcome"),
    [
        ("Group not found", None, R.MISSING_GROUP),
        ("The group topics does not exist on this board", None, R.MISSING_GROUP),
        ("The item does not belong to the board", None, R.MISSING_ITEM),
        ("Item 123 is archived", None, R.MISSING_ITEM),
        ("Item not found", None, R.MISSING_ITEM),
        ("Group not found", "status", R.REJECTED),
        ("This group is too long", None, R.REJECTED),
    ],
)
@pytest.mark.parametrize("code", ["InvalidInputException", "InvalidArgumentException", "", "Novelty"])
@pytest.mark.parametrize("status", [200, 400, 404])
def test_what_is_missing_is_told_by_the_message_where_the_code_does_not(
    message: str, column_id: str | None, outcome: RowOutcome, code: str, status: int
) -> None:
    error = failure(code, message, ["a0"], status_code=status, error_data={"column_id": column_id})
    assert (
        outcomes(read_answer(raw({"data": {"a0": None, "a1": item(1)}, "errors": [error]}), ["a0", "a1"]))[0] is outcome
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ComplexityException", "COMPLEXITY"),
        ("COMPLEXITY_BUDGET_EXHAUSTED", "complexityBudgetExhausted"),
        ("maxConcurrencyExceeded", "MAX_CONCURRENCY_EXCEEDED"),
        ("ParseError", "PARSE_ERROR"),
    ],
)
def test_codes_compare_loosely(one: str, other: str) -> None:
    assert normal_code(one) == normal_code(other)


def test_a_code_is_never_folded_to_nothing() -> None:
    assert normal_code("Exception") == "exception"


# The request as a whole.

WHOLE: list[tuple[int, str, Verdict, RowOutcome]] = [
    (429, "COMPLEXITY_BUDGET_EXHAUSTED", Verdict.WAIT, R.NOT_RUN),
    (200, "ComplexityException", Verdict.WAIT, R.NOT_RUN),
    (429, "MINUTE_RATE_LIMIT_EXCEEDED", Verdict.WAIT, R.NOT_RUN),
    (429, "maxConcurrencyExceeded", Verdict.WAIT, R.NOT_RUN),
    (429, "IP_RATE_LIMIT_EXCEEDED", Verdict.WAIT, R.NOT_RUN),
    (429, "Unheard_Of", Verdict.WAIT, R.NOT_RUN),
    (200, "tooManyRequests", Verdict.WAIT, R.NOT_RUN),
    (423, "", Verdict.WAIT, R.NOT_RUN),
    (429, "DAILY_LIMIT_EXCEEDED", Verdict.QUOTA, R.NOT_RUN),
    (429, "REQUEST_MAX_COMPLEXITY_EXCEEDED", Verdict.SPLIT, R.NOT_RUN),
    (413, "", Verdict.SPLIT, R.NOT_RUN),
    (409, "IDEMPOTENCY_CONFLICT", Verdict.WAIT, R.UNKNOWN),
    (401, "unauthorized", Verdict.STOP, R.NOT_RUN),
    (401, "", Verdict.STOP, R.NOT_RUN),
    (403, "restricted", Verdict.STOP, R.NOT_RUN),
    (403, "", Verdict.STOP, R.NOT_RUN),
    (200, "UserUnauthorizedException", Verdict.STOP, R.NOT_RUN),
    (400, "JsonParseException", Verdict.STOP, R.NOT_RUN),
    (400, "", Verdict.STOP, R.NOT_RUN),
    (200, "undefinedField", Verdict.STOP, R.NOT_RUN),
    (200, "GRAPHQL_VALIDATION_FAILED", Verdict.STOP, R.NOT_RUN),
    (500, "INTERNAL_SERVER_ERROR", Verdict.UNKNOWN, R.UNKNOWN),
    (500, "", Verdict.UNKNOWN, R.UNKNOWN),
    (502, "", Verdict.UNKNOWN, R.UNKNOWN),
    (503, "", Verdict.UNKNOWN, R.UNKNOWN),
    (504, "", Verdict.UNKNOWN, R.UNKNOWN),
    (408, "", Verdict.UNKNOWN, R.UNKNOWN),
    (503, "API_TEMPORARILY_BLOCKED", Verdict.WAIT, R.NOT_RUN),
    (400, "SomethingAboutARow", Verdict.UNKNOWN, R.UNKNOWN),
    (422, "IDEMPOTENCY_KEY_REUSED", Verdict.UNKNOWN, R.UNKNOWN),
    (422, "", Verdict.STOP, R.NOT_RUN),
]


@pytest.mark.parametrize(("status", "code", "verdict", "outcome"), WHOLE)
@pytest.mark.parametrize("data", [None, {}, []])
def test_a_request_refused_as_a_whole(
    status: int, code: str, verdict: Verdict, outcome: RowOutcome, data: object
) -> None:
    answer = read_answer(raw({"data": data, "errors": [failure(code, "said")]}, status), THREE)
    assert answer.verdict is verdict
    assert outcomes(answer) == [outcome] * 3


@pytest.mark.parametrize(
    ("status", "verdict", "outcome"),
    [
        (200, Verdict.UNKNOWN, R.UNKNOWN),
        (500, Verdict.UNKNOWN, R.UNKNOWN),
        (502, Verdict.UNKNOWN, R.UNKNOWN),
        (504, Verdict.UNKNOWN, R.UNKNOWN),
        (520, Verdict.UNKNOWN, R.UNKNOWN),
        (408, Verdict.UNKNOWN, R.UNKNOWN),
        (429, Verdict.WAIT, R.NOT_RUN),
        (423, Verdict.WAIT, R.NOT_RUN),
        (409, Verdict.WAIT, R.UNKNOWN),
        (413, Verdict.SPLIT, R.NOT_RUN),
        (301, Verdict.STOP, R.NOT_RUN),
        (400, Verdict.STOP, R.NOT_RUN),
        (401, Verdict.STOP, R.NOT_RUN),
        (403, Verdict.STOP, R.NOT_RUN),
        (404, Verdict.STOP, R.NOT_RUN),
    ],
)
@pytest.mark.parametrize("text", ["<html>busy</html>", "", '{"data": {"a0"', "[]", "null", '{"other": 1}', None])
def test_an_answer_that_is_not_mondays(status: int, verdict: Verdict, outcome: RowOutcome, text: str | None) -> None:
    answer = read_answer(raw(text, status), THREE)
    assert answer.verdict is verdict
    assert outcomes(answer) == [outcome] * 3
    if verdict is Verdict.STOP:
        assert str(status) in answer.reason


@pytest.mark.parametrize(
    ("error", "verdict", "outcome"),
    [
        (NotSent("refused"), Verdict.NOT_SENT, R.NOT_RUN),
        (TransportFailure("cut"), Verdict.UNKNOWN, R.UNKNOWN),
    ],
)
def test_no_answer_at_all(error: TransportFailure, verdict: Verdict, outcome: RowOutcome) -> None:
    answer = read_answer(raw(error=error), THREE)
    assert answer.verdict is verdict
    assert answer.same_key == (isinstance(error, NotSent))
    assert outcomes(answer) == [outcome] * 3


def test_the_documents_own_fault_is_told_by_its_message_too() -> None:
    body = {"errors": [{"message": 'Parse error on "x" (IDENTIFIER) at [1, 5]', "locations": []}]}
    answer = read_answer(raw(body), THREE)
    assert answer.verdict is Verdict.STOP
    assert "request itself" in answer.reason
    assert outcomes(answer) == [R.NOT_RUN] * 3


def test_half_run_documents_leave_doubt_where_there_is_neither_data_nor_error() -> None:
    body = {"data": {"a0": item(1), "a1": None}, "errors": [failure("COMPLEXITY_BUDGET_EXHAUSTED", "spent")]}
    answer = read_answer(raw(body, 429), THREE)
    assert outcomes(answer) == [R.DONE, R.UNKNOWN, R.UNKNOWN]
    assert answer.verdict is Verdict.ANSWERED


def test_a_path_under_null_data_proves_that_something_ran() -> None:
    errors = [failure("ColumnValueException", "bad", ["a1"]), failure("RATE_LIMIT_EXCEEDED", "slow down")]
    answer = read_answer(raw({"data": None, "errors": errors}), THREE)
    assert outcomes(answer) == [R.UNKNOWN, R.REJECTED, R.UNKNOWN]


def test_an_error_without_a_path_belongs_to_the_only_row() -> None:
    answer = read_answer(raw({"data": {"a0": None}, "errors": [failure("ColumnValueException", "bad")]}), ONE)
    assert outcomes(answer) == [R.REJECTED]
    answer = read_answer(raw({"errors": [failure("ColumnValueException", "bad")]}, 400), ONE)
    assert (answer.verdict, outcomes(answer)) == (Verdict.ANSWERED, [R.REJECTED])


def test_of_several_errors_of_a_row_the_doubtful_one_counts() -> None:
    errors = [failure("ColumnValueException", "bad", ["a0"]), failure("INTERNAL_SERVER_ERROR", "oops", ["a0"])]
    assert outcomes(read_answer(raw({"data": {"a0": None}, "errors": errors}), ONE)) == [R.UNKNOWN]


def test_one_row_that_is_too_heavy_is_rejected_rather_than_split_for_ever() -> None:
    answer = read_answer(raw({"errors": [failure("REQUEST_MAX_COMPLEXITY_EXCEEDED", "heavy")]}, 429), ONE)
    assert (answer.verdict, outcomes(answer)) == (Verdict.ANSWERED, [R.REJECTED])


DENIED = ["UserUnauthorizedException", "UserUnauthorized", "USER_UNAUTHORIZED", "Forbidden", "FORBIDDEN",
          "USER_ACCESS_DENIED", "userAccessDenied", "missingRequiredPermissions", "MISSING_REQUIRED_PERMISSIONS",
          "Unauthorized"]  # fmt: skip


@pytest.mark.parametrize("code", DENIED)
@pytest.mark.parametrize("status", [None, 200, 401, 403])
def test_what_the_token_may_not_touch_is_its_rows_own_where_a_path_names_it(code: str, status: int | None) -> None:
    more = {} if status is None else {"status_code": status}
    alone = {"data": {"a0": None}, "errors": [failure(code, "no", ["a0"], **more)]}
    answer = read_answer(raw(alone), ONE)
    assert (answer.verdict, outcomes(answer)) == (Verdict.ANSWERED, [R.REJECTED])
    assert outcomes(read_answer(raw(alone | {"data": None}), ONE)) == [R.REJECTED]
    beside = {"data": {"a0": item(1), "a1": None}, "errors": [failure(code, "no", ["a1", "id"], **more)]}
    answer = read_answer(raw(beside), ["a0", "a1"])
    assert (answer.verdict, outcomes(answer)) == (Verdict.ANSWERED, [R.DONE, R.REJECTED])
    both = [failure(code, "no", [alias], **more) for alias in ("a0", "a1")]
    answer = read_answer(raw({"data": {"a0": None, "a1": None}, "errors": both}), ["a0", "a1"])
    assert (answer.verdict, outcomes(answer)) == (Verdict.ANSWERED, [R.REJECTED, R.REJECTED])


@pytest.mark.parametrize("code", DENIED)
@pytest.mark.parametrize("aliases", [ONE, THREE])
def test_without_a_path_no_row_can_succeed(code: str, aliases: list[str]) -> None:
    answer = read_answer(raw({"errors": [failure(code, "no", error_data={"column_id": "text_9"})]}), aliases)
    assert answer.verdict is Verdict.STOP
    assert set(outcomes(answer)) == {R.NOT_RUN}
    assert "text_9" in answer.reason


@pytest.mark.parametrize(
    ("message", "verdict", "seconds"),
    [
        ("Complexity budget exhausted, query cost 30001 budget remaining 9 out of 1000000 reset in 2 seconds",
         Verdict.WAIT, 2),
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
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize("shape", ["object", "bare", "text"])
def test_words_without_a_code_count_like_the_code(
    message: str, verdict: Verdict, seconds: float | None, status: int, shape: str
) -> None:
    error: object = {"object": failure("", message), "bare": {"message": message}, "text": message}[shape]
    answer = read_answer(raw({"errors": [error]}, status), THREE)
    assert (answer.verdict, answer.wait_seconds) == (verdict, seconds)
    assert set(outcomes(answer)) == {R.NOT_RUN}


@pytest.mark.parametrize("number", [1, 2**31, 2**53 + 1, 999_999_999_999_999_999, 9_223_372_036_854_775_807])
@pytest.mark.parametrize("shape", [str, int])
def test_an_id_of_any_length_is_an_id(number: int, shape: type) -> None:
    row = read_answer(raw({"data": {"a0": {"id": shape(number)}}}), ONE).rows["a0"]
    assert (row.outcome, row.monday_id) == (R.DONE, number)


def test_a_missing_board_stops_many_rows_and_rejects_one() -> None:
    gone = [failure("InvalidBoardIdException", "no board", [alias]) for alias in ("a0", "a1")]
    assert read_answer(raw({"data": {"a0": None, "a1": None}, "errors": gone}), ["a0", "a1"]).verdict is Verdict.STOP
    assert outcomes(read_answer(raw({"data": {"a0": None}, "errors": gone[:1]}), ONE)) == [R.REJECTED]


def test_a_used_up_day_keeps_what_was_done() -> None:
    body = {"data": {"a0": item(1), "a1": None}, "errors": [failure("DAILY_LIMIT_EXCEEDED", "day", ["a1"])]}
    answer = read_answer(raw(body, 429), ["a0", "a1"])
    assert (answer.verdict, outcomes(answer)) == (Verdict.QUOTA, [R.DONE, R.NOT_RUN])
    assert "midnight UTC" in answer.reason


# Waiting, to the letter.


@pytest.mark.parametrize(
    ("extra", "headers", "seconds"),
    [
        ({"retry_in_seconds": 7}, {}, 7.0),
        ({"retry_in_seconds": "7"}, {}, 7.0),
        ({}, {"Retry-After": "9"}, 9.0),
        ({"retry_in_seconds": 7}, {"Retry-After": "9"}, 9.0),
        ({"retry_in_seconds": 11}, {"Retry-After": "9"}, 11.0),
        ({}, {"Retry-After": "Mon, 23 Nov 2026 12:00:20 GMT"}, 20.0),
        ({"retry_in_seconds": 0}, {}, 0.0),
        ({"retry_in_seconds": -1}, {}, None),
        ({"retry_in_seconds": "soon"}, {}, None),
        ({}, {}, None),
    ],
)
def test_how_long_to_wait(extra: dict[str, Any], headers: dict[str, str], seconds: float | None) -> None:
    body = {"errors": [failure("COMPLEXITY_BUDGET_EXHAUSTED", "exhausted", **extra)]}
    assert read_answer(raw(body, 429, headers), THREE).wait_seconds == seconds


def test_the_old_shape_of_a_budget_refusal() -> None:
    sentence = "Complexity budget exhausted, query cost 30001 budget remaining 19986 out of 1000000 reset in 3 seconds"
    body = {
        "error_code": "ComplexityException", "status_code": 429, "error_message": sentence, "error_data": {},
        "errors": [sentence], "account_id": 1,
    }  # fmt: skip
    answer = read_answer(raw(body, 429), THREE)
    assert (answer.verdict, answer.wait_seconds) == (Verdict.WAIT, 3.0)
    assert len(answer.errors) == 1


def test_rows_of_a_partial_refusal_are_told_their_wait() -> None:
    limited = failure("FIELD_LIMIT_EXCEEDED", "limit", ["a1"], retry_in_seconds=4)
    answer = read_answer(raw({"data": {"a0": item(1), "a1": None}, "errors": [limited]}, 429), ["a0", "a1"])
    assert answer.wait_seconds == 4.0


def test_a_gateway_that_names_a_time_is_heard() -> None:
    assert read_answer(raw("<html>", 503, {"Retry-After": "12"}), ONE).wait_seconds == 12.0
    assert read_answer(raw({"errors": [failure("", "busy")]}, 503, {"Retry-After": "12"}), ONE).wait_seconds == 12.0


# Keys.


def test_a_key_still_in_flight_is_waited_for_with_the_same_key() -> None:
    answer = read_answer(raw({"errors": [failure("IDEMPOTENCY_CONFLICT")]}, 409, {"Retry-After": "2"}), ONE)
    assert (answer.verdict, answer.same_key, answer.wait_seconds) == (Verdict.WAIT, True, 2.0)
    assert not answer.new_key_needed


def test_after_an_unknown_outcome_the_key_alone_is_no_licence_to_repeat() -> None:
    assert not read_answer(raw("<html>", 502, {"Retry-After": "1"}), ONE).same_key
    assert not read_answer(raw({"errors": [failure("INTERNAL_SERVER_ERROR")]}, 500), ONE).same_key


def test_a_refusal_that_was_kept_under_the_key_needs_a_new_key() -> None:
    body = {"errors": [failure("RATE_LIMIT_EXCEEDED")]}
    assert not read_answer(raw(body, 429), THREE).new_key_needed
    answer = read_answer(raw(body, 429, {"Idempotency-Replayed": "true"}), THREE)
    assert answer.replayed
    assert answer.new_key_needed


def test_a_replay_of_done_rows_is_as_good_as_the_first_answer() -> None:
    answer = read_answer(raw({"data": {"a0": item(1)}}, headers={"Idempotency-Replayed": "true"}), ONE)
    assert outcomes(answer) == [R.DONE]
    assert not answer.new_key_needed


# Questions.


def test_questions() -> None:
    good = read_answer(raw({"data": {"me": {"id": "5"}}}), ())
    assert (good.verdict, good.data) == (Verdict.ANSWERED, {"me": {"id": "5"}})
    denied = {"data": [], "errors": [failure("UserUnauthorizedException", "no", ["me"], status_code=403)]}
    assert read_answer(raw(denied), ()).verdict is Verdict.STOP
    half = {"data": {"me": None}, "errors": [failure("INTERNAL_SERVER_ERROR", "oops", ["me"])]}
    assert read_answer(raw(half), ()).verdict is Verdict.UNKNOWN
    odd = read_answer(raw({"data": {}, "errors": [failure("CursorException", "The cursor is not valid", ["x"])]}), ())
    assert odd.verdict is Verdict.STOP
    assert "The cursor is not valid" in odd.reason
    assert read_answer(raw({"data": None}), ()).verdict is Verdict.UNKNOWN
    slow = read_answer(raw({"data": {"x": None}, "errors": [failure("RATE_LIMIT_EXCEEDED", "", ["x"])]}, 429), ())
    assert slow.verdict is Verdict.WAIT


# Whatever comes, the reading stands, and nothing is called done without an id.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PATHS = st.none() | JSON | st.lists(st.sampled_from([*THREE, "complexity", "id"]), min_size=1, max_size=2)
ERRORS = st.lists(
    JSON
    | st.fixed_dictionaries(
        {},
        optional={
            "message": JSON,
            "path": PATHS,
            "extensions": JSON
            | st.fixed_dictionaries(
                {},
                optional={
                    "code": JSON | st.sampled_from([code for code, _, _ in CODES] + [code for _, code, _, _ in WHOLE]),
                    "status_code": JSON | st.sampled_from([200, 400, 403, 409, 423, 429, 500]),
                    "retry_in_seconds": JSON,
                    "error_data": JSON,
                },
            ),
        },
    ),
    max_size=4,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "data": JSON | st.dictionaries(st.sampled_from([*THREE, "complexity"]), JSON | st.just({"id": "9"})),
        "errors": JSON | ERRORS,
        "error_code": JSON,
        "extensions": JSON,
    },
)
CERTAIN = {R.REJECTED, R.RETRY, R.NOT_RUN, R.MISSING_ITEM, R.MISSING_GROUP, R.BOARD_FULL}


@given(body=BODIES | JSON, status=st.integers(200, 599), aliases=st.sampled_from([ONE, THREE, []]))
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


@given(
    status=st.sampled_from([200, 429, 500]),
    done=st.lists(st.booleans(), min_size=2, max_size=6),
    codes=st.lists(st.sampled_from([code for code, _, _ in CODES]), min_size=6, max_size=6),
)
def test_every_row_of_a_mixed_answer_is_judged_by_its_own_part(status: int, done: list[bool], codes: list[str]) -> None:
    aliases = [f"a{n}" for n in range(len(done))]
    data = {alias: item(1) if ok else None for alias, ok in zip(aliases, done, strict=True)}
    errors = [failure(codes[n], "said", [alias]) for n, alias in enumerate(aliases) if not done[n]]
    whole = read_answer(raw({"data": data, "errors": errors}, status), aliases)
    assert [whole.rows[alias].outcome is R.DONE for alias in aliases] == done


def test_messages_are_one_clean_line() -> None:
    dirty = 'a\r\n::{"outputs":{}}::\x1b[31m\u202e' + "x" * 600
    message = clean_text(dirty, 500)
    assert len(message) == 500
    assert not any(ord(letter) < 32 or letter in "\u202e\x7f" for letter in message)
    answer = read_answer(raw({"errors": [failure("X\n\ty", dirty)]}), ONE)
    assert answer.error is not None
    assert "\n" not in answer.error.message + answer.error.code
