"""The entry point of the `gpuenv` command."""

from __future__ import annotations

import gc
import sys

_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Three times as many as `gpuenv plan` makes."""


def main() -> int:
    """Run the command line; `--version` is answered before anything is imported."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from gpuenv import __version__  # noqa: PLC0415 - the short way

        sys.stdout.write(f"gpuenv {__version__}\n")
        return 0
    # What a command loads stays until it ends: looking through it for garbage, ten times on the way and again at the
    # end, takes longer than many a command's own work.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    from gpuenv.cli.main import main as run  # noqa: PLC0415 - not for --version

    try:
        return run(sys.argv[1:])
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
