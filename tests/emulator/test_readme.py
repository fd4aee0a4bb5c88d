"""README.md of the emulator names every option, switch, effect, field and control address, and its examples work."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from emulator import control, switches
from emulator.__main__ import parser
from emulator.config import Config
from emulator.faults import EFFECTS, Fault
from emulator.server import running
from emulator.store import State

README = (Path(__file__).parents[2] / "emulator" / "README.md").read_text(encoding="utf-8")


def rows(heading: str, first: str) -> dict[str, list[str]]:
    """The rows of the table under a heading whose first column is titled so, by what stands in backquotes there."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = section.split(f"| {first} |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]
    return {row[0].strip("`| "): row[1:] for row in cells}


def test_every_option_is_there() -> None:
    known = {action.option_strings[-1] for action in parser()._actions} - {"--help"}
    assert {name.split()[0] for name in rows("Options", "option")} == known


def test_every_switch_is_there_with_its_default_choices_and_meaning() -> None:
    told = rows("Switches", "switch")
    assert set(told) == {each.name for each in switches.names()}
    for each in switches.names():
        default, takes, meaning = told[each.name]
        shown = ("on" if each.default else "off") if isinstance(each.default, bool) else str(each.default)
        assert default == f"`{shown}`", each.name
        assert re.findall("`([^`]+)`", takes) == list(
            each.metadata["choices"] or (["on", "off"] * isinstance(each.default, bool))
        )
        assert meaning.strip("| ") == each.metadata["help"]


@pytest.mark.parametrize("each", switches.names(), ids=lambda each: each.name)
def test_every_switch_takes_what_it_says_and_is_used(each: Any) -> None:
    for choice in each.metadata["choices"]:
        assert getattr(switches.with_settings(switches.Switches(), {each.name: choice}), each.name) == choice
    source = [
        path.read_text(encoding="utf-8")
        for path in Path(switches.__file__).parent.glob("*.py")
        if path.name != "switches.py"
    ]
    assert any(f"switches.{each.name}" in text for text in source)


def test_every_effect_and_every_field_of_a_fault_is_there() -> None:
    assert list(rows("Faults", "effect")) == list(EFFECTS)
    section = README.split("\n## Faults\n")[1].split("\n## ")[0]
    for each in fields(Fault):
        assert f"`{each.name}`" in section or f'"{each.name}"' in section, each.name


def test_every_control_address_is_there() -> None:
    assert set(rows("Control", "request")) == {f"{method} {path}" for method, path in control._ACTS}


def test_the_examples_work() -> None:
    [rules] = re.findall("```json\n(.*?)```", README, re.DOTALL)
    assert [Fault.read(rule).effect for rule in json.loads(rules)] == ["drop_after", "refuse", "cut_after"]
    [code] = re.findall("```python\n(.*?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    for name in re.findall(r"`(\w+_(?:item|group|column))`", README.split("## In a test")[1].split("\n## ")[0]):
        assert hasattr(State, name), name
    with running(Config()) as monday:
        assert monday.url.endswith("/v2")
