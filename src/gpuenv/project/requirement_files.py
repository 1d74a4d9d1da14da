"""Reads requirement files (`-r`): which lines gpuenv understands, and which go to the engine as they stand."""

from __future__ import annotations

import codecs
import re
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gpuenv.errors import UsageError
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_COMMENT: Final = r"(^|\s+)#.*$"
_VARIABLE: Final = r"\$\{(?P<name>[A-Z0-9_]+)\}"
_NESTED: Final = r"(?:-(?P<short>[rc])\s*=?\s*|--(?P<long>requirement|constraint)(?:\s+|=\s*))(?P<file>.+)"
_OPTIONS: Final = r"\s+(?=--?[A-Za-z])"
_NO_NAME: Final = r"(?:[a-z+]+://|[a-z]+\+|\.{0,2}[/\\]|[A-Za-z]:[/\\])|.*\.(?:whl|zip|tar\.gz)(?:\[.*\])?$"
"""Requirements that are an address or a path, which only the engine can tell the name of."""
_FAMILY: Final = frozenset({*GPU_FAMILY, "onnxruntime"})
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""PowerShell's `pip freeze > requirements.txt` writes UTF-16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementLine:
    """One logical line of a requirement file."""

    text: str = field(repr=False)
    """As written, continuation lines joined and the comment gone, variables filled in. May hold credentials."""
    file: str
    line: int
    """Number of its first physical line, from 1."""
    kind: Literal["requirement", "constraint", "unnamed", "option", "application"]
    """`unnamed`: a path, an address, or an editable install; `option`: `--extra-index-url ...` and the like;
    `application`: `app:NAME`, on the command line and in a project's table."""
    requirement: Requirement | None = None
    """The requirement itself, without `--hash` and other options of the line; None for the last three kinds."""

    @property
    def is_family(self) -> bool:
        """Whether it names a package whose build gpuenv chooses."""
        return self.requirement is not None and canonicalize_name(self.requirement.name) in _FAMILY


def parse_requirement(text: str) -> Requirement:
    """Read one requirement from the command line; `UsageError("requirement-invalid")` where it is none."""
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise UsageError("requirement-invalid", requirement=redact_url(text), detail=_detail(error)) from error


def read_requirement_files(
    paths: Sequence[str], *, cwd: Path, environ: Mapping[str, str] | None = None
) -> tuple[RequirementLine, ...]:
    """Read requirement files with all that they include, in order.

    Files named by `-r` and `-c` lie relative to the file that names them, as for pip and uv. `environ` fills in
    `${NAME}`. Raises `UsageError`: `requirement-file-missing`, `requirement-file-missing-nested` (with the file that
    names it), `requirement-file-unreadable`, `requirement-file-includes-itself`, `requirement-line-invalid` (with file
    and line).
    """
    lines: list[RequirementLine] = []
    for path in paths:
        lines += _read(cwd / path, environ or {}, is_constraint=False, including=())
    return tuple(lines)


def _read(
    path: Path, environ: Mapping[str, str], *, is_constraint: bool, including: tuple[Path, ...]
) -> Iterator[RequirementLine]:
    if path in including:
        raise UsageError("requirement-file-includes-itself", file=str(path))
    text = _text_of(path, including)
    for line in parse_requirement_lines(text, file=str(path), environ=environ, is_constraint=is_constraint):
        nested = re.fullmatch(_NESTED, line.text) if line.kind == "option" else None
        if nested is None:
            yield line
            continue
        nested_constraint = is_constraint or "c" in {nested["short"], (nested["long"] or "-")[0]}
        named = nested["file"].strip().strip("'\"")
        yield from _read(path.parent / named, environ, is_constraint=nested_constraint, including=(*including, path))


def parse_requirement_lines(
    text: str, *, file: str, environ: Mapping[str, str], is_constraint: bool = False
) -> Iterator[RequirementLine]:
    """Read the text of one requirement file. Sample: tests/data/project/requirements.txt.

    Lines that include other files come as options; the caller follows them.
    """
    for number, joined in _logical_lines(text):
        plain = re.sub(_COMMENT, "", joined).strip()
        line = re.sub(_VARIABLE, lambda found: environ.get(found["name"]) or found[0], plain)
        if not line:
            continue
        if line.startswith("-"):
            kind: Literal["unnamed", "option"] = "unnamed" if re.match(r"-e\b|--editable\b", line) else "option"
            yield RequirementLine(text=line, file=file, line=number, kind=kind)
            continue
        written = re.split(_OPTIONS, line, maxsplit=1)[0]
        try:
            requirement = Requirement(written)
        except InvalidRequirement as error:
            if re.match(_NO_NAME, written):
                yield RequirementLine(text=line, file=file, line=number, kind="unnamed")
                continue
            raise UsageError(
                "requirement-line-invalid",
                requirement=redact_url(written),
                detail=_detail(error),
                file=file,
                line=number,
            ) from error
        yield RequirementLine(
            text=line,
            file=file,
            line=number,
            kind="constraint" if is_constraint else "requirement",
            requirement=requirement,
        )


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Join lines that end in a backslash; a comment line inside a continued one ends it, as for pip."""
    started, parts = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        started = started or number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts += line[:-1]
            continue
        yield started, parts + (" " + line if is_comment else line)
        started, parts = 0, ""
    if parts:
        yield started, parts


def _text_of(path: Path, including: tuple[Path, ...]) -> str:
    """Read a file; by its byte order mark, else as UTF-8."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        if not including:
            raise UsageError("requirement-file-missing", file=str(path)) from error
        named_in = str(including[-1])
        raise UsageError("requirement-file-missing-nested", file=str(path), named_in=named_in) from error
    except OSError as error:
        detail = error.strerror or str(error)
        raise UsageError("requirement-file-unreadable", file=str(path), detail=detail) from error
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError("requirement-file-unreadable", file=str(path), detail=str(error)) from error


def _detail(error: InvalidRequirement) -> str:
    """Give the first line of what packaging says; the lines below draw an arrow."""
    return redact_url(str(error).partition("\n")[0])
