"""The way of one order row and of one answer through `sync`: which functions, in how many modules, how deep.

One order is pushed within this process, under a profiler. The row's way goes from the choice of what to send to the
POST of its request; the answer's, from the answer to the end of the transaction that writes what became of the row.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.measure import FOREIGN, ROOT, dbt, environment, local_monday, prepared, timed
from sync.cli import main

PACKAGE = str(ROOT / "sync") + os.sep
CHOSEN, CLAIMED, SENT = "Push._send_new", "Ledger.claim", "RequestsTransport.post"
ANSWERED, SETTLED = "Push._answered", "Push._settle"


@dataclass(frozen=True)
class Call:
    """A call of a function of `sync`, or its return: module, name, the calls of `sync` above it, and the thread."""

    module: str
    name: str
    depth: int
    returns: bool
    thread: int


def calls_of_a_push(words: list[str]) -> list[Call]:
    """Run a command of `sync` in this process; return its calls on all threads, in their order."""
    calls: list[Call] = []

    def profiled(frame: FrameType, event: str, _: Any) -> None:
        if event in ("call", "return") and frame.f_code.co_filename.startswith(PACKAGE):
            depth, above = 0, frame.f_back
            while above is not None:
                depth, above = depth + above.f_code.co_filename.startswith(PACKAGE), above.f_back
            module = frame.f_code.co_filename.removeprefix(PACKAGE)
            calls.append(Call(module, frame.f_code.co_qualname, depth, event == "return", threading.get_ident()))

    threading.setprofile(profiled)
    sys.setprofile(profiled)
    try:
        main(words, standalone_mode=False)
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return calls


def ways(calls: list[Call]) -> tuple[list[Call], list[Call]]:
    """The way of the first order row, and that of its answer. Raises ValueError where a function has another name."""
    try:
        claimed = _next(calls, 0, CLAIMED)
        chosen = max(at for at in range(claimed) if calls[at].name == CHOSEN and not calls[at].returns)
        recorded = _next(calls, claimed, CHOSEN, returns=True)
        sent = _next(calls, claimed, SENT)
        carried = [call for call in calls[claimed : sent + 1] if call.thread == calls[sent].thread]
        answered = _next(calls, sent, ANSWERED)
        settled = _next(calls, answered, SETTLED, returns=True)
    except StopIteration as missing:
        raise ValueError(f"The push has no {missing}; benchmarks/walk.py names where a way begins and ends.") from None
    return calls[chosen : recorded + 1] + carried, calls[answered : settled + 1]


def _next(calls: list[Call], start: int, name: str, *, returns: bool = False) -> int:
    for at in range(start, len(calls)):
        if calls[at].name == name and calls[at].returns is returns:
            return at
    raise StopIteration(name)


def figures(way: list[Call]) -> tuple[int, int, int, int]:
    """Distinct functions with and without their inner ones (comprehensions, lambdas), modules, and the depth."""
    seen = {(call.module, call.name) for call in way}
    own = [[call.depth for call in way if call.thread == thread] for thread in {call.thread for call in way}]
    outer = [name for _, name in seen if "<" not in name]
    return len(seen), len(outer), len({call.module for call in way}), max(max(depths) - min(depths) for depths in own)


def walk(*, verbose: bool) -> None:
    """Push one order and print the figures of both ways; ``verbose``: their functions, too."""
    database: Path = prepared(1)
    dbt(database, "build")
    with local_monday(1) as monday:
        env = environment(database, **monday)
        timed([sys.executable, "-m", "sync", "board", "create-columns"], env)
        for name in [name for name in os.environ if name.startswith(FOREIGN)]:
            del os.environ[name]
        os.environ.update(env)
        found = ways(calls_of_a_push(["push", "--batch"]))
    print("| way | functions | budget | without inner ones | modules | budget | depth |" + "\n" + "| --- " * 7 + "|")
    for name, way, most in zip(("an order row, to its POST", "its answer"), found, ((50, 10), (45, 9)), strict=True):
        every, outer, modules, depth = figures(way)
        print(f"| {name} | {every} | {most[0]} | {outer} | {modules} | {most[1]} | {depth} |")
    if verbose:
        for way in found:
            seen: dict[tuple[str, str], int] = {}
            for call in way:
                seen.setdefault((call.module, call.name), call.depth)
            print()
            for (module, name), depth in seen.items():
                print(f"{'  ' * (depth - way[0].depth)}{name}  {module}")
