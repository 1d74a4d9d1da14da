"""The documents that follow from the matrix are in step with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_cards_and_evidence_pages_are_those_of_the_newest_matrix() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "write_docs.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_cards_page_has_a_line_for_well_known_cards() -> None:
    sections = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8").split("\n### ")
    answers = {
        card: re.search(r"\| Linux \| [^|]*\| ([^ ]*) \|", section)
        for card in ("GeForce RTX 5090", "GeForce GTX 1080 Ti", "Tesla V100-SXM2-16GB", "Tesla K80")
        for section in sections
        if re.search(rf"(?m)(^|, ){re.escape(card)}(,|$)", section)
    }
    assert {card: found and found[1] for card, found in answers.items()} == {
        "GeForce RTX 5090": "2.15.0+cu130",
        "GeForce GTX 1080 Ti": "2.14.1+cu126",
        "Tesla V100-SXM2-16GB": "2.14.1+cu126",
        "Tesla K80": "2.7.1+cu118",
    }
