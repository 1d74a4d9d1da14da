"""A source archive states what it depends on, or only a build tells."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from gpuenv.lock.source_archive import stated_metadata
from gpuenv.models.execution import StatedMetadata

STATED = """\
Metadata-Version: 2.2
Name: old-style
Version: 1.0
Requires-Python: >=3.9
Requires-Dist: numpy>=1.26
Requires-Dist: colorama; sys_platform == 'win32'
"""


def archive(text: str, member: str = "old_style-1.0/PKG-INFO") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in (("old_style-1.0/setup.py", b"raise SystemExit"), (member, text.encode())):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


EXPECTED = StatedMetadata(
    version="1.0", requires=("numpy>=1.26", "colorama; sys_platform == 'win32'"), requires_python=">=3.9"
)


def test_what_is_stated_is_read_without_building() -> None:
    assert stated_metadata(archive(STATED)) == EXPECTED


def test_a_zip_is_read_as_well() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("old_style-1.0/PKG-INFO", STATED)
    assert stated_metadata(made.getvalue()) == EXPECTED


@pytest.mark.parametrize(
    "content",
    [
        archive(STATED.replace("2.2", "2.1")),
        archive(STATED + "Dynamic: Requires-Dist\n"),
        archive(STATED + "Dynamic: requires-python\n"),
        archive(STATED, member="old_style-1.0/src/old.egg-info/PKG-INFO"),
        archive("Metadata-Version: new\nName: x\nVersion: 1\n"),
        b"not an archive",
        b"PK\x03\x04 not an archive either",
        archive(STATED)[:60],
    ],
    # By name: an archive's bytes hold the second it was made in, and each test process collects for itself.
    ids=[
        "older-metadata-version",
        "dynamic-requirements",
        "dynamic-python",
        "only-egg-info",
        "no-metadata-version",
        "no-archive",
        "broken-zip",
        "cut-off-gzip",
    ],
)
def test_what_only_a_build_tells_is_not_guessed(content: bytes) -> None:
    assert stated_metadata(content) is None
