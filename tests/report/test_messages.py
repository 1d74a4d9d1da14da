"""Every code that the source names has its sentence in both languages, with the same facts in it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest

import gpuenv
from gpuenv.report.messages import catalog, language_of, phrase
from gpuenv.report.messages.catalog import all_messages

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(gpuenv.__file__).parent
CODED = frozenset({"GpuenvError", "UsageError", "RollbackFailedError"})
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


def codes_in(path: Path) -> Iterator[str]:
    """List the literal codes that a module raises, or makes notices of."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else None
        is_notice = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "Notice.of"
        first = node.args[0]
        is_code = isinstance(first, ast.Constant) and isinstance(first.value, str) and CODE.fullmatch(first.value)
        if (is_notice or name in CODED) and isinstance(first, ast.Constant) and is_code:
            yield str(first.value)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_every_code_of_a_module_has_a_sentence(path: Path) -> None:
    assert sorted(set(codes_in(path)) - set(all_messages())) == []


def test_every_code_is_worded_at_one_station_only() -> None:
    """The sentence would otherwise be of whichever comes first, with the facts of another."""
    stations = Counter(code for station in catalog._STATIONS for code in catalog._messages_of(station))
    assert [code for code, times in stations.items() if times > 1] == []


@pytest.mark.parametrize("code", sorted(all_messages()))
def test_a_sentence_says_the_same_facts_in_both_languages(code: str) -> None:
    message = all_messages()[code]
    assert fields(message.en) == fields(message.zh)
    assert re.search(r"[\u4e00-\u9fff]", message.zh) or not re.search(r"[A-Za-z]{3} [a-z]", message.en)


def test_a_hint_without_its_fact_is_left_out() -> None:
    with_package = phrase("install-driver-branch", {"branch": 580, "apt": "nvidia-driver-580"}, "en")
    assert with_package.hints == ("sudo apt-get install nvidia-driver-580",)
    assert phrase("install-driver-branch", {"branch": 580, "apt": None}, "en").hints == ()


def test_a_code_without_a_sentence_is_shown_with_its_facts() -> None:
    assert phrase("no-such-code", {"gpu": "RTX 5090"}, "en").message == "no-such-code (gpu: RTX 5090)"


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "GPUENV_LANG": "zh"}, "zh"),
        ({"LANG": "zh_TW", "GPUENV_LANG": "en"}, "en"),
    ],
)
def test_the_language_is_chosen_by_gpuenv_lang_then_by_the_locale(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language
