"""singer-sdk: a target of its own with a batch sink, as its documentation describes."""

from __future__ import annotations

import os
from typing import Any

import requests
from request import body, check, headers  # type: ignore[import-not-found, unused-ignore]
from requests.adapters import HTTPAdapter
from singer_sdk import BatchSink, Target  # type: ignore[import-not-found, unused-ignore]
from urllib3.util import Retry


class ItemSink(BatchSink):  # type: ignore[misc, unused-ignore]
    """25 orders a request; repeated when the line is cut, or on 429 and 5xx."""

    max_size = 25

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session = requests.Session()
        repeat = Retry(total=4, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None)
        self.session.mount("http://", HTTPAdapter(max_retries=repeat))

    def process_batch(self, context: dict[str, Any]) -> None:
        """Sends one batch."""
        records = context["records"]
        url = os.environ["MONDAY_API_URL"]
        answer = self.session.post(url, json=body(records), headers=headers(records), timeout=60)
        answer.raise_for_status()
        check(answer.json())


class MondayTarget(Target):  # type: ignore[misc, unused-ignore]
    """Orders as items."""

    name = "target-monday"
    default_sink_class = ItemSink
    config_jsonschema = {"type": "object", "properties": {}}  # noqa: RUF012 -- the SDK declares it so


if __name__ == "__main__":
    MondayTarget.cli()
