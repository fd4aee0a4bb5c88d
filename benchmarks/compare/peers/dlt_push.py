"""dlt: a custom destination, as its documentation describes; resumes a pending load package before anything else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt  # type: ignore[import-not-found, unused-ignore]
from dlt.sources.helpers import requests  # type: ignore[import-not-found, unused-ignore]
from request import body, check, headers  # type: ignore[import-not-found, unused-ignore]

FOLDER = Path(os.environ["COMPARE_FOLDER"])


@dlt.destination(batch_size=25, name="monday", max_parallel_load_jobs=4)  # type: ignore[untyped-decorator, unused-ignore]
def monday(items: list[dict[str, Any]], table: dict[str, Any]) -> None:
    """Sends 25 orders a request; dlt's own client repeats what failed on the way or with 429 and 5xx."""
    answer = requests.post(os.environ["MONDAY_API_URL"], json=body(items), headers=headers(items), timeout=60)
    answer.raise_for_status()
    check(answer.json())


@dlt.resource(name="orders", write_disposition="append", max_table_nesting=0)  # type: ignore[untyped-decorator, unused-ignore]
def orders() -> Iterator[list[dict[str, Any]]]:
    """The orders, in one page."""
    with (FOLDER / "orders.jsonl").open(encoding="utf-8") as lines:
        yield [json.loads(line) for line in lines]


def main() -> None:
    """Loads what is pending, or the orders if nothing is; prints how many rows dlt counts as loaded."""
    pipeline = dlt.pipeline("compare", destination=monday, pipelines_dir=str(FOLDER / "dlt"))
    pipeline.activate()
    if pipeline.has_pending_data:
        pipeline.load()
    else:
        pipeline.run(orders())
    print(json.dumps({"packages": len(pipeline.list_completed_load_packages())}))


if __name__ == "__main__":
    main()
