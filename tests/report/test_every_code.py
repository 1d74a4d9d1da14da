"""No sentence is kept for a code that nothing says: each stands in the sources, in the matrix, or is put together."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import gpuenv
from gpuenv.report.messages.catalog import all_messages

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES: Final = Path(gpuenv.__file__).parent
MATRICES: Final = SOURCES.parents[1] / "matrices"
WORD: Final = re.compile(r"-?[a-z0-9][a-z0-9-]*")


def texts() -> Iterator[ast.expr]:
    """Every text of the sources, but for the sentences themselves."""
    for path in SOURCES.rglob("*.py"):
        if "messages" in path.relative_to(SOURCES).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                yield node


def pattern(text: ast.JoinedStr) -> re.Pattern[str] | None:
    """What `f"check-{code}"` can be; None for a text that is not put together of words and hyphens."""
    choices = [choices_of(part) for part in text.values]
    known = "".join(word for words in choices for word in words)
    if not re.fullmatch(r"[a-z-]{3,}", known) or "-" not in known:
        return None
    return re.compile("".join(f"(?:{'|'.join(map(re.escape, words))})" if words else "(.+)" for words in choices))


def choices_of(part: ast.expr) -> list[str]:
    """The words that a part of a text can be, where it says them itself: as it stands, or by `a if ... else b`."""
    inner = part.value if isinstance(part, ast.FormattedValue) else part
    chosen = [inner.body, inner.orelse] if isinstance(inner, ast.IfExp) else [inner]
    words = [one.value for one in chosen if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return words if len(words) == len(chosen) else []


def is_said(text: str, literal: set[str]) -> bool:
    """Whether a part of a code stands in the sources, as a word or as an ending that is put behind one."""
    word, _, ending = text.rpartition("-")
    return text in literal or (word in literal and f"-{ending}" in literal)


def unsaid(codes: frozenset[str]) -> list[str]:
    """List the codes that nothing says."""
    found = list(texts())
    literal = {str(one.value) for one in found if isinstance(one, ast.Constant)}
    for path in MATRICES.rglob("*.toml"):
        literal.update(WORD.findall(path.read_text(encoding="utf-8")))
    made = [made for one in found if isinstance(one, ast.JoinedStr) and (made := pattern(one)) is not None]
    return sorted(
        code
        for code in codes - literal
        if not any(
            (match := one.fullmatch(code)) is not None and all(is_said(part, literal) for part in match.groups())
            for one in made
        )
    )


def test_each_code_that_has_a_sentence_is_said_somewhere() -> None:
    assert unsaid(frozenset(all_messages())) == []


def test_a_code_that_nothing_says_is_found() -> None:
    assert unsaid(frozenset({"no-gpu", "check-no-driver", "never-said-by-anyone", "check-of-nothing"})) == [
        "check-of-nothing",
        "never-said-by-anyone",
    ]
