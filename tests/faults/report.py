"""The figures of a campaign, as a table and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.faults.run import Outcome

Table = dict[str, dict[str, float]]
COLUMNS = ("cases", "struck", "double", "missing", "stale", "falsely done", "unfinished", "runs", "calls", "lookups")
_COUNTED = {"double": "double", "missing": "missing", "stale": "stale", "falsely done": "falsely done",
            "left open": "unfinished", "not finished": "unfinished", "crashed": "unfinished"}  # fmt: skip


def figures(outcomes: Sequence[Outcome]) -> Table:
    """Figures by kind of fault, and of ``all``. Calls and lookups are means a case, beyond an undisturbed push."""
    table: Table = {}
    for outcome in sorted(outcomes, key=lambda each: (each.case.family, each.case.kind)):
        for kind in (outcome.case.kind, "all"):
            row = table.setdefault(kind, dict.fromkeys(COLUMNS, 0))
            row["cases"] += 1
            row["struck"] += outcome.struck
            row["runs"] += len(outcome.runs)
            row["calls"] += outcome.calls
            row["lookups"] += outcome.lookups
            for name, number in Counter(_COUNTED[finding.what] for finding in outcome.findings).items():
                row[name] += number
    for row in table.values():
        for name in ("runs", "calls", "lookups"):
            row[name] = round(row[name] / row["cases"], 2)
    table["all"] = table.pop("all", dict.fromkeys(COLUMNS, 0))
    return table


def lines(table: Table) -> list[str]:
    """The figures as a Markdown table."""
    head = f"| kind of fault | {' | '.join(COLUMNS)} |"
    rule = "| --- |" + " ---: |" * len(COLUMNS)
    body = [f"| {kind} | {' | '.join(f'{row[name]:g}' for name in COLUMNS)} |" for kind, row in table.items()]
    return [head, rule, *body]


def failed(outcome: Outcome, seed: int) -> list[str]:
    """What to say about a case that broke the promise, and how to see it again."""
    said = [f"case {outcome.case.number} of seed {seed}: {outcome.case}"]
    said += [f"  {finding}" for finding in outcome.findings[:6]]
    if len(outcome.findings) > 6:
        said.append(f"  and {len(outcome.findings) - 6} more")
    said += [f"  run {number} ended with {run}"[:300] for number, run in enumerate(outcome.runs, 1)]
    return [*said, f"  again: python -m tests.faults --seed {seed} --only {outcome.case.number}"]


def as_dict(table: Table, outcomes: Sequence[Outcome], seconds: float, seed: int) -> dict[str, Any]:
    """The machine-readable result."""
    broken = [outcome.case.number for outcome in outcomes if outcome.findings]
    return {"seed": seed, "cases": len(outcomes), "broken": broken, "seconds": round(seconds, 1), "kinds": table}
