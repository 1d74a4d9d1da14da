#!/usr/bin/env python3
"""Reads what torch wheels say of themselves besides GPU code, and writes one JSON line for each release.

    scripts/measure_headers.py > headers.jsonl
    scripts/measure_headers.py --version 2.15.0 --platform linux-aarch64

That is: the CUDA version in `torch/version.py`, the pins of cuDNN, NCCL and Triton in METADATA, and the C++ standard
that the headers ask for (`__cplusplus` in ATen/ATen.h) beside the one that `torch.utils.cpp_extension` compiles with.
A few megabytes of each wheel are fetched through range requests, most of it the wheel's directory.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from find_wheels import FIRST, PYTHONS, Found, locate, releases
from packaging.requirements import Requirement
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.index.remote_file import RemoteFile
from gpuenv.models.platform import PLATFORM_NAMES
from gpuenv.models.surroundings import Surroundings
from gpuenv.project.pip_configuration import read_index_settings

if TYPE_CHECKING:
    from gpuenv.models.settings import IndexSettings

PROJECT: Final = "torch"
VERSION_FILE: Final = "torch/version.py"
HEADER: Final = "torch/include/ATen/ATen.h"
EXTENSION_BUILDER: Final = "torch/utils/cpp_extension.py"
PINNED: Final = re.compile(r"triton|nvidia-(?:cudnn|nccl)(?:-cu\d+)?|cuda-toolkit")
CUDA: Final = re.compile(r"^cuda[^=\n]*=\s*'([\d.]+)'", re.MULTILINE)
STANDARD: Final = re.compile(r"__cplusplus\s*<\s*(\d{4})\d\dL")
COMPILED_WITH: Final = re.compile(r"std=c\+\+(\d\d)")
STANDARDS: Final = {"2014": 14, "2017": 17, "2020": 20, "2023": 23}


def main() -> int:
    """Measure every release, or those named; 1 if anything could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="append", default=[], help="this release only")
    parser.add_argument("--platform", choices=PLATFORM_NAMES, default="linux-x86_64")
    arguments = parser.parse_args()
    surroundings = Surroundings(
        environ=dict(os.environ), cwd=Path.cwd(), home=Path.home(), now=datetime.now(tz=timezone.utc)
    )
    settings = read_index_settings(surroundings, venv=None)
    chosen = [Version(version) for version in arguments.version] or [
        version
        for version in releases(PROJECT, arguments.platform, surroundings)
        if version >= Version(FIRST[PROJECT]) and version.local is None
    ]
    failures = 0
    for version in chosen:
        wheels = (locate(PROJECT, arguments.platform, version, python, settings, surroundings) for python in PYTHONS)
        found = next((wheel for wheel in wheels if wheel is not None), None)
        row = None if found is None else measured(found, version, settings)
        failures += row is None
        if row is not None:
            print(json.dumps(row), flush=True)
    return 1 if failures else 0


def measured(found: Found, version: Version, settings: IndexSettings) -> dict[str, Any] | None:
    """Read one wheel; what went wrong is told."""
    place = urlsplit(found.place)
    try:
        with (
            Path(url2pathname(place.path)).open("rb")
            if place.scheme == "file"
            else RemoteFile(found.place, settings) as file,
            zipfile.ZipFile(file) as archive,
        ):
            facts = _facts(archive)
    except (GpuenvError, OSError, zipfile.BadZipFile) as error:
        print(f"{found.filename}: {error}", file=sys.stderr)
        return None
    return {
        "project": PROJECT,
        "version": str(version),
        "platform": found.platform,
        "filename": found.filename,
        "sha256": found.sha256,
        **facts,
        "measured": datetime.now(tz=timezone.utc).date().isoformat(),
    }


def _facts(archive: zipfile.ZipFile) -> dict[str, Any]:
    names = archive.namelist()

    def text(name: str) -> str:
        return archive.read(name).decode(errors="replace") if name in names else ""

    metadata = next((name for name in names if name.endswith(".dist-info/METADATA")), "")
    asked = STANDARD.search(text(HEADER))
    used = COMPILED_WITH.search(text(EXTENSION_BUILDER))
    cuda = CUDA.search(text(VERSION_FILE))
    return {
        "cuda": cuda[1] if cuda else None,
        "requires": pins(text(metadata)),
        "cxx_headers": STANDARDS.get(asked[1]) if asked else None,
        "cxx_extensions": int(used[1]) if used else None,
    }


def pins(metadata: str) -> dict[str, str]:
    """Give the requirements on CUDA libraries and Triton: name and specifier. Markers are left out."""
    lines = [line.partition(":")[2].strip() for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    found = [Requirement(line) for line in lines]
    return {one.name: str(one.specifier) for one in found if PINNED.fullmatch(one.name)}


if __name__ == "__main__":
    sys.exit(main())
