"""Run ``python -m sync``: parse the command line, show results, turn errors into exit codes."""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from sync import __version__, log
from sync.errors import SyncError, UsageError
from sync.output import Printer, Result
from sync.push.staged import Selection

JSON_OPTION, KESTRA_OPTION = "--json", "--kestra"
EVERYTHING = "\0"
"""What ``push --batch`` alone stands for: a value that nobody can give, so that no blank one can mean it."""


def wants_kestra(env: Mapping[str, str]) -> bool:
    """Return whether Kestra runs the command; then its line of outputs is printed without being asked for."""
    return bool(env.get("KESTRA_EXECUTION_ID"))


def command_in(words: Sequence[str], commands: click.Group) -> str:
    """Return the command that the words name, as far as they do (``board check``); empty where they name none. Pure."""
    path: list[str] = []
    level: click.Command | None = commands
    for word in words:
        if not isinstance(level, click.Group):
            break
        if word in level.commands:
            level = level.commands[word]
            path.append(word)
    return " ".join(path)


def refusal(error: click.ClickException, command: str) -> Result:
    """Say what the parser refused, and where to look it up. Pure."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        said = "A command is missing."
    elif isinstance(error, click.NoSuchOption) and error.option_name in (JSON_OPTION, KESTRA_OPTION):
        said = f"A command is missing, or stands behind {error.option_name} instead of before it."
    else:
        said = " ".join(error.format_message().split())
        said = said if said.endswith((".", "?", "!")) else f"{said}."
    words = f"python -m sync {command}".strip()
    return Result(command or "sync", f"{said} `{words} --help` lists what can be said.", error.exit_code)


def given(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Return the value of an option that narrows a command, trimmed; refuse a blank one, for it would narrow nothing.

    Nor is an option taken for a value: the value itself was forgotten then.
    """
    if value is None or value == EVERYTHING:
        return value
    text = value.strip()
    name = option.opts[0]
    if not text:
        raise click.BadParameter(
            f"it is blank, and would leave nothing out; give a value, or leave {name} away.", context, option
        )
    if text.startswith("--"):
        raise click.BadParameter(f"{text!r} is an option; give {name} a value of its own.", context, option)
    return text


class Commands(click.Group):
    """The commands; where the parser gives up, ``--json`` and Kestra get what they get of any other failure."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(words, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            if not standalone_mode:
                raise
            said = refusal(error, command_in(words, self))
            if os.environ.get("SYNC_LOG_FORMAT", "").strip().lower() == "json":
                log.set_up(os.environ)
                log.say("failed", said.message, logging.ERROR, command=said.command, exit_code=said.exit_code)
            else:
                error.show()
            # The options may stand behind the word that stopped the parser, so the words themselves are asked.
            as_json, kestra = JSON_OPTION in words, KESTRA_OPTION in words or wants_kestra(os.environ)
            if as_json or kestra:
                Printer(as_json=as_json, kestra=kestra).show(said)
            sys.exit(error.exit_code)
        except click.Abort:
            if not standalone_mode:
                raise
            print("Stopped by the keyboard.", file=sys.stderr)
            sys.exit(130)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


def _command(name: str, thing: str = "row") -> Callable[[Callable[..., Result]], Callable[..., None]]:
    """Make a command of a function that gives its result; ``thing`` is what its progress counts."""

    def decorate(work: Callable[..., Result]) -> Callable[..., None]:
        @click.option(JSON_OPTION, "as_json", is_flag=True, help="Print one JSON object on stdout.")
        @click.option(KESTRA_OPTION, is_flag=True, help="Print Kestra's output line besides.")
        @click.option("--verbose", is_flag=True, help="Log each request to Monday.")
        @click.option("--quiet", is_flag=True, help="Print the result alone: no log, no progress.")
        @functools.wraps(work)
        def run(*, as_json: bool, kestra: bool, verbose: bool, quiet: bool, **options: Any) -> None:
            if verbose and quiet:
                raise click.UsageError("--verbose and --quiet exclude each other; give one of them.")
            _run(name, thing, lambda: work(**options), as_json=as_json, kestra=kestra, verbose=verbose, quiet=quiet)

        return run

    return decorate


def _run(
    name: str, thing: str, work: Callable[[], Result], *, as_json: bool, kestra: bool, verbose: bool, quiet: bool
) -> None:
    """Run a command and end the process with its exit code; every failure is one sentence."""
    printer = Printer(as_json=as_json, kestra=kestra or wants_kestra(os.environ))
    try:
        log.set_up(os.environ, verbose=verbose, quiet=quiet)
        with log.progress(name, thing, bar=not (as_json or quiet)):
            result = work()
    except SyncError as error:
        result = Result(name, str(error), error.exit_code)
    except KeyboardInterrupt:
        result = Result(name, "Interrupted; what Monday confirmed is kept, the rest stays staged.", 1)
    except Exception as error:
        if os.environ.get("SYNC_DEBUG"):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        result = Result(
            name,
            f"An unexpected {type(error).__name__} at {place} ended the command; what Monday confirmed is kept."
            " Run it again with SYNC_DEBUG=1 and report the traceback.",
            1,
        )
    result.warnings = log.warnings()
    try:
        if as_json and result.exit_code:
            log.say("failed", result.message, logging.ERROR, command=name, exit_code=result.exit_code)
        printer.show(result)
    except (OSError, SystemExit):  # the terminal or the reader is gone (rich exits then); the exit code still tells
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
    sys.exit(result.exit_code)


def _heed_signals() -> threading.Event:
    """Return what SIGTERM, SIGINT and SIGHUP set; a SIGHUP that is ignored, as by nohup, stays ignored."""
    stop = threading.Event()
    numbers = [signal.SIGTERM, signal.SIGINT]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # Windows has none
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, lambda *_: stop.set())
    return stop


_WAIT = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    is_flag=False,
    flag_value=600.0,
    metavar="[SECONDS]",
    help="Wait for a DuckDB file that another process holds (600 s where no number is given).",
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="sync")
def main() -> None:
    """Keeps a Monday.com board equal to the orders that dbt staged."""


@main.command()
@_command("migrate")
def migrate() -> Result:
    """Create the tables that sync writes, or bring them up to date."""
    from sync.migrate import migrate

    return migrate(os.environ)


@main.group()
def board() -> None:
    """Check the board against the mapping, and make it fit."""


@board.command("check")
@_command("board check")
def board_check() -> Result:
    """Say whether the board fits the mapping; changes nothing."""
    from sync.commands.board import check

    return check(os.environ)


@board.command("create-columns")
@_command("board create-columns")
def board_create_columns() -> Result:
    """Create the mapped columns that the board lacks."""
    from sync.commands.board import create_columns

    return create_columns(os.environ)


@board.command("adopt")
@click.option("--yes", is_flag=True, help="Take them over; without it nothing is changed.")
@_command("board adopt")
def board_adopt(yes: bool) -> Result:
    """Take over items that stand for a staged order already, instead of making them again."""
    from sync.commands.adopt import adopt

    return adopt(os.environ, yes=yes, stop=_heed_signals())


@main.command()
@click.option(
    "--batch",
    is_flag=False,
    flag_value=EVERYTHING,
    default=None,
    metavar="[BATCH_ID]",
    callback=given,
    help="Everything staged, or the batch of this id.",
)
@click.option("--customer", callback=given, help="Only this customer (source or canonical name).")
@click.option("--po", callback=given, help="Only this PO NUMBER.")
@click.option("--aag-season", callback=given, help="Only this AAG SEASON.")
@click.option("--customer-season", callback=given, help="Only this CUSTOMER SEASON.")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many orders.")
@click.option("--skip-subitems", is_flag=True, help="Leave the sizes staged.")
@click.option("--workers", type=click.IntRange(1, 40), help="Requests in flight at once (default 4).")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    default=95.0,
    show_default=True,
    metavar="PERCENT",
    help="Exit 3 where fewer of the rows tried got through.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen and what it would cost; send nothing.")
@_WAIT
@_command("push")
def push(
    batch: str | None,
    customer: str | None,
    po: str | None,
    aag_season: str | None,
    customer_season: str | None,
    **options: Any,
) -> Result:
    """Push what is staged to the board: everything or one batch (--batch), or a selection (the filters)."""
    from sync.commands.push import Options, push

    selection = Selection(None if batch == EVERYTHING else batch, customer, po, aag_season, customer_season)
    if batch is None and not selection.targeted:
        raise UsageError(
            "push needs --batch (everything staged, or one BATCH_ID) or a filter: --customer, --po, --aag-season,"
            " --customer-season; nobody pushes everything by accident."
        )
    return push(os.environ, Options(selection, **options), stop=_heed_signals())


@main.command()
@click.option("--customer", callback=given, help="Only orders of this customer (source or canonical name).")
@click.option("--po", callback=given, help="Only orders of this PO NUMBER.")
@_WAIT
@_command("pull", "item")
def pull(customer: str | None, po: str | None, wait: float) -> Result:
    """Land the board in the database, with every column of planners and factory."""
    from sync.commands.pull import Options, pull

    return pull(os.environ, Options(Selection(customer=customer, po=po), wait), progress=log.PROGRESS.count)


@main.command()
@click.option("--customer", callback=given, help="Only findings of this customer (source or canonical name).")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Show at most this many findings of each class.",
)
@click.option("--csv", metavar="FILE", help="Write all findings to a CSV file.")
@click.option("--ignore-unknown", is_flag=True, help="Items that the database never heard of are no disagreement.")
@click.option("--repair", is_flag=True, help="Put the confirmed state right, so that the next build stages the rest.")
@click.option(
    "--max-percent",
    type=click.FloatRange(0, 100),
    default=5.0,
    show_default=True,
    metavar="PERCENT",
    help="Repair nothing where more than 10 orders and more than this share of them need it.",
)
@_WAIT
@_command("audit", "item")
def audit(**options: Any) -> Result:
    """Compare the board with the database: missing, double, differing and unknown items."""
    from sync.commands.audit import Options, audit

    return audit(os.environ, Options(**options), progress=log.PROGRESS.count)


@main.command()
@click.option("--all", "everything", is_flag=True, help="Show each batch, error and blank cell besides.")
@_command("status")
def status(everything: bool) -> Result:
    """Show on one screen what runs, what was pushed last, what waits, and what is held back."""
    from sync.commands.status import status

    return status(os.environ, everything=everything)


@main.command()
@click.argument("wanted", metavar="KEY_OR_NUMBER", callback=given)
@_command("order")
def order(wanted: str) -> Result:
    """Show one order from the source to the board, by its number, key, item id or item name."""
    from sync.commands.order import order

    return order(os.environ, wanted)


@main.command()
@click.option("--batch", metavar="BATCH_ID", callback=given, help="Only errors of this batch.")
@click.option("--customer", callback=given, help="Only errors of this customer.")
@_command("retry")
def retry(batch: str | None, customer: str | None) -> Result:
    """Make rejected and dead-lettered rows due again; the next build stages them."""
    from sync.commands.status import retry

    return retry(os.environ, batch, customer)


@main.command()
@click.option("--batch", metavar="BATCH_ID", callback=given, help="The batch; without it the last one that ended.")
@click.option("--run", "whole_run", is_flag=True, help="All batches of the run that pushed the batch, on one page.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to; by default reports/BATCH_ID.html in the working directory.",
)
@_command("report")
def report(batch: str | None, whole_run: bool, output: Path | None) -> Result:
    """Write one batch as a page to look at."""
    from sync.commands.report import report

    return report(os.environ, batch, output, whole_run=whole_run)
