#!/bin/sh
# Makes .venv hold exactly what requirements-dev.lock names. Does nothing when it already does; `make install` calls it.
# PYTHON names the interpreter (default python3, 3.11 or later).
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
lock=requirements-dev.lock
venv=$PWD/.venv

fail() {
    printf 'make install: %s\n' "$1" >&2
    exit 1
}

# A virtual environment that was moved starts its programs from the old place, so the place is part of the question.
if [ "$(cat "$venv/installed.at" 2>/dev/null)" = "$venv" ] \
    && cmp -s "$lock" "$venv/installed.lock" \
    && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

command -v "$python" >/dev/null 2>&1 \
    || fail "there is no $python here; install Python 3.11 or later, or name one: make install PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "$("$python" --version) is too old; name a Python of 3.11 or later: make install PYTHON=/path/to/python3"
"$python" -c 'import ensurepip, venv' 2>/dev/null \
    || fail "$python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv"

printf 'Installing %s packages into .venv (about a minute, once) …\n' "$(grep -c '^[a-z0-9].*==' "$lock")"
# A link may lead to the environment of another clone, which is not ours to clear.
if [ -L "$venv" ]; then rm "$venv"; fi
"$python" -m venv --clear "$venv" || fail "the virtual environment could not be made in $venv; the lines above say why"
# The lock is complete, so there is nothing to resolve; --quiet twice, for pip warns of things that are no concern here.
"$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
    --no-compile --requirement "$lock" \
    || fail "the packages could not be installed; the lines above say why (is a package registry reachable?)"
# pip compiles on one core; what isn't Python in spite of its name is no concern here.
"$venv/bin/python" -m compileall -qq -j 0 "$venv/lib" || true
# `sync` from any folder, as `python -m sync` from the repository's.
cat >"$venv/bin/sync" <<EOF
#!/bin/sh
PYTHONPATH="$PWD\${PYTHONPATH:+:\$PYTHONPATH}" exec "$venv/bin/python" -m sync "\$@"
EOF
chmod +x "$venv/bin/sync"
cp "$lock" "$venv/installed.lock"
printf '%s\n' "$venv" >"$venv/installed.at"
