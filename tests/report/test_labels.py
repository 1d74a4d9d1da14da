"""Every line that is written begins with a word of the reader's language, and columns stand below each other."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gpuenv
from gpuenv.report.grid import write_grid
from gpuenv.report.labels import cells, label, padded, write_labelled
from gpuenv.report.messages import labels
from gpuenv.report.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORT = Path(gpuenv.__file__).parent / "report"
CLI = Path(gpuenv.__file__).parent / "cli"
WRITERS = frozenset({"print", "say", "write_labelled", "_line", "_write_status"})
CODE = re.compile(r"\[[a-z-]+\]")
ENGLISH = re.compile(r"[A-Za-z]{3,}")
NAMED_THE_SAME = frozenset({"label-gpu", "label-mig", "label-cudnn", "label-python"})


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """List what a module writes that stands in the module itself: text that no language was asked for."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in WRITERS or (name == "_line" and path.name in {"terminal.py", "diagnose_text.py"}):
            continue
        # The second argument of the writers of labelled lines is a name; what follows it is text.
        texts = node.args[2:] if name in {"write_labelled", "_line", "_write_status"} else node.args
        for text in texts:
            yield from ((node.lineno, CODE.sub("", part)) for part in _parts(text))


def _parts(text: ast.expr) -> Iterator[str]:
    match text:
        case ast.Constant(value=str(value)):
            yield value
        case ast.JoinedStr(values=values):
            for part in values:
                shown = part.value if isinstance(part, ast.FormattedValue) else part
                if isinstance(shown, ast.Constant):
                    yield str(shown.value)
        case ast.BinOp(left=left, right=right):
            yield from _parts(left)
            yield from _parts(right)
        case _:
            pass


@pytest.mark.parametrize("path", sorted([*REPORT.glob("*.py"), *CLI.glob("*.py")]), ids=lambda path: path.stem)
def test_no_module_writes_english_that_has_no_chinese(path: Path) -> None:
    known = {"CUDA", "MIG", "SASS", "PTX", "gpuenv"}
    found = [(line, part) for line, part in literals(path) if set(ENGLISH.findall(part)) - known]
    assert found == []


@pytest.mark.parametrize("code", sorted(labels.MESSAGES))
def test_every_label_has_a_word_in_both_languages(code: str) -> None:
    message = labels.MESSAGES[code]
    assert message.en
    assert code in NAMED_THE_SAME or message.zh != message.en


def terminal(language: str) -> tuple[Terminal, io.StringIO]:
    out = io.StringIO()
    chosen = Terminal(
        stdout=out, stderr=io.StringIO(), environ={}, language="zh" if language == "zh" else "en", verbosity=0
    )
    return chosen, out


def test_labels_take_as_many_cells_in_each_language() -> None:
    for language in ("en", "zh"):
        written, out = terminal(language)
        write_labelled(written, "target", "x")
        write_labelled(written, "kept", "x")
        assert [cells(line.rstrip("x\n")) for line in out.getvalue().splitlines()] == [9, 9]
    assert (label("target", "en"), label("target", "zh")) == ("target", "目标")


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("显卡", 4), ("RTX 显卡", 8), ("é", 1), ("e\u0301", 1)])
def test_a_chinese_character_takes_two_cells(text: str, width: int) -> None:
    assert cells(text) == width
    assert cells(padded(text, 12)) == 12


def test_a_table_in_chinese_has_straight_columns() -> None:
    written, out = terminal("zh")
    write_grid(written, ("构建", "平台"), [("2.15.0+cu130", "linux"), ("显卡", "x")])
    assert out.getvalue() == "构建          平台\n2.15.0+cu130  linux\n显卡          x\n"
