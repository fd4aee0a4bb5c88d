"""Print the project's size beside its budgets: statements and files of `sync`, lines of SQL, macros and unit tests.

A statement is a node of Python's syntax tree, so that dense lines win nothing. The budgets are goals, not limits.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _lines(paths: Iterable[Path]) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def _parameters(node: ast.AST) -> int:
    """Parameters of a constructor beside self; of any other node, 0."""
    if not isinstance(node, ast.FunctionDef) or node.name != "__init__":
        return 0
    return len(node.args.posonlyargs) + len(node.args.args) - 1 + len(node.args.kwonlyargs)


def measure(root: Path = ROOT) -> list[tuple[str, int, int]]:
    """What is measured, its size now, and its budget."""
    python = sorted((root / "sync").rglob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in python]
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    sql = [path for path in (root / "sql").rglob("*") if path.is_file()]
    macros = [path for path in (root / "macros").rglob("*") if path.is_file()]
    tests = [path for name in ("monday", "sync") for path in (root / "tests" / name).rglob("*.py")]
    return [
        ("sync: statements", sum(isinstance(node, ast.stmt) for node in nodes), 3300),
        ("sync: files", len(python), 34),
        ("sync: # fmt: skip", sum(text.count("# fmt: skip") for text in texts), 5),
        ("sync: most parameters of a constructor", max(map(_parameters, nodes)), 8),
        ("sql: lines", _lines(sql), 1200),
        ("sql: files", len(sql), 30),
        ("macros: lines", _lines(macros), 900),
        ("tests/monday and tests/sync: lines", _lines(tests), 3500),
    ]


def main() -> None:
    """Print the table."""
    print(f"{'what':<42}{'now':>8}{'budget':>8}")
    for what, now, budget in measure():
        print(f"{what:<42}{now:>8,}{budget:>8,}")


if __name__ == "__main__":
    main()
