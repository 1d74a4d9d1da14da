#!/usr/bin/env python3
"""Writes the sha256 of each file of a matrix folder into its manifest: `scripts/seal_matrix.py matrices/2026.11`."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

MANIFEST = "manifest.toml"
FILES_TABLE = "[files]"


def seal(folder: Path) -> None:
    """Replace the table of files; everything above it stays as it is."""
    manifest = folder / MANIFEST
    head = manifest.read_text(encoding="utf-8").partition(FILES_TABLE)[0]
    lines = [
        f'"{path.name}" = "{hashlib.sha256(path.read_bytes()).hexdigest()}"'
        for path in sorted(folder.glob("*.toml"))
        if path.name != MANIFEST
    ]
    manifest.write_text("\n".join([head + FILES_TABLE, *lines, ""]), encoding="utf-8")
    print(f"{manifest}: {len(lines)} files")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        seal(Path(argument))
