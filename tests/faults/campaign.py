"""Many cases in several processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.faults.cases import Dealer, Terrain
from tests.faults.check import Reference
from tests.faults.run import Outcome, carry_out
from tests.faults.world import Prepared

PIECE = 2
"""Cases that a process is given at once: few, for an interrupted campaign waits for those that were handed out."""
Ground = tuple[dict[str, Prepared], dict[str, Reference], dict[str, Terrain]]


def some(seed: int, numbers: Sequence[int], ground: Ground) -> list[Outcome]:
    """The cases of these numbers, one after another."""
    states, references, terrains = ground
    dealer = Dealer(seed, terrains)
    return [carry_out(dealer.deal(number), states, references) for number in numbers]


def campaign(seed: int, numbers: Sequence[int], ground: Ground, jobs: int) -> Iterator[Outcome]:
    """All cases of these numbers, in ``jobs`` processes, as they end."""
    pieces = [numbers[at : at + PIECE] for at in range(0, len(numbers), PIECE)]
    if jobs == 1:
        for piece in pieces:
            yield from some(seed, piece, ground)
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))
    try:
        for future in as_completed([pool.submit(some, seed, piece, ground) for piece in pieces]):
            yield from future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
