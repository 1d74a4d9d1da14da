"""Every fault of the rooms `index` and `project` has its sentence."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

import gpuenv
from gpuenv.report.messages.index import MESSAGES as INDEX
from gpuenv.report.messages.project import MESSAGES as PROJECT

SOURCE = Path(gpuenv.__file__).parent
OF_OTHERS = ("remote-file-",)
ROOMS = {"index": INDEX, "project": PROJECT}


def raised(room: str) -> dict[str, set[str]]:
    """Find the errors that a room makes: code, and the names of the facts that always come with it."""
    found: dict[str, set[str]] = {}
    for path in sorted((SOURCE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"GpuenvError", "UsageError"}:
                codes = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                facts = {keyword.arg or "" for keyword in node.keywords}
                for code in codes:
                    if isinstance(code, str) and "-" in code and not code.startswith(OF_OTHERS):
                        found[code] = found.get(code, facts) & facts
    return found


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("room", ROOMS)
def test_every_code_has_a_message_whose_facts_always_come(room: str) -> None:
    codes = raised(room)
    assert codes
    for code, facts in codes.items():
        message = ROOMS[room][code]
        assert placeholders(message.en) == placeholders(message.zh) <= facts, code


@pytest.mark.parametrize("room", ROOMS)
def test_no_message_is_left_without_a_code(room: str) -> None:
    assert {code for code in ROOMS[room] if not code.startswith(OF_OTHERS)} == set(raised(room))
