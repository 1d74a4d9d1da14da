#!/usr/bin/env python3
"""Compares a matrix with the live indexes and proposes the next version of it.

Usage: scripts/refresh_matrix.py [--index URL|DIR] [--no-pypi] [--matrix FOLDER] --version 2026.12 --into matrices

The folder of the new version gets the files of the old one, a row for each build that appeared (without code: `gpuenv
matrix validate` complains of it until it is measured and merged), and `proposal.md`: what appeared, what vanished, and
what needs measuring, with the commands. Rows of vanished builds stay: there are environments that hold them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Final

from default_index import Changes, changes, measuring
from packaging.version import Version
from seal_matrix import seal

from gpuenv.errors import GpuenvError
from gpuenv.index.pages import read_project_page
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.index import PYTORCH_INDEX_URL, Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.platform import PLATFORM_NAMES
from gpuenv.models.surroundings import Surroundings
from gpuenv.project.pip_configuration import read_index_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gpuenv.models.index import IndexedWheel
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.settings import IndexSettings

MARKS: Final = {
    "linux-x86_64": re.compile(r"(?:manylinux.*|linux)_x86_64"),
    "linux-aarch64": re.compile(r"(?:manylinux.*|linux)_aarch64"),
    "windows-x86_64": re.compile(r"win_amd64"),
    "macos-arm64": re.compile(r"macosx_.*_arm64"),
}
INTERPRETER: Final = re.compile(r"cp3(\d+)")
MEASURED: Final = frozenset({Evidence.BINARY, Evidence.BINARY_PARTIAL})
MATRICES: Final = Path(__file__).resolve().parents[1] / "matrices"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Build:
    """One build of torch on the PyTorch index."""

    version: Version
    tag: str
    platform: str

    def __str__(self) -> str:
        return f"{self.version}+{self.tag} {self.platform}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the indexes have and the matrix does not, and the other way round."""

    appeared: Mapping[Build, tuple[IndexedWheel, ...]]
    vanished: tuple[Build, ...]
    unread: tuple[str, ...]
    """Tags that could not be read, with the reason."""
    on_default: Changes
    """The default index."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.appeared or self.vanished or self.on_default.appeared or self.on_default.vanished)


def main() -> int:
    """Compare, and write the proposal; 0 also where nothing changed, and then nothing is written."""
    arguments = parse_arguments()
    surroundings = Surroundings(
        environ=dict(os.environ), cwd=Path.cwd(), home=Path.home(), now=datetime.now(tz=timezone.utc)
    )
    matrix = load_matrix(arguments.matrix, cwd=surroundings.cwd)
    old = Path(arguments.matrix or MATRICES / matrix.version)
    settings = read_index_settings(surroundings, venv=None)
    on_default = Changes() if arguments.no_pypi else changes(matrix, surroundings)
    found = difference(matrix, arguments.index, settings, on_default)
    text = proposal(matrix, found, arguments.index, arguments.version)
    print(text)
    if found.is_empty:
        return 0
    new = Path(arguments.into, arguments.version)
    if new.exists():
        print(f"{new} is there already: it is left alone", file=sys.stderr)
        return 1
    write(old, new, found, text, version=arguments.version, today=surroundings.now.date().isoformat())
    return 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", default=PYTORCH_INDEX_URL, help="base of PyTorch-style indexes, or a folder")
    parser.add_argument("--no-pypi", action="store_true", help="do not ask pip for the releases on the default index")
    parser.add_argument("--matrix", metavar="FOLDER", help="the matrix to start from (default: the newest)")
    parser.add_argument("--version", required=True, metavar="2026.12", help="the version to propose")
    parser.add_argument("--into", default="matrices", metavar="DIR", help="where the folder of the version is made")
    return parser.parse_args()


def difference(matrix: CompatibilityMatrix, index: str, settings: IndexSettings, on_default: Changes) -> Difference:
    """Read the page of torch of every tag that the matrix knows or that a toolkit of it would have."""
    source = Source(kind=SourceKind.PYTORCH, location=index)
    tags = sorted({build.tag for build in matrix.torch} | {release.version.tag for release in matrix.cuda[-4:]})
    oldest = min(build.version for build in matrix.torch)
    known = {
        Build(version=build.version, tag=build.tag, platform=build.platform)
        for build in matrix.torch
        if build.on_pytorch_index
    }
    listed: dict[Build, list[IndexedWheel]] = {}
    unread = []
    read = set()
    for tag in tags:
        try:
            page = read_project_page(source, tag, "torch", settings=settings, cache=None)
        except GpuenvError as error:
            unread.append(f"{tag}: {error.code}")
            continue
        read.add(tag)
        for wheel in page.wheels:
            version = Version(wheel.version.public)
            if version >= oldest and not version.is_prerelease and not wheel.is_yanked:
                for platform in platforms_of(wheel):
                    listed.setdefault(Build(version=version, tag=tag, platform=platform), []).append(wheel)
    return Difference(
        appeared={build: tuple(listed[build]) for build in sorted(listed) if build not in known},
        vanished=tuple(sorted(build for build in known if build.tag in read and build not in listed)),
        unread=tuple(unread),
        on_default=on_default,
    )


def platforms_of(wheel: IndexedWheel) -> set[str]:
    """Tell the platforms that gpuenv knows and a wheel is for."""
    return {name for name in PLATFORM_NAMES for tag in wheel.tags if MARKS[name].fullmatch(tag.platform)}


def proposal(matrix: CompatibilityMatrix, found: Difference, index: str, version: str) -> str:
    """Write what changed, for the person who decides."""
    measure = [
        f"scripts/measure_wheels.py --project torch --index {index}/{build.tag} --platform {build.platform}"
        f" --version {wheels[0].version} --full"
        for build, wheels in found.appeared.items()
        if build.tag != "cpu"
    ]
    parts = (
        ("Appeared", [str(build) for build in found.appeared]),
        ("Appeared on the default index", [str(release) for release in found.on_default.appeared]),
        ("Vanished", [str(build) for build in found.vanished]),
        ("Vanished from the default index", [str(release) for release in found.on_default.vanished]),
        ("Needs measuring", [*measure, *measuring(found.on_default)]),
        ("Known, but no wheel was read so far", list(_never_read(matrix, index))),
        ("Could not be read", [*found.unread, *found.on_default.unread]),
    )
    lines = [f"# Matrix {version}, proposed after {matrix.version}"]
    for title, items in parts:
        lines += ["", f"## {title}: {len(items)}", *([""] if items else []), *(f"- {item}" for item in items)]
    return "\n".join([*lines, ""])


def _never_read(matrix: CompatibilityMatrix, index: str) -> Iterator[str]:
    """Give the commands that would read the builds of a tag, with the number of those that need it."""
    weak = Counter(
        (build.tag, build.platform)
        for build in matrix.torch
        if build.cuda is not None and build.provenance.evidence not in MEASURED
    )
    for (tag, platform), count in sorted(weak.items()):
        yield f"scripts/measure_wheels.py --project torch --index {index}/{tag} --platform {platform} ({count} builds)"


def write(old: Path, new: Path, found: Difference, text: str, *, version: str, today: str) -> None:
    """Make the folder of the new version."""
    shutil.copytree(old, new)
    manifest = new / "manifest.toml"
    head = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', manifest.read_text(encoding="utf-8"))
    manifest.write_text(re.sub(r'(?m)^released = ".*"$', f'released = "{today}"', head), encoding="utf-8")
    torch = new / "torch.toml"
    torch.write_text(with_rows(torch.read_text(encoding="utf-8"), found, today), encoding="utf-8")
    (new / "proposal.md").write_text(text, encoding="utf-8")
    seal(new)


def with_rows(text: str, found: Difference, today: str) -> str:
    """Add a row for each build that appeared, to its release or to a new one before the companions."""
    source = f"listing-{today}"
    by_version: dict[Version, list[Build]] = {}
    for build in found.appeared:
        by_version.setdefault(build.version, []).append(build)
    for version, builds in by_version.items():
        rows = "".join(f"  {_row(build, found.appeared[build], source)},\n" for build in builds)
        release = re.search(rf'(?ms)^\[\[release\]\]\nversion = "{re.escape(str(version))}"\n.*?^\]\n', text)
        if release is not None:
            text = f"{text[: release.end() - 2]}{rows}{text[release.end() - 2 :]}"
            continue
        pythons = _pythons(wheel for build in builds for wheel in found.appeared[build])
        block = f'[[release]]\nversion = "{version}"\npython = "{pythons}"\ncudnn = {{}}\nsource = "{source}"\n'
        text = text.replace("[[companion]]\n", f"{block}build = [\n{rows}]\n\n[[companion]]\n", 1)
    if by_version:
        text = f'{text.rstrip()}\n"{source}" = ["report", "listed on the PyTorch index on {today}, not yet read"]\n'
    return text


def _row(build: Build, wheels: Iterable[IndexedWheel], source: str) -> str:
    has_label = any(wheel.version.local for wheel in wheels)
    cells = [f'tag = "{build.tag}"', f'platform = "{build.platform}"']
    cells += [] if build.tag == "cpu" else ['sass = ""']
    cells += [] if has_label else ['local = ""']
    return f"{{ {', '.join([*cells, f'source = {chr(34)}{source}{chr(34)}'])} }}"


def _pythons(wheels: Iterable[IndexedWheel]) -> str:
    minors = sorted(
        {
            int(found[1])
            for wheel in wheels
            for tag in wheel.tags
            if (found := INTERPRETER.fullmatch(tag.interpreter)) is not None
        }
    )
    return f"3.{minors[0]}..3.{minors[-1]}" if minors else "3.10..3.10"


if __name__ == "__main__":
    sys.exit(main())
