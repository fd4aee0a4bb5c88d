"""Reads the connection that dbt uses: the same ``profiles.yml``, profile and target."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.nativetypes import NativeEnvironment
from jinja2.sandbox import SandboxedEnvironment

from sync.errors import ConfigurationError
from sync.settings import PROJECT_ROOT


class _Environment(SandboxedEnvironment, NativeEnvironment):
    """Jinja as profiles use it: sandboxed, and giving back numbers and booleans, not only text."""


def _identity(value: Any) -> Any:
    return value


def _as_bool(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).strip().lower() in {"true", "1", "yes", "on"}


def _as_number(value: Any) -> int | float:
    text = str(value)
    return float(text) if "." in text else int(text)


def _renderer(env: Mapping[str, str]) -> _Environment:
    def env_var(name: str, default: str | None = None) -> str:
        value = env.get(name, default)
        if value is None:
            raise ConfigurationError(f"{name} is not set, and profiles.yml needs it; set the environment variable.")
        return value

    jinja = _Environment(undefined=StrictUndefined)
    jinja.globals.update(env_var=env_var, var=lambda name, default=None: default)
    jinja.filters.update(as_bool=_as_bool, as_number=_as_number, as_native=_identity, as_text=str)
    return jinja


def _render(node: Any, jinja: _Environment) -> Any:
    if isinstance(node, dict):
        return {key: _render(value, jinja) for key, value in node.items()}
    if isinstance(node, list):
        return [_render(value, jinja) for value in node]
    if isinstance(node, str) and "{" in node:
        return jinja.from_string(node).render()
    return node


def _find_profiles(env: Mapping[str, str], root: Path) -> Path:
    named = env.get("DBT_PROFILES_DIR", "").strip()
    folders = [Path(named)] if named else [Path.cwd(), root, Path.home() / ".dbt"]
    for folder in folders:
        if (folder / "profiles.yml").is_file():
            return folder / "profiles.yml"
    raise ConfigurationError(
        "No profiles.yml was found; run in the repository root or set DBT_PROFILES_DIR to the folder that holds it."
    )


def read_profile(env: Mapping[str, str] | None = None, root: Path = PROJECT_ROOT) -> dict[str, Any]:
    """The rendered output (connection) of the profile and target that dbt would use.

    Only the chosen target is rendered, so that variables of the other one may be unset.
    """
    env = os.environ if env is None else env
    path = _find_profiles(env, root)
    try:
        project = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
        profile = yaml.safe_load(path.read_text(encoding="utf-8"))[project["profile"]]
        jinja = _renderer(env)
        target = env.get("DBT_TARGET", "").strip() or str(_render(profile.get("target", "default"), jinja))
        outputs = profile["outputs"]
        if target not in outputs:
            known = ", ".join(sorted(outputs))
            raise ConfigurationError(f"DBT_TARGET names no target of {path.name}; choose one of: {known}.")
        rendered: dict[str, Any] = _render(outputs[target], jinja)
    except (OSError, KeyError, TypeError, yaml.YAMLError, TemplateError, ValueError) as error:
        raise ConfigurationError(
            f"{path.name} can't be used ({type(error).__name__}); correct it, or compare with `dbt debug`."
        ) from error
    return rendered
