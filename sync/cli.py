"""Run ``python -m sync``: parse the command line, show results, turn errors into exit codes."""

import io
import math
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from sync import __version__, log
from sync.errors import SyncError, UsageError
from sync.output import Result, show
from sync.push.staged import Selection

JSON_OPTION, KESTRA_OPTION = "--json", "--kestra"
# Invisible characters, which no cleaned cell holds (dbt's macro invisible_codes) and a pasted value may.
UNSEEN = dict.fromkeys(
    [173, 847, 1564, 6158, 8203, 8206, 8207, *range(8234, 8239), *range(8288, 8304), 65279, *range(65529, 65532)]
)
EVERYTHING = "\0"
"""What ``push --batch`` alone stands for: a value that nobody can give, so that no blank one can mean it."""


def refusal(error: click.ClickException, words: Sequence[str]) -> Result:
    """Say what the parser refused of the words, and where to look it up. Pure."""
    plain = [word for word in words if not word.startswith("-")]
    names = (" ".join(plain[:length]) for length in (2, 1))  # board check, board
    command = next((name for name in names if name in COMMANDS or name == board.name), "")
    said = " ".join(error.format_message().split())
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        said = "A command is missing."
    elif isinstance(error, click.NoSuchOption) and error.option_name in (JSON_OPTION, KESTRA_OPTION):
        said = f"A command is missing, or stands behind {error.option_name} instead of before it."
    said += "" if said.endswith((".", "?", "!")) else "."
    help_ = " ".join(filter(None, ["python -m sync", command, "--help"]))
    return Result(command or "sync", f"{said} `{help_}` lists what can be said.", error.exit_code)


def given(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Return the value of an option, trimmed; refuse a blank one, for a filter would leave nothing out.

    Nor is an option taken for a value: the value itself was forgotten then.
    """
    if value is None or value == EVERYTHING:
        return value
    text, name = value.translate(UNSEEN).strip(), option.opts[0]
    if not text:
        raise click.BadParameter(
            f"it is blank; give a value{'' if isinstance(option, click.Argument) else f', or leave {name} away'}.",
            context,
            option,
        )
    if text.startswith("--"):
        raise click.BadParameter(f"{text!r} is an option; give {name} a value of its own.", context, option)
    return text


@contextmanager
def _to_any_reader() -> Iterator[None]:
    """Write letters that the output's encoding lacks as escapes, and go on where its reader is gone (rich exits then).

    The exit code still tells what was done.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield
        for stream in filter(None, (sys.stdout, sys.stderr)):  # at the end of the process its failure would be the code
            stream.flush()
    except (OSError, SystemExit):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            os.dup2(nowhere, number)


class _Command(click.Command):
    # click itself takes the last of several values, so that a filter would be left out unseen
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        *_, order = self.make_parser(ctx).parse_args([*args])
        for option in order:
            if order.count(option) > 1 and not (isinstance(option, click.Option) and option.is_flag):
                raise click.BadParameter("it is given more than once; give one value.", ctx, option)
        return super().parse_args(ctx, args)


class Commands(click.Group):
    """The commands; where the parser gives up, ``--json`` and Kestra get what they get of any other failure."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command that the words name, and end the process."""
        words = sys.argv[1:] if options.get("args") is None else list(options["args"])
        try:
            code = super().main(*args, **options | {"standalone_mode": False})
        except click.ClickException as error:
            said = refusal(error, words)
            # The options may stand behind the word that stopped the parser, so the words themselves are asked.
            as_json = JSON_OPTION in words
            kestra = KESTRA_OPTION in words or bool(os.environ.get("KESTRA_EXECUTION_ID"))
            with _to_any_reader():
                if os.environ.get("SYNC_LOG_FORMAT", "").strip().lower() == "json":
                    log.set_up({"SYNC_LOG_FORMAT": "json"})  # a failure is said at every level, also at one misspelt
                    log.failed(said)
                else:
                    error.show()
                if as_json or kestra:
                    show(said, as_json=as_json, kestra=kestra)
            code = error.exit_code
        except click.Abort:
            print("Stopped by the keyboard.", file=sys.stderr)
            code = 130
        sys.exit(code if isinstance(code, int) else 0)


def _call(name: str, **options: Any) -> Any:
    """Carry a command out by the function of its last word; its module is imported now, for each needs some alone."""
    if name == "push":
        from sync.push.summary import Options

        batch, *filters = (options.pop(each) for each in ("batch", "customer", "po", "aag_season", "customer_season"))
        selection = Selection(None if batch == EVERYTHING else batch, *filters)
        if batch is None and not selection.targeted:
            raise UsageError(
                "push needs --batch (everything staged, or one BATCH_ID) or a filter: --customer, --po, --aag-season,"
                " --customer-season; nobody pushes everything by accident."
            )
        options = {"options": Options(selection, **options)}
    if name in STOPPABLE:
        options["stop"] = stop = threading.Event()
        for each in ("SIGTERM", "SIGINT", "SIGHUP"):
            number = getattr(signal, each, None)  # Windows has no SIGHUP
            # a SIGHUP that is ignored, as by nohup, stays ignored
            if number and (each != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN):
                signal.signal(number, lambda *_: stop.set())
    module = import_module(f"sync.{COMMANDS[name][0]}")
    return getattr(module, name.rpartition(" ")[2].replace("-", "_"))(os.environ, **options)


def _option(name: str, help: str, **settings: Any) -> click.Option:  # noqa: A002
    return click.Option(name.split(), help=help, **settings)


class _Number(click.FloatRange):
    """A number of a range; "nan", which is beyond no limit, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        return self.fail(f"{value!r} is no number.", param, ctx) if math.isnan(number) else number


_flag = partial(_option, is_flag=True)
_text = partial(_option, callback=given)
WAIT = _option(
    "--wait",
    "Wait for a DuckDB file that another process holds (600 s where no number is given).",
    type=_Number(min=0),
    default=0.0,
    is_flag=False,
    flag_value=600.0,
    metavar="[SECONDS]",
)
MOST = 1_000_000_000  # rows that may be asked for
SHARES = {"type": _Number(0, 100), "show_default": True, "metavar": "PERCENT"}
COMMON = (
    _flag(f"{JSON_OPTION} as_json", "Print one JSON object on stdout."),
    _flag(KESTRA_OPTION, "Print Kestra's output line besides."),
    _flag("--verbose", "Log each request to Monday."),
    _flag("--quiet", "Print the result alone: no log, no progress."),
)
"""Options of every command."""

COMMANDS: dict[str, tuple[str, str, tuple[click.Parameter, ...]]] = {
    "migrate": ("migrate", "Create the tables that sync writes, or bring them up to date.", ()),
    "board check": (
        "commands.board",
        "Say whether the board fits the mapping; changes nothing.",
        (),
    ),
    "board create-columns": (
        "commands.board",
        "Create the mapped columns that the board lacks.",
        (),
    ),
    "board adopt": (
        "commands.adopt",
        "Take over items that stand for a staged order already, instead of making them again.",
        (_flag("--yes", "Take them over; without it nothing is changed."),),
    ),
    "push": (
        "commands.push",
        "Push what is staged to the board: everything or one batch (--batch), or a selection (the filters).",
        (
            _text(
                "--batch",
                "Everything staged, or the batch of this id.",
                is_flag=False,
                flag_value=EVERYTHING,
                metavar="[BATCH_ID]",
            ),
            _text("--customer", "Only this customer (source or canonical name)."),
            _text("--po", "Only this PO NUMBER."),
            _text("--aag-season", "Only this AAG SEASON."),
            _text("--customer-season", "Only this CUSTOMER SEASON."),
            _option("--limit", "At most this many orders.", type=click.IntRange(1, MOST)),
            _flag("--skip-subitems", "Leave the sizes staged."),
            _option("--workers", "Requests in flight at once (default 4).", type=click.IntRange(1, 40)),
            _option("--fail-under", "Exit 3 where fewer of the rows tried got through.", default=95.0, **SHARES),
            _flag("--dry-run", "Say what would happen and what it would cost; send nothing."),
            WAIT,
        ),
    ),
    "pull": (
        "commands.pull",
        "Land the board in the database, with every column of planners and factory.",
        (
            _text("--customer", "Only orders of this customer (source or canonical name)."),
            _text("--po", "Only orders of this PO NUMBER."),
            WAIT,
        ),
    ),
    "audit": (
        "commands.audit",
        "Compare the board with the database: missing, double, differing and unknown items.",
        (
            _text("--customer", "Only findings of this customer (source or canonical name)."),
            _option(
                "--limit",
                "Show at most this many findings of each class.",
                type=click.IntRange(0, MOST),
                default=20,
                show_default=True,
            ),
            _text("--csv", "Write all findings to this CSV file.", metavar="FILE"),
            _flag("--ignore-unknown", "Leave items that the database doesn't know out of the exit code."),
            _flag("--repair", "Put the confirmed state right, so that the next build stages the rest."),
            _option(
                "--max-percent",
                "Repair nothing where more than 10 orders and more than this share of them need it.",
                default=5.0,
                **SHARES,
            ),
            WAIT,
        ),
    ),
    "status": (
        "commands.status",
        "Show on one screen what runs, what was pushed last, what waits, and what is held back.",
        (_flag("--all everything", "Show each batch, error and blank cell besides."),),
    ),
    "order": (
        "commands.status",
        "Show one order from the source to the board, by its number, key, item id or item name.",
        (click.Argument(["wanted"], metavar="KEY_OR_NUMBER", callback=given),),
    ),
    "retry": (
        "commands.status",
        "Make rejected and dead-lettered rows due again; the next build stages them.",
        (
            _text("--batch", "Only errors of this batch.", metavar="BATCH_ID"),
            _text("--customer", "Only errors of this customer."),
        ),
    ),
    "report": (
        "commands.report",
        "Write one batch as an HTML page.",
        (
            _text("--batch", "The batch; without it the last one that ended.", metavar="BATCH_ID"),
            _flag("--run whole_run", "All batches of the run that pushed the batch, on one page."),
            _text("--output", "Where to; by default reports/BATCH_ID.html in the working directory.", metavar="FILE"),
        ),
    ),
}
"""The module of each command, its help, and its own options."""
STOPPABLE = ("push", "board adopt")
"""Commands that end in good order where a signal asks them to."""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="sync")
def main() -> None:
    """Keeps a Monday.com board equal to the orders that dbt staged."""


@main.group()
def board() -> None:
    """Check the board against the mapping, and make it fit."""


def _run(name: str, *, as_json: bool, kestra: bool, verbose: bool, quiet: bool, **options: Any) -> None:
    """Run a command and end the process with its exit code; every failure is one sentence."""
    if verbose and quiet:
        raise click.UsageError("--verbose and --quiet exclude each other; give one of them.")
    try:
        log.set_up(os.environ, verbose=verbose, quiet=quiet)
        with log.progress(name, "item" if name in ("pull", "audit") else "row", bar=not (as_json or quiet)):
            result: Result = _call(name, **options)
    except SyncError as error:
        result = Result(name, str(error), error.exit_code)
    except KeyboardInterrupt:
        result = Result(name, "Interrupted; what Monday confirmed is kept, the rest stays staged.", 1)
    except Exception as error:
        if os.environ.get("SYNC_DEBUG"):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        result = Result(
            name,
            f"An unexpected {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno} ended the command;"
            " what Monday confirmed is kept. Run it again with SYNC_DEBUG=1 and report the traceback.",
            1,
        )
    result.warnings = list(log.LINES.warnings)
    with _to_any_reader():
        if as_json and result.exit_code:
            log.failed(result)
        show(result, as_json=as_json, kestra=kestra or bool(os.environ.get("KESTRA_EXECUTION_ID")))
    sys.exit(result.exit_code)


for _name, (_, _help, _params) in COMMANDS.items():
    _group, _, _word = _name.rpartition(" ")
    (board if _group else main).add_command(
        _Command(_word, callback=partial(_run, _name), params=[*_params, *COMMON], help=_help)
    )
