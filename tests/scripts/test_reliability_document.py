"""docs/reliability.md holds every row of the fault table, run as often as it says, with the ending that it asks for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from support.fault_table import ROWS

ROOT = Path(__file__).resolve().parents[2]


def write_reliability(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "write_reliability.py"), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_page_and_table_are_in_step() -> None:
    checked = write_reliability(ROOT, "--check")
    assert (checked.returncode, checked.stdout.strip()) == (0, ""), checked.stderr


def test_a_page_of_other_results_is_written_and_found_fault_with(tmp_path: Path) -> None:
    for name in ("scripts", "tests/support"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "docs").mkdir()
    first, second = ROWS[0], ROWS[1]
    results = {
        row.id: [{"ending": "planned" if row.ends == "planned" else "before"}] * (row.runs + row.slow_runs)
        for row in ROWS
    }
    results[first.id] = [{"ending": "neither: ['lib']"}]
    del results[second.id]
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    written = write_reliability(tmp_path, "--results", str(tmp_path / "results.json"))
    assert written.returncode == 1, written.stderr
    assert written.stdout.splitlines()[1:] == [
        f"{first.id}: ended otherwise: 1 neither: ['lib']",
        f"{second.id}: ended otherwise: not run",
    ]
