#!/usr/bin/env python3
"""Runs the whole fault table, which takes minutes, and writes docs/reliability.md from what it showed.

scripts/write_reliability.py                  # runs it (Linux, as root: some rows mount file systems), writes the page
scripts/write_reliability.py --results FILE   # writes the page from the results of an earlier run
scripts/write_reliability.py --check          # 1 if the page is not in step with the table; runs nothing
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "reliability.md"
sys.path.insert(0, str(ROOT / "tests"))

from reliability_document import differences, reliability_document  # noqa: E402 - the table is below tests/

from support.fault_table import NOT_RUN, ROWS  # noqa: E402 - as above


def main() -> int:
    """Write the page; 1 where a row of the table did not end as it must."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, help="results of an earlier run")
    parser.add_argument("--check", action="store_true", help="only compare the page with the table")
    arguments = parser.parse_args()
    if arguments.check:
        return check()
    given: Path | None = arguments.results
    with tempfile.TemporaryDirectory() as folder:
        path = given or Path(folder, "results.json")
        if given is None:
            table = ROOT / "tests" / "functional" / "test_faults.py"
            environ = {**os.environ, "GPUENV_FAULT_RESULTS": str(path)}
            command = [sys.executable, "-m", "pytest", "-q", "-m", "", str(table)]
            if subprocess.run(command, env=environ, cwd=ROOT, check=False).returncode != 0:  # noqa: S603 - pytest
                return 1
        results = json.loads(path.read_text(encoding="utf-8"))
    PAGE.write_text(reliability_document(ROWS, NOT_RUN, results), encoding="utf-8")
    print(f"wrote {PAGE}")
    return check()


def check() -> int:
    """Compare the page with the table."""
    found = differences(PAGE.read_text(encoding="utf-8"), ROWS, NOT_RUN)
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
