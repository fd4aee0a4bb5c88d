"""Report a command line that can't be parsed as every other failure: to people, programs and Kestra alike."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from sync.output import Printer, Result

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
            error.show()
            # The options may stand behind the word that stopped the parser, so the words themselves are asked.
            as_json, kestra = JSON_OPTION in words, KESTRA_OPTION in words or wants_kestra(os.environ)
            if as_json or kestra:
                Printer(as_json=as_json, kestra=kestra).show(refusal(error, command_in(words, self)))
            sys.exit(error.exit_code)
        except click.Abort:
            if not standalone_mode:
                raise
            print("Stopped by the keyboard.", file=sys.stderr)
            sys.exit(130)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code
