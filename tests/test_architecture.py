"""The start-up of commands: what they import, and what they answer."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gpuenv.cli.commands import COMMANDS

HEAVY = ("requests", "rich", "pynvml", "elftools", "tomlkit", "importlib.metadata")


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_help_of_a_command_imports_no_heavy_library(name: str) -> None:
    script = (
        "import sys\n"
        "from gpuenv.cli.main import main\n"
        "try:\n"
        f"    main([{name!r}, '--help'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
