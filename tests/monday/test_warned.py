"""What an answer warns of, in a sentence without a row's text and without secrets."""

from __future__ import annotations

import json

import pytest

from sync.monday.http import warnings_of

BODY = json.dumps({
    "query": "mutation",
    "variables": {"n0": "JWHD ACME 00505", "c0": json.dumps({"text1": "TOP SECRET", "drop": {"labels": ["NAVY"]}})},
})  # fmt: skip


def said(text: str | None = None, **headers: str) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return warnings_of(named, text, version="2026-10", body=BODY)


def answer(*warnings: object) -> str:
    return json.dumps({"data": {}, "extensions": {"warnings": list(warnings)}})


def test_an_answer_without_warnings_says_nothing() -> None:
    assert said(answer()) == said('no JSON "warnings"') == said(None, api_version="2026-10", link="<https://a>") == []


def test_an_announced_end_is_told_with_the_place_to_read_on() -> None:
    (sentence,) = said(
        deprecation="@1796083200", sunset="Thu, 01 Apr 2027 00:00:00 GMT",
        link='<https://developer.monday.com/versions?token=abc>; rel="deprecation", <https://x>; rel="next"',
    )  # fmt: skip
    assert "API version 2026-10 (Deprecation: @1796083200, Sunset: Thu, 01 Apr 2027 00:00:00 GMT" in sentence
    assert "see https://developer.monday.com/versions)" in sentence
    assert "MONDAY_API_VERSION" in sentence


def test_another_version_than_asked_for_is_told() -> None:
    assert "API version 2026-07 where 2026-10 was asked for" in said(api_version="2026-07")[0]


@pytest.mark.parametrize(
    ("warning", "sentence"),
    [
        ("Plain words.", "Monday warns: Plain words."),
        ({"message": "Mind it", "code": "CODE"}, "Monday warns: Mind it (CODE)"),
        ({"code": "CODE"}, "Monday warns: CODE"),
        ({}, "Monday warns: no text"),
        (7, "Monday warns: 7"),
        ("The value TOP SECRET of JWHD ACME 00505", "Monday warns: The value … of …"),
        ("label NAVY isn't there", "Monday warns: label … isn't there"),
        ('The value "whatever" is long', "Monday warns: The value … is long"),
        ("item 1234567890", "Monday warns: item …"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJ0aWQiOjQzfQ.abcdef", "Monday warns: token …"),
    ],
)
def test_a_warning_is_told_without_what_the_row_holds(warning: object, sentence: str) -> None:
    assert said(answer(warning)) == [sentence]
