"""Finds the folders of site-packages that several distributions have written different files into."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from gpuenv.detect.files import read_text
from gpuenv.models.environment import SharedFolder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuenv.models.environment import InstalledDistribution


def find_shared_folders(distributions: Iterable[InstalledDistribution]) -> tuple[SharedFolder, ...]:
    """Compare the RECORDs of the distributions.

    A folder counts as shared where one file of it is recorded by two of them with different content: a namespace that
    many packages fill (`nvidia/`), or an `__init__.py` that all bring alike, is no fault.
    """
    files: dict[str, dict[str, list[str]]] = {}
    for found in distributions:
        for path, digest in parse_record(read_text(found.location / "RECORD") or "").items():
            files.setdefault(path, {}).setdefault(digest, []).append(found.name)
    owners: dict[str, set[str]] = {}
    for path, digests in files.items():
        if len(digests) > 1:
            owners.setdefault(path.partition("/")[0], set()).update(*digests.values())
    return tuple(SharedFolder(name=name, owners=tuple(sorted(owners[name]))) for name in sorted(owners))


def parse_record(text: str) -> Mapping[str, str]:
    """Read which files inside folders a RECORD lists, with the digest of each; compiled ones have none: left out.

    onnxruntime/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    """
    rows = csv.reader(text.splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[1] and _is_inside_folder(row[0])}


def _is_inside_folder(path: str) -> bool:
    """Whether it lies in a package's folder; the distributions' own and scripts outside are nobody else's."""
    folder, separator, _rest = path.partition("/")
    return bool(separator) and folder != ".." and not folder.endswith((".dist-info", ".data"))
