"""Makes small source archives: with metadata that is stated, or that only a build tells.

The build needs nothing from any index: the archive brings its own backend, which leaves a mark where it ran.
"""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BACKEND = """\
import pathlib, zipfile
MARK, NAME, VERSION, REQUIRES = {mark!r}, {name!r}, {version!r}, {requires!r}
INFO = f"{{NAME}}-{{VERSION}}.dist-info"
METADATA = f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n" + "".join(
    f"Requires-Dist: {{line}}\\n" for line in REQUIRES
)


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    pathlib.Path(MARK).touch()
    folder = pathlib.Path(directory, INFO)
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    return INFO


def build_wheel(directory, config_settings=None, metadata_directory=None):
    pathlib.Path(MARK).touch()
    name = f"{{NAME}}-{{VERSION}}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory, name), "w") as wheel:
        wheel.writestr(f"{{NAME}}.py", "built = True\\n")
        wheel.writestr(f"{{INFO}}/METADATA", METADATA)
        wheel.writestr(f"{{INFO}}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        files = (*wheel.namelist(), f"{{INFO}}/RECORD")
        wheel.writestr(files[-1], "".join(f"{{file}},,\\n" for file in files))
    return name
"""
_PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def make_sdist(
    folder: Path, name: str, version: str, *, mark: Path, requires: tuple[str, ...] = (), is_stated: bool = True
) -> Path:
    """Write one archive; `mark` is touched by whoever builds it. `is_stated`: its PKG-INFO says what it requires."""
    metadata = f"Metadata-Version: {'2.2' if is_stated else '2.1'}\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {line}\n" for line in requires) if is_stated else ""
    backend = _BACKEND.format(mark=str(mark), name=name, version=version, requires=requires)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for member, text in (("PKG-INFO", metadata), ("pyproject.toml", _PROJECT), ("backend.py", backend)):
            info = tarfile.TarInfo(f"{name}-{version}/{member}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return path
