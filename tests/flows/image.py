"""Reads the Dockerfile and .dockerignore, and lays out what the image would hold."""

from __future__ import annotations

import fnmatch
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.docs.reading import repository_files
from tests.support import ROOT


@dataclass(frozen=True)
class Instruction:
    """One instruction with its words."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The arguments, split as a shell does."""
        return shlex.split(self.text)


def instructions() -> list[Instruction]:
    """The Dockerfile's instructions, continued lines joined, comments left out."""
    lines = [
        line for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [Instruction(*line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def environment() -> dict[str, str]:
    """What ENV sets."""
    pairs = [pair for each in instructions() if each.name == "ENV" for pair in each.words]
    return dict(pair.split("=", 1) for pair in pairs)


def ignored(path: str) -> bool:
    """True for a file that .dockerignore keeps out: the last line that matches it decides."""
    verdict = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        keep = pattern.startswith("!")
        pattern = pattern.lstrip("!")
        if pattern.endswith("/"):
            hit = path.startswith(pattern)
        else:
            hit = pattern == "*" or any(
                fnmatch.fnmatch(part, pattern.removeprefix("**/")) for part in (path, *Path(path).parts)
            )
        verdict = not keep if hit else verdict
    return verdict


def copied() -> list[tuple[str, str]]:
    """Source and target of every COPY, targets inside the image's folder of the project."""
    found = []
    for each in instructions():
        if each.name == "COPY":
            *sources, target = each.words
            found += [(source, target) for source in sources]
    return found


def lay_out(folder: Path) -> Path:
    """The image's folder of the project, made of the repository's files that COPY takes and .dockerignore lets in."""
    names = [path.relative_to(ROOT).as_posix() for path in repository_files()]
    for source, target in copied():
        for name in names:
            inside = source.endswith("/") and name.startswith(source)
            if ignored(name) or not (inside or name == source):
                continue
            place = folder / target / (name.removeprefix(source) if inside else name)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, place)
    return folder
