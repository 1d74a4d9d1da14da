"""Compares a lock on the disk with what it would be now, fact by fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gpuenv.errors import GpuenvError
from gpuenv.lock.header import header_lines
from gpuenv.lock.reading import parse_lock
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gpuenv.lock.reading import LockContent
    from gpuenv.models.execution import LockedPackage

Kind = Literal["missing", "unreadable", "machine", "package", "files", "source", "text", "stale"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which a file is not what it would be now."""

    file: str
    kind: Kind
    """`missing`: there is no such file; `unreadable`: not a lock any more; `machine`: a line of the header; `package`:
    a version; `files`: the hashes of a package; `source`: where builds come from; `text`: anything else; `stale`: a
    lock that nothing asks for any more."""
    name: str = ""
    before: str | None = None
    after: str | None = None


def differences(file: str, before: str | None, after: str, *, is_pylock: bool) -> tuple[Difference, ...]:
    """List in what the text of a file differs from what it would be now; () where it does not.

    `before` None: there is no file.
    """
    if before is None:
        return (Difference(file=file, kind="missing"),)
    if before == after:
        return ()
    try:
        known = parse_lock(before, is_pylock=is_pylock)
    except GpuenvError as error:
        return (Difference(file=file, kind="unreadable", name=error.code),)
    found = tuple(_of_content(file, known, parse_lock(after, is_pylock=is_pylock)))
    return found or (Difference(file=file, kind="text"),)


def is_same_but_for_matrix(before: str, after: str, *, is_pylock: bool) -> bool:
    """Tell whether only the matrix version differs: newer data that changes nothing leaves a lock as it is."""
    key = 'matrix = "' if is_pylock else "# matrix: "
    return _without(before, key) == _without(after, key)


def _without(text: str, beginning: str) -> list[str]:
    lines = text.splitlines()
    place = next((number for number, line in enumerate(lines) if line.startswith(beginning)), None)
    return lines if place is None else [*lines[:place], *lines[place + 1 :]]


def _of_content(file: str, before: LockContent, after: LockContent) -> Iterator[Difference]:
    for name, old, new in _pairs(_machine(before), _machine(after)):
        yield Difference(file=file, kind="machine", name=name, before=old, after=new)
    for name, old, new in _pairs(_versions(before), _versions(after)):
        yield Difference(file=file, kind="package", name=name, before=old, after=new)
    known, wanted = _by_project(before), _by_project(after)
    for project in sorted(known.keys() & wanted.keys()):
        is_same_version = known[project].version == wanted[project].version
        if is_same_version and known[project].hashes != wanted[project].hashes:
            yield Difference(file=file, kind="files", name=project)
    for page in before.pages:
        if page not in after.pages:
            yield Difference(file=file, kind="source", before=page)
    for page in after.pages:
        if page not in before.pages:
            yield Difference(file=file, kind="source", after=page)


def _pairs(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str | None, str | None]]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _machine(content: LockContent) -> Mapping[str, str]:
    """Give the lines of the header by name; those of several GPUs are one."""
    found: dict[str, list[str]] = {}
    for name, value in header_lines(content.header):
        found.setdefault(name, []).append(value)
    return {name: ", ".join(values) for name, values in found.items()}


def _versions(content: LockContent) -> Mapping[str, str]:
    return {package.project: str(package.version) for package in content.packages}


def _by_project(content: LockContent) -> Mapping[str, LockedPackage]:
    return {package.project: package for package in content.packages}
