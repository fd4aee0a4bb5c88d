"""The project as a whole, read from dbt's manifest: descriptions, keys, unit tests, names, references, exposure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.models.offline import PACKAGE, ROOT

Node = dict[str, Any]
Manifest = dict[str, Any]

# Folder of a model -> how its name begins.
PREFIXES = {"staging": "stg_", "intermediate": "int_", "monday": "stg_mon_", "board": ("stg_mon_", "vw_mon_")}
VARIABLE = re.compile(r"""\bvar\(\s*["'](\w+)""")
# Engines differ in macros alone, by dispatch.
ENGINE = re.compile(r"target\s*\.\s*type|target\s*\[|adapter\s*\.\s*type|by_engine|adapter\s*\.\s*dispatch")


def nodes(manifest: Manifest, *kinds: str) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] in kinds]


def models(manifest: Manifest) -> list[Node]:
    return nodes(manifest, "model")


def attached_tests(manifest: Manifest, node: Node) -> Iterator[Node]:
    for test in nodes(manifest, "test"):
        if test.get("attached_node") == node["unique_id"]:
            yield test


def sql_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.sql"))


def test_everything_is_described(manifest: Manifest) -> None:
    described = [*nodes(manifest, "model", "seed", "snapshot", "analysis"), *manifest["sources"].values()]
    described += [*manifest["exposures"].values(), *manifest["unit_tests"].values()]
    silent = [node["unique_id"] for node in described if not node["description"].strip()]
    silent += [
        f"{node['unique_id']}.{column['name']}"
        for node in [*nodes(manifest, "model", "seed", "snapshot"), *manifest["sources"].values()]
        for column in node["columns"].values()
        if not column["description"].strip()
    ]
    assert silent == []


def test_every_model_tells_its_grain(manifest: Manifest) -> None:
    for node in nodes(manifest, "model", "seed"):
        assert re.search(r"(One row|one row|row in all)[^.]*\.\s*$", node["description"]), node["name"]


def test_every_macro_is_described(manifest: Manifest) -> None:
    own = [macro for macro in manifest["macros"].values() if macro["package_name"] == PACKAGE]
    # The forms that a macro dispatches to are described by it.
    public = [macro for macro in own if not re.match("default__|sqlserver__", macro["name"])]
    assert [macro["name"] for macro in public if not macro["description"].strip()] == []


def test_dispatched_macros_have_a_default(manifest: Manifest) -> None:
    own = {macro["name"] for macro in manifest["macros"].values() if macro["package_name"] == PACKAGE}
    for name in sorted(own):
        if name.startswith("sqlserver__") and name.removeprefix("sqlserver__") in own:
            assert f"default__{name.removeprefix('sqlserver__')}" in own


def is_key_test(test: Node) -> bool:
    metadata = test.get("test_metadata") or {}
    return metadata.get("name") in {"primary_key", "unique", "unique_combination"}


def not_null_columns(manifest: Manifest, node: Node) -> set[str]:
    found = {
        column["name"]
        for column in node["columns"].values()
        if any(constraint["type"] == "not_null" for constraint in column.get("constraints", []))
    }
    for test in attached_tests(manifest, node):
        if (test.get("test_metadata") or {}).get("name") == "not_null":
            found.add(test["column_name"])
    return found


def test_every_primary_key_is_unique_and_never_null(manifest: Manifest) -> None:
    lacking = []
    for node in nodes(manifest, "model", "seed"):
        never_null = not_null_columns(manifest, node)
        keys = []
        for test in filter(is_key_test, attached_tests(manifest, node)):
            metadata = test["test_metadata"]
            columns = metadata["kwargs"].get("columns") or [test["column_name"]]
            keys.append(metadata["name"] == "primary_key" or set(columns) <= never_null)
        if not any(keys):
            lacking.append(node["name"])
    assert lacking == []


def test_every_model_has_a_unit_test(manifest: Manifest) -> None:
    tested = {test["depends_on"]["nodes"][0].rsplit(".", 1)[-1] for test in manifest["unit_tests"].values()}
    assert {node["name"] for node in models(manifest)} - tested == set()


def variables(manifest: Manifest, node: Node, overridden: Iterable[str] = ()) -> set[str]:
    """The variables that a node or macro reads, itself or through macros of ours that a unit test leaves in place."""
    found = set(VARIABLE.findall(node.get("raw_code") or node.get("macro_sql") or ""))
    for unique_id in node["depends_on"]["macros"]:
        if unique_id.startswith(f"macro.{PACKAGE}.") and unique_id.removeprefix("macro.") not in overridden:
            found |= variables(manifest, manifest["macros"][unique_id], overridden)
    return found


def test_every_unit_test_says_which_variables_it_stands_on(manifest: Manifest) -> None:
    """Otherwise it stands on the project's, and fails whoever sets them."""
    silent = {}
    for test in manifest["unit_tests"].values():
        overrides = test["overrides"] or {}
        model = manifest["nodes"][test["depends_on"]["nodes"][0]]
        read = variables(manifest, model, overrides.get("macros", {}))
        if read != set(overrides.get("vars", {})):
            silent[test["name"]] = f"overrides: vars: must name {sorted(read)}, and no other"
    assert silent == {}


def test_names_and_folders(manifest: Manifest) -> None:
    for node in models(manifest):
        folder = Path(node["original_file_path"]).parts[1]
        assert node["name"].startswith(PREFIXES[folder]), node["original_file_path"]
        assert node["name"] == node["name"].lower()
        described_in = Path(node["patch_path"].split("://")[1])
        assert described_in == Path(node["original_file_path"]).with_suffix(".yml")


def test_data_tests_name_the_harm_they_prevent() -> None:
    for path in sql_files("tests/dbt"):
        text = path.read_text(encoding="utf-8").lstrip()
        assert text.startswith(("-- ", "{#")), f"{path.name}: begin with the harm that the test prevents"


def test_findings_in_the_source_warn_and_the_rest_fails(manifest: Manifest) -> None:
    for test in nodes(manifest, "test"):
        about_source = test["original_file_path"].startswith("tests/dbt/source/")
        about_seeds = test["original_file_path"].startswith("tests/dbt/seeds/")
        assert test["config"]["severity"].lower() == ("warn" if about_source else "error"), test["name"]
        assert bool(test["config"]["store_failures"]) is (about_source or about_seeds), test["name"]


@pytest.mark.parametrize("folder", ["models", "tests/dbt"])
def test_no_table_is_named_directly(folder: str) -> None:
    for path in sql_files(folder):
        text = re.sub(
            r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|--[^\n]*", " x ", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        ctes = set(re.findall(r"(\w+) as \(", text))
        for name in re.findall(r"\b(?:from|join)\s+([\w.\"]+)", text):
            assert name in ctes | {"x"}, f"{path.name} reads {name} without ref() or source()"


def test_models_ask_for_no_engine() -> None:
    for folder in ("models", "tests/dbt", "dbt_project"):
        for path in sql_files(folder):
            assert not ENGINE.search(path.read_text(encoding="utf-8")), path.name


def test_the_board_hangs_on_public_tables(manifest: Manifest) -> None:
    (exposure,) = manifest["exposures"].values()
    parents = [manifest["nodes"][unique_id] for unique_id in exposure["depends_on"]["nodes"]]
    aliases = {parent["alias"] for parent in parents}
    assert {"STG_MON_CustMasterSchedule", "STG_MON_CustMasterSchedule_Subitems"} <= aliases
    for parent in parents:
        assert parent["access"] == "public", parent["name"]
        assert parent["config"]["materialized"] == "table", parent["name"]
        assert parent["contract"]["enforced"] is True, parent["name"]
        assert parent["group"] == "monday_push", parent["name"]
        assert all(column["data_type"] for column in parent["columns"].values()), parent["name"]
    others = [node for node in models(manifest) if node not in parents]
    assert [node["name"] for node in others if node["access"] == "public"] == []


def test_only_the_lowest_layer_reads_the_source(manifest: Manifest) -> None:
    for node in models(manifest):
        if any(".erp." in unique_id for unique_id in node["depends_on"]["nodes"]):
            assert node["name"].startswith("stg_erp__"), node["name"]


def test_nobody_reads_a_source_that_is_not_declared_and_none_is_idle(manifest: Manifest) -> None:
    read = {unique_id for node in models(manifest) for unique_id in node["depends_on"]["nodes"]}
    assert set(manifest["sources"]) - read == set()
    assert {node["unique_id"] for node in nodes(manifest, "seed")} - read == set()


def test_no_package_is_needed() -> None:
    packages = ROOT / "packages.yml"
    assert not packages.exists() or "package:" not in packages.read_text(encoding="utf-8")
