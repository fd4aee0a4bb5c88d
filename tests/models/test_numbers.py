"""The models read numbers as the push does: one table of cases, and any text made of the same characters."""

from __future__ import annotations

import random

import duckdb
import pytest

from sync.monday.values import parse_number, plain_number
from tests.numbers import cases
from tests.support import Project

QUERY = (
    "select raw, {{ number_value('figure') }} as number"
    " from (select raw, {{ number_text('cleaned') }} as figure"
    " from (select raw, {{ trim_text('raw') }} as cleaned from texts) as a) as b"
)
PIECES = (
    "1",
    "12",
    "123",
    "1234",
    "000",
    "9999999999",
    ",",
    ",234",
    ".",
    ".5",
    "$",
    "%",
    " ",
    "\u00a0",
    "-",
    "+",
    "(",
    ")",
    "e",
)


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The macros as DuckDB gets them, over a table `texts`."""
    folder = tmp_path_factory.mktemp("numbers")
    project = Project(folder, folder / "target")
    said = project.dbt_process("--quiet", "compile", "--inline", QUERY, "--no-introspect", "--no-populate-cache")
    return said[said.index("select raw") :]


def read(query: str, texts: list[str]) -> dict[str, str | None]:
    with duckdb.connect() as connection:
        connection.execute("create table texts as select unnest(?::varchar[]) as raw", [texts])
        rows = connection.execute(query).fetchall()
    return {text: None if number is None else plain_number(number) for text, number in rows}


def test_the_models_read_every_case(query: str) -> None:
    assert read(query, [text for text, _ in cases()]) == dict(cases())


def test_models_and_push_agree_on_any_text(query: str) -> None:
    chance = random.Random(4)
    texts = sorted({"".join(chance.choices(PIECES, k=chance.randint(1, 7))).strip() or "-" for _ in range(6_000)})
    said = {text: parse_number(text) for text in texts}
    expected = {text: None if number is None else plain_number(number) for text, number in said.items()}
    assert read(query, texts) == expected
    assert sum(number is not None for number in expected.values()) > 200
