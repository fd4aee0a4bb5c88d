from __future__ import annotations

from collections import deque

import pytest

from sync.push.plan import Key
from sync.push.queue import _whole_orders


@pytest.mark.parametrize(
    ("sizes", "rows", "taken"),
    [
        ("AAABB", 40, "AAABB"),
        ("AAABBB", 3, "AAA"),
        ("AAABBB", 4, "AAA"),
        ("AAABBBC", 6, "AAABBB"),
        ("AAAAAA", 4, "AAAA"),
        ("ABBBBB", 3, "A"),
        ("BBBBB", 1, "B"),
    ],
)
def test_a_request_carries_no_part_of_an_order_that_fits_whole_into_the_next(sizes: str, rows: int, taken: str) -> None:
    queue = deque(Key(order, str(place)) for place, order in enumerate(sizes))
    found = _whole_orders(queue, rows)
    assert "".join(key.order_key for key in found) == taken
    assert [key.size_label for key in [*found, *queue]] == [str(place) for place in range(len(sizes))]
