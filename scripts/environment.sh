# Makes a Python environment with pip in it, from whatever this machine has. Sourced by the scripts beside it.
# shellcheck shell=sh

# Sets `python` to a Python >= 3.10, the first of those that can make an environment; fails with the line that helps.
# PYTHON=/path/of/python chooses one.
find_python() {
    python=
    able=
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
        found=$(command -v "$candidate" 2>/dev/null) || continue
        "$found" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1 || continue
        python=${python:-$found}
        # Debian ships the module venv without what puts pip into an environment.
        if "$found" -c 'import ensurepip, venv; ensurepip.version()' >/dev/null 2>&1; then
            python=$found
            able=ensurepip
            break
        fi
        if [ -z "$able" ] && "$found" -c 'import pip, venv' >/dev/null 2>&1; then
            python=$found
            able=pip
        fi
    done
    if [ -n "$python" ] && [ -z "$able" ] && command -v uv >/dev/null 2>&1; then
        able=uv
    fi
    if [ -z "$python" ]; then
        echo "error: no Python 3.10 or newer was found; install one: $(install_line python)" >&2
        return 1
    fi
    if [ -z "$able" ]; then
        echo "error: $python has neither ensurepip nor pip; install them: $(install_line venv)" >&2
        return 1
    fi
}

# The one line that installs what is missing, by this system's package manager.
install_line() {
    if command -v apt-get >/dev/null 2>&1; then
        case $1 in
            python) echo "sudo apt-get install -y python3 python3-venv" ;;
            # The package of this very version: python3-venv belongs to the system's default Python only.
            *) echo "sudo apt-get install -y python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv" ;;
        esac
    elif command -v dnf >/dev/null 2>&1; then
        case $1 in
            python) echo "sudo dnf install -y python3.12 python3.12-pip" ;;
            *) echo "sudo dnf install -y python3-pip" ;;
        esac
    else
        echo "see https://docs.python.org/3/using/"
    fi
}

# make_environment FOLDER FILE...: makes FOLDER an environment with pip, and calls `fill`, which installs into it by
# `env_python`. One that was filled from these very files, in this place, is kept; any other is made anew, so that
# nothing of an older one stays.
make_environment() {
    folder=$1
    shift
    env_python=$folder/bin/python
    if [ -f "$folder/.made-from" ] && [ "$(fingerprint "$folder" "$@")" = "$(cat "$folder/.made-from")" ] &&
        "$env_python" -c '' 2>/dev/null; then
        return 0
    fi
    find_python || return 1
    echo "making $folder with $python ..." >&2
    # pip refuses --user in an environment, whoever has set that for everything else.
    PIP_USER=0
    export PIP_USER
    case $able in
        ensurepip) "$python" -m venv --clear "$folder" || return 1 ;;
        pip)
            "$python" -m venv --clear --without-pip "$folder" || return 1
            site=$("$env_python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))') || return 1
            "$python" -m pip install --quiet --target "$site" pip || return 1
            ;;
        uv) uv venv --quiet --clear --seed --python "$python" "$folder" || return 1 ;;
    esac
    # A folder that ignores itself needs no line in anybody's .gitignore.
    echo '*' >"$folder/.gitignore"
    fill || return 1
    unset PIP_USER
    fingerprint "$folder" "$@" >"$folder/.made-from"
}

# fingerprint FOLDER FILE...: an environment is not movable, so its place counts too.
fingerprint() {
    {
        echo "$1"
        shift
        cat -- "$@"
    } | cksum
}
