#!/bin/sh
# Writes requirements.lock (what a scheduled run needs) and requirements-dev.lock (that, and what tests need) from
# pyproject.toml: every package with its exact version and the hashes of its files, for every platform and Python >= 3.11.
# Versions already locked are kept; UPGRADE=1 takes the newest that pyproject.toml allows. `make lock` calls it.
set -eu
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"${PYTHON:-python3}" -m venv "$tools/venv"
"$tools/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv==0.13.9

compile() {
    lock=$1
    shift
    "$tools/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --custom-compile-command 'make lock' ${UPGRADE:+--upgrade} "$@" --output-file "$lock" pyproject.toml
}
compile requirements-dev.lock --group dev
# The smaller list is a part of the larger one, to the version.
compile requirements.lock --constraint requirements-dev.lock
