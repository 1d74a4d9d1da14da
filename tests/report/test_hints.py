"""Every error tells a command that removes its cause, or stands below with the reason why none does."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final

import pytest

import gpuenv
from gpuenv.report.messages import phrase
from gpuenv.report.messages.catalog import all_messages
from gpuenv.report.messages.engines import MESSAGES as ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCES = Path(gpuenv.__file__).parent
ERRORS = frozenset({"GpuenvError", "UsageError", "RollbackFailedError"})
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")

EDIT = "a line of the user's own file is to be written otherwise; the message names the file and what is wrong in it"
NOTHING_WRONG = "nothing is wrong: there is nothing to remove"
WITHOUT_HINT: Final[Mapping[str, str]] = {
    "declined": NOTHING_WRONG,
    "lock-not-from-index": "only the user knows which release of an index stands for the address",
    "no-driver-for-all-gpus": "no driver serves these GPUs together; a conflict names the subsets as its causes",
    "nothing-to-undo": NOTHING_WRONG,
    "project-file-not-toml": EDIT,
    "project-table-unknown-key": EDIT,
    "project-table-wrong-type": EDIT,
    "project-table-wrong-value": EDIT,
    "requirement-file-includes-itself": EDIT,
    "requirement-file-missing-nested": EDIT,
    "requirement-line-invalid": EDIT,
    "uv-project-not-toml": EDIT,
}


def raised() -> dict[str, set[str]]:
    """Find every code that is raised, and the modules that do."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS and node.args:
                for code in _codes(node.args[0]):
                    found[code].add(path.relative_to(SOURCES).as_posix())
    for code in ENGINES:
        found[code].add("install/engines")
    return found


def _codes(expression: ast.expr) -> Iterator[str]:
    for part in ast.walk(expression):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and CODE.fullmatch(part.value):
            yield part.value


def placeholders(template: str) -> set[str]:
    """The facts that a hint needs; those inside of `{typed:...}` too."""
    found: set[str] = set()
    for _, name, change, _ in Formatter().parse(template):
        found |= ({name} if name else set()) | (placeholders(change) if change else set())
    return found


def test_every_error_has_a_hint_or_a_reason_why_none() -> None:
    messages = all_messages()
    without = {code: sorted(places) for code, places in raised().items() if not messages[code].hints}
    assert {code: places for code, places in without.items() if code not in WITHOUT_HINT} == {}


def test_no_reason_is_kept_for_an_error_that_has_a_hint() -> None:
    messages = all_messages()
    assert [code for code in WITHOUT_HINT if messages[code].hints] == []


@pytest.mark.parametrize("code", sorted(code for code, message in all_messages().items() if message.hints))
def test_a_hint_says_no_fact_that_is_missing(code: str) -> None:
    """Without any fact, only hints that need none are left; none of them has a hole."""
    for hint in phrase(code, {}, "en").hints:
        assert "{" not in hint.replace("${", "")
        assert "?" not in hint
    whole = [hint for hint in all_messages()[code].hints if not placeholders(hint)]
    assert list(phrase(code, {}, "en").hints) == list(dict.fromkeys(hint.format_map({}) for hint in whole))


def test_hints_of_wrong_options_repeat_what_was_typed() -> None:
    facts = {
        "typed": ("lock", "torch", "--target rtx-5090", "--offline", "-o gpu.txt"),
        "typed_options": ("--target", "--offline", "-o --output", "--indexes", "--venv", "-q --quiet", "-v --verbose"),
    }
    assert phrase("not-in-cache", facts, "en").hints == ("gpuenv lock torch --target rtx-5090 -o gpu.txt",)
    assert phrase("download-cut-off", facts, "en").hints == (
        "gpuenv lock torch --target rtx-5090 --offline -o gpu.txt",
    )
    assert phrase("lock-not-writable", facts, "en").hints == (
        "gpuenv lock torch --target rtx-5090 --offline -o requirements-gpu.txt",
    )
    assert phrase("index-unreachable", facts, "en").hints == (
        "gpuenv lock torch --target rtx-5090 --offline -o gpu.txt --indexes pypi",
    )
    assert phrase("network-timed-out", facts, "en").hints == (
        "UV_HTTP_TIMEOUT=300 gpuenv lock torch --target rtx-5090 --offline -o gpu.txt",
    )
