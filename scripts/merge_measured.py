#!/usr/bin/env python3
"""Merges what `measure_wheels.py` wrote into the build rows of a matrix folder that is not yet released.

    scripts/merge_measured.py matrices/2026.11 measured.jsonl [MORE.jsonl ...]

A wheel's local label names its tag, or the index that listed it does; with neither it is PyPI's build. The row then has
the code that was read, the wheel's name and sha256 as its first source, and in `disputed` what its sources said before,
where that was something else: the binary wins. A partial read never takes the place of a whole one. A wheel without
any library for GPUs is evidence for a CPU build. Seals the folder at the end.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.version import Version
from seal_matrix import seal

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILES: Final = {"torch": "torch.toml", "onnxruntime-gpu": "onnxruntime.toml"}
RELEASE: Final = re.compile(r'^version = "(?P<version>[^"]+)"$')
BUILD: Final = re.compile(r"^  (?P<row>\{ .*\}),$")
RANKS: Final = {"binary": 0, "binary-partial": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a row is found by."""

    version: str
    platform: str
    tag: str | None
    """None for PyPI's build."""


def main() -> int:
    """Merge the files named after the folder; 1 if a measured wheel has no row."""
    folder, *files = map(Path, sys.argv[1:])
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    left = 0
    for project, name in FILES.items():
        best = best_by_build(row for row in rows if row["project"] == project)
        merged, unused = merge((folder / name).read_text(encoding="utf-8"), best, project)
        (folder / name).write_text(merged, encoding="utf-8")
        left += len(unused)
        for key in unused:
            print(f"{name} has no row for {key.version} {key.tag or '(PyPI)'} {key.platform}", file=sys.stderr)
        print(f"{name}: {len(best) - len(unused)} measured builds")
    seal(folder)
    return 1 if left else 0


def best_by_build(rows: Any) -> dict[Key, dict[str, Any]]:  # noqa: ANN401 - an iterator over JSON
    """Keep the best measurement of each build: whole before partial, then the last.

    A library for GPUs in which no code was found tells nothing.
    """
    best: dict[Key, dict[str, Any]] = {}
    for row in rows:
        if not row["sass"] and not row["ptx"] and row["libraries"]:
            continue
        version = Version(row["version"])
        key = Key(version=version.public, platform=row["platform"], tag=version.local or row.get("tag"))
        if key not in best or RANKS[row["evidence"]] <= RANKS[best[key]["evidence"]]:
            best[key] = row
    return best


def merge(text: str, best: dict[Key, dict[str, Any]], project: str) -> tuple[str, list[Key]]:
    """Change the rows that were measured; gives the file's new text, and the measurements that no row is for."""
    body, _, sources = text.partition("\n[sources]\n")
    file = tomllib.loads(text)
    evidence = {key: cells[0] for key, cells in file["sources"].items()}
    added: dict[str, str] = {}
    used: set[Key] = set()
    release = ""
    lines = []
    for line in body.splitlines():
        found = RELEASE.match(line)
        release = found["version"] if found else release
        build = BUILD.match(line)
        if build is None or "platform" not in build["row"]:
            lines.append(line)
            continue
        row = tomllib.loads(f"row = {build['row']}")["row"]
        version = row.get("version", release)
        keys = [Key(version=version, platform=row["platform"], tag=row.get("local") or row.get("tag"))]
        if project != "torch" or row.get("pypi"):
            keys.append(Key(version=version, platform=row["platform"], tag=None))
        key = next((key for key in keys if key in best and is_of_kind(row, best[key])), None)
        if key is not None:
            used.add(key)
            name = "-".join(filter(None, ["read", version, row.get("tag"), row["platform"]]))
            line = merged_line(row, line, best[key], name, evidence, added)  # noqa: PLW2901 - the line it becomes
            line = line.replace(f', verified = "{file["verified"]}"', "")  # noqa: PLW2901 - the file's own date
        lines.append(line)
    kept = [line for line in sources.splitlines() if line.partition('" = ')[0].lstrip('"') not in added]
    new = [f'"{key}" = {cells}' for key, cells in sorted(added.items())]
    unused = [key for key, row in best.items() if key not in used and row["libraries"]]
    return "\n".join([*lines, "", "[sources]", *kept, *new, ""]), unused


def is_of_kind(row: dict[str, Any], measured: dict[str, Any]) -> bool:
    """Whether both are a CPU build, or both are none: PyPI has one of either kind by platform."""
    return (row.get("tag") == "cpu") == (not measured["libraries"])


def merged_line(
    row: dict[str, Any], line: str, measured: dict[str, Any], key: str, evidence: dict[str, str], added: dict[str, str]
) -> str:
    """Make the row's new line, and note its new source; a row that was read as a whole before stays."""
    old = row["source"].split()
    was_read_whole = row.get("evidence", evidence[old[0]]) == "binary"
    if was_read_whole and measured["evidence"] != "binary":
        return line
    before = (row.get("sass", ""), row.get("ptx", ""))
    now = (" ".join(measured["sass"]), " ".join(measured["ptx"]))
    disagrees = before[1] not in {now[1], "unknown"} or set(before[0].split()) != set(now[0].split())
    if any(before) and disagrees:
        row["disputed"] = f"sass {before[0]}, ptx {before[1] or 'none'}"
    row |= {name: codes for name, codes in zip(("sass", "ptx"), now, strict=True) if codes}
    if not now[1]:
        row.pop("ptx", None)
    row.pop("evidence", None)  # the new source gives it
    row["verified"] = measured["measured"]
    row["source"] = " ".join([key, *(word for word in old if word != key)])
    added[key] = json.dumps([measured["evidence"], provenance(measured)], ensure_ascii=False)
    return f"  {{ {', '.join(f'{name} = {_toml(row[name])}' for name in _ordered(row))} }},"


def provenance(measured: dict[str, Any]) -> str:
    """Tell what was read: the wheel, its hash, and how much of which library."""
    if not measured["libraries"]:
        return (
            f"{measured['filename']} sha256 {measured['sha256']}: no library for GPUs in it"
            f" (scripts/measure_wheels.py, {measured['measured']})"
        )
    extras = " ".join([*measured["extra_sass"], *(f"compute_{code}" for code in measured["extra_ptx"])])
    return (
        f"{measured['filename']} sha256 {measured['sha256']}: {measured['containers']} fatbins of "
        f"{' '.join(Path(name).name for name in measured['libraries'])}"
        f"{f', in a few also {extras}' if extras else ''} (scripts/measure_wheels.py, {measured['measured']})"
    )


def _ordered(row: dict[str, Any]) -> list[str]:
    """Put the keys in the order of the files: the source last, the code before what follows it."""
    first = [name for name in ("version", "tag", "platform", "cuda", "cudnn", "python") if name in row]
    code = [name for name in ("sass", "ptx", "disputed") if name in row]
    if "tag" in row:
        first = [name for name in first if name in {"tag", "platform"}]
    rest = [name for name in row if name not in {*first, *code, "source"}]
    return [*first, *code, *rest, "source"]


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
