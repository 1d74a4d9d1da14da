#!/usr/bin/env python3
"""Writes the documents that follow from the newest matrix: docs/cards.md and docs/evidence.md.

scripts/write_docs.py            # writes them
scripts/write_docs.py --check    # 1 if one of them is not in step with the matrix
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from cards_document import cards_document
from evidence_document import evidence_document

from gpuenv.matrix.catalog import load_matrix

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"


def main() -> int:
    """Write the documents, or compare them."""
    matrix = load_matrix(None, cwd=Path.cwd())
    documents = {"cards.md": cards_document(matrix), "evidence.md": evidence_document(matrix)}
    stale = []
    for name, text in documents.items():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    if stale and "--check" in sys.argv[1:]:
        print(f"not in step with matrix {matrix.version}: {', '.join(stale)}; run scripts/write_docs.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
