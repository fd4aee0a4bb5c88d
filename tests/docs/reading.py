"""Reads the repository's Markdown: files, code blocks, commands, links."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def repository_files() -> list[Path]:
    """Files that are committed or would be: those that git tracks, and new ones that it doesn't ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return sorted(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def documents() -> list[Path]:
    """The Markdown that people read (dbt's doc blocks are dbt's)."""
    return [path for path in repository_files() if path.suffix == ".md" and "dbt_project" not in path.parts]


@dataclass(frozen=True)
class Snippet:
    """A command or statement as a document shows it."""

    document: str
    text: str


def fenced(path: Path, language: str) -> Iterator[str]:
    for found, body in _FENCE.findall(path.read_text(encoding="utf-8")):
        if found == language:
            yield body


def commands() -> list[Snippet]:
    """Every command line: the lines of ``sh`` blocks, and inline code that starts like a command."""
    found: dict[Snippet, None] = {}
    for path in documents():
        name = path.relative_to(ROOT).as_posix()
        lines = [line for block in fenced(path, "sh") for line in block.splitlines()]
        prose = _FENCE.sub("", path.read_text(encoding="utf-8"))
        lines += [code for code in _INLINE.findall(prose) if re.match(r"(make|python|dbt)\b", code)]
        for line in lines:
            if line.strip():
                found[Snippet(name, line.strip())] = None
    return list(found)


def words(command: str) -> list[str]:
    """The words of a command line, without comments and without the path to the program."""
    split = shlex.split(command.replace("…", "X"), comments=True)
    return [split[0].removeprefix(".venv/bin/"), *split[1:]] if split else []


def statements() -> list[Snippet]:
    """Every SQL statement of a ``sql`` block."""
    return [
        Snippet(path.relative_to(ROOT).as_posix(), statement.strip())
        for path in documents()
        for block in fenced(path, "sql")
        for statement in block.split(";")
        if statement.strip()
    ]


def links(path: Path) -> list[str]:
    """Targets of the document's links and pictures."""
    return _LINK.findall(_FENCE.sub("", path.read_text(encoding="utf-8")))
