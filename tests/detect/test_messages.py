from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import gpuenv.detect
from gpuenv.report.messages.catalog import all_messages
from gpuenv.report.messages.detect import MESSAGES

ROOM = Path(gpuenv.detect.__file__).parent
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOM.rglob("*.py")))
RAISED = frozenset(re.findall(r"(?:Notice\.of|GpuenvError|UsageError|_with_advice)\(\s*\"([a-z-]+)\"", SOURCES))
FAULTS = frozenset(re.findall(r"\"((?:driver|forward)-[a-z-]+)\"", SOURCES)) - {"driver-no-device"}


def test_every_code_has_a_sentence() -> None:
    assert len(RAISED) > 15
    assert all_messages().keys() >= RAISED | FAULTS


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_both_languages_name_the_same_facts(code: str) -> None:
    english, chinese = (
        {name for _, name, _, _ in Formatter().parse(template) if name}
        for template in (MESSAGES[code].en, MESSAGES[code].zh)
    )
    assert english == chinese
    assert re.search(r"[\u4e00-\u9fff]", MESSAGES[code].zh)
