#!/bin/sh
# From a fresh clone to a proven environment in one command:
#   ./scripts/bootstrap.sh [-- arguments of `gpuenv install`]
# gpuenv gets an environment of its own (.gpuenv-tool in the checkout), with uv, through pip as it is configured here.
# Then `gpuenv install --target auto --venv .venv` makes .venv in the current folder, or mends it.
# Needs a Python >= 3.10 (PYTHON=... chooses one) and the network.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/environment.sh
. "$root/scripts/environment.sh"

case ${1-} in
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"
        exit 0
        ;;
    --) shift ;;
esac

# Editable: after `git pull` the command is the new one.
fill() {
    "$env_python" -m pip install --disable-pip-version-check --quiet --editable "$root"
}

make_environment "$root/.gpuenv-tool" "$root/pyproject.toml"
exec "$env_python" -m gpuenv install --target auto --venv .venv "$@"
