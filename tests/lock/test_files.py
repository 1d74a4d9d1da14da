"""The files of a resolution: one hash each, network before folders, and what cannot be locked is named."""

from __future__ import annotations

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.lock.files import check_pins, local_folders, locked_files, locked_packages
from gpuenv.lock.pylock import parse_engine_pylock
from gpuenv.models.execution import LockedPackage

HEAD = 'lock-version = "1.0"\ncreated-by = "uv"\n'


def engine(*packages: str) -> str:
    return HEAD + "\n".join(f"[[packages]]\n{package}\n" for package in packages)


def wheel(url: str, digest: str) -> str:
    return f'{{ url = "{url}", hashes = {{ sha256 = "{digest}" }} }}'


SIX = "six-1.17.0-py2.py3-none-any.whl"


def test_the_same_wheel_in_a_folder_and_on_an_index_is_the_one_on_the_index() -> None:
    text = engine(
        f'name = "six"\nversion = "1.17.0"\nwheels = [{wheel(f"file:///home/me/w/{SIX}", "aa")}, '
        f"{wheel(f'https://u:p@i.example/f/{SIX}', 'aa')}]"
    )
    (file,) = locked_files(parse_engine_pylock(text))
    assert (file.is_local, file.folder, file.is_source) == (False, "https://i.example/f", False)
    assert locked_packages([file]) == (LockedPackage(project="six", version=Version("1.17.0"), hashes=("sha256:aa",)),)


def test_one_wheel_with_two_hashes_is_refused_with_both_places_and_no_password() -> None:
    text = engine(
        f'name = "six"\nversion = "1.17.0"\nwheels = [{wheel(f"file:///home/me/my%20w/{SIX}", "aa")}, '
        f"{wheel(f'https://u:p@i.example/f/{SIX}', 'bb')}]"
    )
    with pytest.raises(GpuenvError) as refused:
        locked_files(parse_engine_pylock(text))
    assert (refused.value.code, refused.value.context) == (
        "lock-wheel-two-hashes",
        {"wheel": SIX, "first": "/home/me/my w", "second": "https://i.example/f"},
    )


def test_a_source_archive_is_a_file_only_where_there_is_no_wheel() -> None:
    text = engine(
        'name = "mpmath"\nversion = "1.3.0"\nsdist = { url = "https://i.example/mpmath-1.3.0.tar.gz", '
        f'hashes = {{ sha256 = "aa" }} }}\nwheels = [{wheel("https://i.example/mpmath-1.3.0-py3-none-any.whl", "bb")}]',
        'name = "old"\nversion = "1.0"\nsdist = { path = "../w/old-1.0.tar.gz", hashes = { sha256 = "cc" } }',
    )
    files = locked_files(parse_engine_pylock(text))
    assert [(file.filename, file.is_source, file.is_local) for file in files] == [
        ("mpmath-1.3.0-py3-none-any.whl", False, False),
        ("old-1.0.tar.gz", True, True),
    ]
    assert local_folders(files) == {"old": "../w"}


@pytest.mark.parametrize(
    "origin",
    [
        'archive = { url = "https://x.example/a-1.0.zip", hashes = { sha256 = "aa" } }',
        'directory = { path = "../mine" }',
        'vcs = { type = "git", url = "https://x.example/a.git", commit-id = "0123" }',
    ],
)
def test_what_is_on_no_index_is_refused_by_name(origin: str) -> None:
    with pytest.raises(GpuenvError) as refused:
        locked_files(parse_engine_pylock(engine(f'name = "a"\n{origin}')))
    assert (refused.value.code, refused.value.context) == ("lock-not-from-index", {"project": "a"})


def test_a_choice_that_the_engine_left_is_refused() -> None:
    torch = ("torch", Version("2.14.1+cu126"), "torch==2.14.1+cu126")
    check_pins([torch], [LockedPackage(project="torch", version=Version("2.14.1+cu126"))])
    with pytest.raises(GpuenvError) as refused:
        check_pins([torch], [LockedPackage(project="torch", version=Version("2.14.1+cpu"))])
    assert refused.value.context == {"requirement": "torch==2.14.1+cu126", "found": "2.14.1+cpu"}
