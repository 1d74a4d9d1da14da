"""Makes small real wheels: what uv and pip install, with valid METADATA, WHEEL and RECORD.

make_wheel(folder, "torch", "2.9.0+cu128", tags="cp312-cp312-manylinux_2_28_x86_64", requires=("triton==3.5.0",))
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    tags: str = "py3-none-any",
    build: str | None = None,
    requires: tuple[str, ...] = (),
    requires_python: str | None = None,
    provides_extras: tuple[str, ...] = (),
    files: Mapping[str, str | bytes] | None = None,
) -> Path:
    """Write one wheel into `folder` and give its path.

    `files` are its members by path below site-packages; without any it gets `<name>/__init__.py` with `__version__`.
    The same arguments always give the same bytes.
    """
    module = canonicalize_name(name).replace("-", "_")
    members = dict(files or {f"{module}/__init__.py": f"__version__ = {version!r}\n"})
    info = f"{module}-{version}.dist-info"
    members[f"{info}/METADATA"] = _metadata(name, version, requires, requires_python, provides_extras)
    members[f"{info}/WHEEL"] = _wheel_file(tags, build)
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in members.items()}
    contents[f"{info}/RECORD"] = _record(contents, f"{info}/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    filename = "-".join(part for part in (module, version, build, tags) if part)
    path = folder / f"{filename}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in contents.items():
            entry = zipfile.ZipInfo(member, date_time=(2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return path


def sha256_of(path: Path) -> str:
    """Give a file's SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _metadata(
    name: str, version: str, requires: tuple[str, ...], requires_python: str | None, extras: tuple[str, ...]
) -> str:
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join(lines) + "\n"


def _wheel_file(tags: str, build: str | None) -> str:
    pythons, abis, platforms = tags.split("-")
    lines = ["Wheel-Version: 1.0", "Generator: gpuenv-tests", "Root-Is-Purelib: true"]
    if build:
        lines.append(f"Build: {build}")
    lines += [
        f"Tag: {python}-{abi}-{platform}"
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
    ]
    return "\n".join(lines) + "\n"


def _record(contents: Mapping[str, bytes], own_path: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for path, content in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow([path, f"sha256={digest}", len(content)])
    writer.writerow([own_path, "", ""])
    return text.getvalue().encode()
