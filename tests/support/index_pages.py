"""The pages of the loopback index, and the files that they list."""

from __future__ import annotations

import csv
import hashlib
import html
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

LISTINGS: Final = Path(__file__).parent.parent / "data" / "index" / "wheels.csv"
JSON_TYPE: Final = "application/vnd.pypi.simple.v1+json"
HTML_TYPE: Final = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """One line of a project's page."""

    filename: str
    sha256: str | None
    size: int | None = None
    path: Path | None = None
    """The file itself; None where only the listing exists."""
    yanked: str | None = None
    requires_python: str | None = None


@cache
def real_listings() -> tuple[tuple[str, ListedFile], ...]:
    """Read the recorded listings: index and file, in the order of the file."""
    with LISTINGS.open(encoding="utf-8", newline="") as lines:
        return tuple(
            (
                row["index"],
                ListedFile(
                    filename=row["filename"],
                    sha256=row["sha256"] or None,
                    size=int(row["size_bytes"]) if row["size_bytes"] else None,
                ),
            )
            for row in csv.DictReader(lines)
        )


def metadata_of(wheel: Path) -> bytes:
    """Read METADATA out of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(member for member in archive.namelist() if member.endswith(".dist-info/METADATA"))
        return archive.read(name)


def html_page(title: str, files: list[ListedFile], link_base: str, *, has_metadata: bool) -> str:
    """Write a page as PyTorch's index does: `+` as %2B in links, nothing where it knows nothing."""
    anchors = []
    for listed in files:
        fragment = f"#sha256={listed.sha256}" if listed.sha256 else ""
        attributes = [f'href="{link_base}/{quote(listed.filename)}{fragment}"']
        if listed.requires_python:
            attributes.append(f'data-requires-python="{html.escape(listed.requires_python)}"')
        if listed.yanked is not None:
            attributes.append(f'data-yanked="{html.escape(listed.yanked)}"')
        if has_metadata and listed.path is not None and listed.path.suffix == ".whl":
            digest = hashlib.sha256(metadata_of(listed.path)).hexdigest()
            attributes += [f'data-dist-info-metadata="sha256={digest}"', f'data-core-metadata="sha256={digest}"']
        anchors.append(f"    <a {' '.join(attributes)}>{html.escape(listed.filename)}</a><br/>\n")
    heading = f"    <h1>Links for {title}</h1>\n"
    return f"<!DOCTYPE html>\n<html>\n  <body>\n{heading}{''.join(anchors)}  </body>\n</html>\n<!--TIMESTAMP 0-->"


def json_page(title: str, files: list[ListedFile], link_base: str) -> dict[str, object]:
    return {
        "meta": {"api-version": "1.1"},
        "name": title,
        "files": [
            {
                "filename": listed.filename,
                "url": f"{link_base}/{quote(listed.filename)}",
                "hashes": {"sha256": listed.sha256} if listed.sha256 else {},
                "size": listed.size or 0,
                "requires-python": listed.requires_python,
                "yanked": listed.yanked or listed.yanked is not None,
            }
            for listed in files
        ],
    }
