from __future__ import annotations

import re
from pathlib import Path

from gpuenv.report.messages.detect_driver import DRIVER_MESSAGES

GUIDE = (Path(__file__).parents[2] / "docs" / "detection.md").read_text(encoding="utf-8")


def test_the_guide_explains_every_reason_and_no_other() -> None:
    table = GUIDE.partition("## Three answers")[2].partition("## Environments")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {code for row in rows for code in re.findall(r"`([a-z0-9-]+)`", row)} == set(DRIVER_MESSAGES)
