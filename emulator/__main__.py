"""`python -m emulator`: starts a local Monday and says where it is. Ctrl-C or SIGTERM stops it."""

from __future__ import annotations

import argparse
import ipaddress
import json
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emulator import switches
from emulator.config import BOARD_ID, DEMO_TOKEN, Config, Limits
from emulator.faults import Fault
from emulator.server import Emulator


def parser() -> argparse.ArgumentParser:
    """The command line."""
    known = argparse.ArgumentParser(
        prog="python -m emulator",
        description="A local Monday.com API, with a page of the board at GET /. Nothing leaves this machine.",
    )
    known.add_argument(
        "--port", type=_whole, default=8090, metavar="N", help="port to listen on; 0: any free one (8090)"
    )
    known.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    known.add_argument("--token", default=DEMO_TOKEN, help=f"the token that it takes ({DEMO_TOKEN})")
    known.add_argument("--state", type=Path, metavar="FILE", help="keep the boards in this file (else in memory)")
    known.add_argument(
        "--with-order-key", action="store_true", help="a new board has the column ORDER KEY from the start"
    )
    known.add_argument(
        "--items-limit", type=_whole, default=10_000, metavar="N", help="items that a board takes (10000)"
    )
    known.add_argument("--latency-ms", type=_number, default=0, metavar="N", help="every answer takes so long (0)")
    known.add_argument("--write-ms", type=_number, default=0, metavar="N", help="every row written takes so long (0)")
    known.add_argument(
        "--search-lag",
        type=_number,
        default=0,
        metavar="SECONDS",
        help="search by column value lags so far behind writes (0)",
    )
    known.add_argument(
        "--column-type", action="append", default=[], metavar="ID=TYPE", help="give a column of the board another type"
    )
    limits = known.add_argument_group("limits (0: off)")
    limits.add_argument("--no-limits", action="store_true", help="no limit at all")
    for field, text in _LIMITS.items():
        limits.add_argument(f"--{field.replace('_', '-')}", type=_whole, metavar="N", help=text)
    limits.add_argument(
        "--split-budget", action="store_true", help="a budget for reads and one for writes, as app tokens have"
    )
    known.add_argument(
        "--switch", action="append", default=[], metavar="NAME=VALUE", help="set a switch; may be repeated"
    )
    known.add_argument("--help-switches", action="store_true", help="list the switches and exit")
    faults = known.add_argument_group("faults (emulator/README.md)")
    faults.add_argument("--faults", type=Path, metavar="FILE", help="a JSON list of faults")
    faults.add_argument(
        "--random-faults", metavar="SEED:SHARE", help="random faults, such as 7:0.05 for every 20th request"
    )
    return known


_LIMITS = {
    "write_points": "points that a write costs (30000)",
    "query_points": "points that one request may cost (5000000)",
    "minute_points": "points in any 60 seconds (10000000)",
    "minute_calls": "requests in any 60 seconds (5000)",
    "concurrent_calls": "requests in flight (250)",
    "daily_calls": "requests a day, until midnight UTC (25000)",
    "ip_calls": "requests from one address in any 10 seconds (5000)",
}


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return number


def configuration(given: argparse.Namespace) -> Config:
    """What the command line asks for; ValueError or OSError with a sentence for what makes no sense."""
    limits = Limits.none() if given.no_limits else Limits()
    chosen = {field: getattr(given, field) for field in _LIMITS if getattr(given, field) is not None}
    return Config(
        host=given.host,
        port=given.port,
        token=given.token,
        limits=replace(limits, split_budget=given.split_budget, **chosen),
        switches=switches.parse(given.switch),
        items_limit=given.items_limit,
        with_order_key=given.with_order_key,
        column_types=dict(_pair(text) for text in given.column_type),
        latency_ms=given.latency_ms,
        write_ms=given.write_ms,
        search_lag_seconds=given.search_lag,
        state_file=given.state,
        keep_history=False,
        faults=_faults(given.faults) if given.faults else (),
        random_faults=_random(given.random_faults) if given.random_faults else None,
    )


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise ValueError(f"--column-type {text!r} has no type: write --column-type id=type.")
    return name, value


def _faults(path: Path) -> list[Fault]:
    rules = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise ValueError(f"{path} is no JSON list of faults: emulator/README.md shows one.")
    return [Fault.read(rule) for rule in rules]


def _random(text: str) -> tuple[int, float]:
    seed, _, share = text.partition(":")
    if not seed.isdecimal() or not 0 < _number(share) <= 1:
        raise ValueError(f"--random-faults {text!r} is not SEED:SHARE: write 7:0.05 for a fault in every 20th request.")
    return int(seed), float(share)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until it is told to stop. Exit codes: 0 stopped, 1 could not start, 2 wrong usage."""
    given = parser().parse_args(arguments)
    if given.help_switches:
        for each in switches.names():
            choices = ", ".join(each.metadata["choices"])
            print(f"{each.name} = {each.default}\n    {each.metadata['help']}{f' ({choices})' if choices else ''}")
        return 0
    try:
        emulator = Emulator(configuration(given))
    except (OSError, ValueError, argparse.ArgumentTypeError) as error:
        print(f"The emulator could not start: {error}", file=sys.stderr)
        return 1
    if not _loopback(given.host):
        print("Other machines can reach this emulator, and its page wants no token.", file=sys.stderr)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    emulator.start()
    print(f"Local Monday at {emulator.url}, board {BOARD_ID}; its page: {emulator.page_url}", flush=True)
    stop.wait()
    emulator.stop()
    return 0


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
