"""Reads `manifest.toml`: which matrix this is and which files it is made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.matrix.table import Table

SCHEMA: Final = 1
"""The layout of matrix folders that this gpuenv reads."""
MANIFEST: Final = "manifest.toml"

_VERSION = re.compile(r"\d{4}\.\d{1,2}(\.\d+)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `manifest.toml` holds."""

    version: str
    """`2026.11`, or `2026.11.1` for its first correction."""
    released: str
    """ISO date."""
    files: Mapping[str, str]
    """sha256 of each other file of the folder, by name."""


def parse_manifest(root: Table) -> Manifest:
    """Give `manifest.toml` its meaning; `matrix-schema-unsupported` for a matrix made for another gpuenv.

    schema = 1
    version = "2026.11"
    released = "2026-11-21"

    [files]
    "torch.toml" = "0123...cdef"
    """
    schema = root.number("schema")
    if schema != SCHEMA:
        raise GpuenvError("matrix-schema-unsupported", file=root.file, schema=schema, supported=SCHEMA)
    files = root.table("files")
    manifest = Manifest(
        version=root.read("version", _parse_matrix_version),
        released=root.text("released"),
        files={name: files.read(name, _parse_sha256) for name in files.keys()},  # noqa: SIM118 - no mapping
    )
    root.finish()
    return manifest


def _parse_matrix_version(text: str) -> str:
    if not is_matrix_version(text):
        raise ValueError(text)
    return text


def is_matrix_version(text: str) -> bool:
    """Tell whether a text is written like a matrix version."""
    return _VERSION.fullmatch(text) is not None


def _parse_sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError(text)
    return text
