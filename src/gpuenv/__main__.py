"""The entry point of the `gpuenv` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; `--version` is answered before anything is imported."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from gpuenv import __version__  # noqa: PLC0415 - the short way

        sys.stdout.write(f"gpuenv {__version__}\n")
        return 0
    from gpuenv.cli.main import main as run  # noqa: PLC0415 - not for --version

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
