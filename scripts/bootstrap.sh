#!/bin/sh
# From a fresh clone to a proven environment in one command:
#   ./scripts/bootstrap.sh [-- arguments of `gpuenv install`]
# gpuenv gets an environment of its own (.gpuenv-tool in the checkout), with uv, through pip as it is configured here.
# Then `gpuenv install --target auto --venv .venv` makes .venv in the current folder, or mends it.
# Needs a Python >= 3.10 (PYTHON=... chooses one) and the network.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/environment.sh"

case ${1-} in
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0"
        exit 0
        ;;
    --) shift ;;
esac

tool=$root/.gpuenv-tool
make_environment "$tool"
if ! is_current "$tool" "$root/pyproject.toml"; then
    echo "installing gpuenv and what it needs into $tool ..." >&2
    # Editable: after `git pull` the command is the new one.
    PIP_USER=0 "$env_python" -m pip install --disable-pip-version-check --quiet --editable "$root"
    mark_current "$tool" "$root/pyproject.toml"
fi
exec "$env_python" -m gpuenv install --target auto --venv .venv "$@"
