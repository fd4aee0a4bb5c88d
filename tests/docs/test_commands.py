"""What the documents tell people to type exists, and what can be typed is documented."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys

import duckdb
import pytest
import yaml

from samples.schema import create_table
from tests.docs.reading import ROOT, Snippet, commands, documents, words

MODULES = ("sync", "emulator", "samples", "benchmarks")
COMMANDS = commands()


@functools.cache
def help_of(*command: str) -> str:
    """What ``python -m … --help`` prints; fails where there is no such command."""
    done = subprocess.run(
        [sys.executable, "-m", *command, "--help"],
        cwd=ROOT, capture_output=True, text=True, env=os.environ | {"COLUMNS": "200"}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"python -m {' '.join(command)} --help: {done.stderr[-300:]}"
    return done.stdout


@functools.cache
def subcommands(*command: str) -> tuple[str, ...]:
    """Names under ``Commands:`` in the help of a command; none for a plain command."""
    _, _, listed = help_of(*command).partition("Commands:\n")
    return tuple(re.findall(r"^  ([a-z][a-z-]*)", listed, re.MULTILINE))


def distinct(*start: str) -> list[Snippet]:
    """Documented commands that begin with these words, each once."""
    found = {tuple(words(snippet.text)): snippet for snippet in COMMANDS}
    return [snippet for command, snippet in found.items() if command[: len(start)] == start]


def named(snippet: Snippet) -> str:
    return " ".join(words(snippet.text))


def resolve(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The command's own words, and what follows them."""
    command, rest = arguments[:1], arguments[1:]
    while rest and rest[0] in subcommands(*command):
        command, rest = [*command, rest[0]], rest[1:]
    return command, rest


@pytest.mark.parametrize("snippet", distinct("python", "-m"), ids=named)
def test_a_documented_command_and_its_options_exist(snippet: Snippet) -> None:
    command, rest = resolve(words(snippet.text)[2:])
    assert command[0] in MODULES, f"no module {command[0]}"
    assert not (subcommands(*command) and rest and not rest[0].startswith("-")), f"no command {rest[0]}"
    for option in (word.partition("=")[0] for word in rest if word.startswith("-")):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", help_of(*command)), f"{' '.join(command)} has no {option}"


def test_every_command_of_sync_is_documented() -> None:
    def leaves(*command: str) -> list[str]:
        below = subcommands(*command)
        return [leaf for name in below for leaf in leaves(*command, name)] or [" ".join(command)]

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [leaf for leaf in leaves("sync") if f"python -m {leaf}" not in text]
    assert not missing, f"README.md does not mention: {', '.join(missing)}"


def test_options_that_the_readme_names_for_push_exist() -> None:
    named = set(re.findall(r"`(--[a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    known = set(re.findall(r"--[a-z-]+", help_of("sync", "push")))
    assert named - {"--rows", "--port"} <= known


def test_a_file_that_a_document_names_exists() -> None:
    told = re.compile(r"`[^`\n]*?\b((?:tests|sync|sql|models|macros|scripts|flows|docs)/[\w/]+\.\w+)[^`\n]*`")
    gone = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in documents()
        if path.name != "CHANGELOG.md"
        for name in told.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    ]
    assert gone == []


@pytest.mark.parametrize("snippet", distinct("make"), ids=named)
def test_a_documented_target_exists(snippet: Snippet) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for word in words(snippet.text)[1:]:
        assert "=" in word or word in targets, f"no target {word}"


def test_every_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (.*)", makefile, re.MULTILINE)[0].split())
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert targets == phony
    assert {line.split()[1] for line in shown.splitlines()} == targets


def test_documented_variables_of_dbt_exist() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    table = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Policies")[2]
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", table.partition("\n## ")[0], re.MULTILINE))
    assert documented == set(project["vars"])


@pytest.mark.parametrize(
    "snippet", [each for each in distinct("dbt") if "orders_scope" in each.text], ids=lambda each: each.text[:60]
)
def test_a_documented_scope_is_a_condition_over_the_orders(snippet: Snippet) -> None:
    command = words(snippet.text)
    scope = yaml.safe_load(command[command.index("--vars") + 1])["orders_scope"]
    with duckdb.connect() as connection:
        connection.execute(create_table("duckdb", "main"))
        assert connection.execute(f"select count(*) from ORDERS_UNIFIED where ({scope}\n)").fetchone() == (0,)


def test_documented_environment_is_what_the_code_reads() -> None:
    pattern = re.compile(r"\b(?:MONDAY|SYNC|DBT|DB_ORDERS|ORDERS_DUCKDB|KESTRA)_[A-Z_]*[A-Z]\b")
    sources = [ROOT / "profiles.yml", *(ROOT / "sync").rglob("*.py")]
    calls = re.compile(r"""(?:env_var\(|env\.get\(|environ\.get\(|_variable\(|read_word\(env, |env\[|environ\[)["']"""
                       r"""(\w+)""")  # fmt: skip
    read = {name for path in sources for name in calls.findall(path.read_text(encoding="utf-8"))}
    columns = {path.stem for path in (ROOT / "sql" / "tables").glob("*.sql")}
    text = "\n".join(path.read_text(encoding="utf-8") for path in documents())
    documented = set(re.findall(pattern, text)) - columns
    assert {name for name in read if pattern.fullmatch(name)} - documented == set(), "read, but not documented"
    in_code = "\n".join(path.read_text(encoding="utf-8") for path in [*sources, *(ROOT / "tests").rglob("*.py")])
    unknown = {name for name in documented if name not in in_code and not is_column(name)}
    assert unknown == set(), "documented, but read nowhere"


def is_column(name: str) -> bool:
    """True for a column of our own tables, whose names look like variables."""
    tables = [*(ROOT / "sql" / "tables").glob("*.sql"), *(ROOT / "models").rglob("*.yml")]
    return any(re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")) for path in tables)
