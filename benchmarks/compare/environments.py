"""An environment of its own for each tool, from the exact versions in requirements-*.txt; made once, in `.bench/`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.measure import ROOT

ENVIRONMENTS = ROOT / ".bench" / "compare"
HERE = Path(__file__).resolve().parent


def installed(tool: str) -> Path:
    """The folder of programs of the tool's environment, which is made first where it is not as the file says."""
    wanted = HERE / f"requirements-{tool}.txt"
    folder = ENVIRONMENTS / tool
    done = folder / "installed.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted.read_text(encoding="utf-8"):
        print(f"Installing {wanted.name} into .bench/compare/{tool} …", file=sys.stderr)
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--requirement", str(wanted)],
        ):
            finished = subprocess.run(command, capture_output=True, text=True, check=False)
            if finished.returncode:
                sys.exit(f"{tool} could not be installed into .bench/compare:\n{finished.stderr[-2000:]}")
        done.write_text(wanted.read_text(encoding="utf-8"), encoding="utf-8")
    return folder / "bin"


def version(tool: str) -> str:
    """The tool's name and version as its file pins them."""
    return (
        (HERE / f"requirements-{tool}.txt")
        .read_text(encoding="utf-8")
        .split()[0]
        .replace("==", " ")
        .replace("[duckdb]", "")
    )
