"""What every file of the repository has to hold to: links, paths, hosts, sizes, versions, locks."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import sync
from scripts.size import measure
from tests.docs.reading import ROOT, documents, links, repository_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BINARY = {".png", ".ico", ".duckdb", ".woff2"}
# In two halves, so that this file passes its own test.
PACKAGE_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "deb." + "debian.org", "crates" + ".io"]
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:ho" r"me|ro" r"ot|wo" r"rk|Us" r"ers|tmp/[a-z])\b")


def texts() -> list[Path]:
    return [path for path in repository_files() if path.suffix not in BINARY]


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    for link in links(document):
        if link.startswith(("https://", "#")):
            continue
        target = document.parent / link.partition("#")[0]
        assert target.exists(), f"{link} in {document.name} leads nowhere"


def test_no_file_names_a_path_of_one_machine_or_a_package_host() -> None:
    found = []
    for path in texts():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if MACHINE_PATHS.search(line) or any(host in line for host in PACKAGE_HOSTS):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


def test_no_generated_or_large_file_is_committed() -> None:
    large = [path.name for path in repository_files() if path.stat().st_size > 1_000_000]
    generated = [path.name for path in repository_files() if path.suffix in {".duckdb", ".pyc", ".log", ".wal"}]
    links = [path.name for path in repository_files() if path.is_symlink()]
    assert (large, generated, links) == ([], [], [])


def test_nothing_that_is_ignored_is_committed() -> None:
    listed = ("git", "ls-files", "--cached", "--ignored", "--exclude-standard")
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("no repository around the files")
    assert found.stdout.splitlines() == []


def test_the_changelog_knows_the_version() -> None:
    version = PROJECT["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(version)}\]", changelog, re.MULTILINE)
    assert sync.__version__ == version


def pins(name: str) -> dict[str, str]:
    """Package and version of every entry in a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.MULTILINE))


def wanted(requirements: list[str]) -> dict[str, str]:
    """The pins of pyproject.toml; a requirement that isn't pinned exactly fails here."""
    split = [re.fullmatch(r"([a-z0-9-]+)(?:\[[^\]]*\])?==(\S+)", requirement) for requirement in requirements]
    return {found[1]: found[2] for found in split if found} if all(split) else {"unpinned": str(requirements)}


def test_the_locks_hold_what_pyproject_pins() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert wanted(PROJECT["project"]["dependencies"]).items() <= run.items()
    assert wanted(PROJECT["dependency-groups"]["dev"]).items() <= dev.items()
    assert run.items() <= dev.items(), "the smaller lock is a part of the larger one"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text(encoding="utf-8"))[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def install(tmp_path: Path, python: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "install.sh").write_bytes((ROOT / "scripts" / "install.sh").read_bytes())
    (tmp_path / "requirements-dev.lock").write_text("nothing==1\n", encoding="utf-8")
    return subprocess.run(
        ["sh", "scripts/install.sh"], cwd=tmp_path, env=os.environ | {"PYTHON": python}, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (None, "install Python 3.11 or later"),
        ('case "$*" in *version_info*) exit 1;; *) echo Python 3.9.2;; esac', "Python 3.9.2 is too old"),
        ('case "$*" in *ensurepip*) exit 1;; esac', "apt-get install python3-venv"),
    ],
)
def test_install_says_what_is_missing(tmp_path: Path, script: str | None, sentence: str) -> None:
    python = tmp_path / "python"
    if script:
        python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        python.chmod(0o755)
    done = install(tmp_path, str(python))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_size_of_the_project_is_measured_beside_its_budgets() -> None:
    sizes = {what: (now, budget) for what, now, budget in measure()}
    assert all(now > 0 and budget > 0 for now, budget in sizes.values())
    files = [path for path in repository_files() if path.is_relative_to(ROOT / "sync") and path.suffix == ".py"]
    assert sizes["sync: files"][0] == len(files)
