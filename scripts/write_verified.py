#!/usr/bin/env python3
"""Writes docs/verified-machines.md from the results in tests/data/verified.

scripts/write_verified.py                  # writes the page
scripts/write_verified.py --check          # 1 if the page is not in step with the results
scripts/write_verified.py --add FILE       # takes a file of `gpuenv verify --full --json` in first
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from verified_document import cleaned, file_name, read_results, verified_document

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = ROOT / "tests" / "data" / "verified"
PAGE: Final = ROOT / "docs" / "verified-machines.md"


def main() -> int:
    """Take a result in, write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--add", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.add is not None:
        try:
            result = cleaned(json.loads(options.add.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError) as error:
            print(f"{options.add}: {error}")
            return 1
        RESULTS.mkdir(exist_ok=True)
        saved = RESULTS / file_name(result)
        saved.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"wrote {saved}")
    text = verified_document(read_results(RESULTS))
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if options.check:
        print("docs/verified-machines.md is not in step with its results; run scripts/write_verified.py")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
