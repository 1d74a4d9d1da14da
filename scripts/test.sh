#!/bin/sh
# Makes a test environment (.dev-venv) and runs every check: format, lint, types, import contracts, build, tests.
# Needs a Python >= 3.10 and the network, as pip is configured for it. Arguments go to pytest:
#   scripts/test.sh -k lock        scripts/test.sh -m slow        PYTHON=python3.10 scripts/test.sh
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/environment.sh
. "$root/scripts/environment.sh"
cd -- "$root"

# The last line of a run is always a count, also where no test was reached.
stop() {
    echo "scripts/test.sh stopped at the stage '$1'" >&2
    echo "0 passed, 1 failed"
    exit 1
}

stage() {
    name=$1
    shift
    echo "== $name"
    "$@" || stop "$name"
}

# pip, and not uv, installs the tools: pip knows the mirrors, certificates and proxies of whoever runs this.
fill() {
    "$env_python" -m pip install --disable-pip-version-check --quiet --require-hashes \
        -r scripts/constraints.txt || return 1
    "$env_python" -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
}

build_both() {
    built=$(mktemp -d) || return 1
    "$env_python" -m build --no-isolation --outdir "$built" . >"$built/log" 2>&1 || {
        cat "$built/log"
        rm -rf -- "$built"
        return 1
    }
    rm -rf -- "$built"
}

venv=$root/.dev-venv
stage environment make_environment "$venv" scripts/constraints.txt pyproject.toml
# The tools are also found by name, as in an activated environment.
PATH=$venv/bin:$PATH
export PATH
stage format ruff format --check .
stage lint ruff check .
stage types mypy
stage contracts lint-imports
stage build build_both
echo "== tests"
# As many processes as there are processors, at the most four: more of them would only disturb what is timed.
exec "$env_python" -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal "$@"
