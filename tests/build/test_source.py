"""What a source is, and how archives and repositories come to where they are built."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from gpuenv.build.source import GitSource, NamedSource, SourceArchive, SourceTree, clone, name_of, parse_source, unpack
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.progress import Reporter

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.build.source import Source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("git+https://host/a/fast", GitSource(url="https://host/a/fast")),
        ("git+https://host/a/fast@v1.2", GitSource(url="https://host/a/fast", revision="v1.2")),
        (
            "fast @ git+ssh://git@host/a/fast.git@0251105a#egg=fast&subdirectory=python",
            GitSource(url="ssh://git@host/a/fast.git", revision="0251105a", subdirectory="python"),
        ),
        ("fast[all]>=1,<2", NamedSource(requirement=Requirement("fast[all]>=1,<2"))),
        ("fast-1.0.tar.gz", NamedSource(requirement=Requirement("fast-1.0.tar.gz"))),
    ],
)
def test_a_source_is_told_by_its_spelling(text: str, source: Source, tmp_path: Path) -> None:
    assert parse_source(text, tmp_path) == source


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("git+https://host/a/Simple_KNN.git@v1", "simple-knn"),
        ("mmcv @ git+https://host/a/repo", "mmcv"),
        ("flash_attn[x]>=2", "flash-attn"),
        ("links/flash_attn-2.8.3.tar.gz", "flash-attn"),
        ("links", "links"),
    ],
)
def test_the_package_is_known_by_its_name(text: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "flash_attn-2.8.3.tar.gz").touch()
    assert name_of(parse_source(text, tmp_path), text) == name


def test_what_lies_here_counts_before_its_name(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "fast-1.0.tar.gz").touch()
    assert parse_source("torch", tmp_path) == SourceTree(path=tmp_path / "torch")
    assert parse_source("fast-1.0.tar.gz", tmp_path) == SourceArchive(path=tmp_path / "fast-1.0.tar.gz")


@pytest.mark.parametrize("text", ["./gone", "fast @ https://host/fast.whl", "https://host/fast.tar.gz", ""])
def test_what_is_none_of_these_is_a_usage_error(text: str, tmp_path: Path) -> None:
    if text:
        with pytest.raises(UsageError) as refused:
            parse_source(text, tmp_path)
        assert (refused.value.code, refused.value.context) == ("source-not-understood", {"source": text})


@pytest.mark.parametrize("name", ["fast-1.0.tar.gz", "fast-1.0.zip"])
def test_an_sdist_is_unpacked_to_its_one_folder(tmp_path: Path, name: str) -> None:
    archive = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("fast-1.0/setup.py", "text")
    else:
        write_tar(archive, {"fast-1.0/setup.py": b"text"})
    assert unpack(archive, tmp_path / "out") == tmp_path / "out" / "fast-1.0"
    assert (tmp_path / "out" / "fast-1.0" / "setup.py").read_text() == "text"


@pytest.mark.skipif(os.name == "nt", reason="its folders have no such mode")
def test_what_an_sdist_has_as_read_only_can_be_changed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "fast.tar.gz", "w:gz") as packed:
        info = tarfile.TarInfo("fast-1.0/setup.py")
        info.mode = 0o444
        packed.addfile(info, io.BytesIO())
    script = unpack(tmp_path / "fast.tar.gz", tmp_path / "out") / "setup.py"
    assert oct(script.stat().st_mode & 0o777) == "0o644"


def test_an_archive_that_leads_outside_is_refused(tmp_path: Path) -> None:
    write_tar(tmp_path / "evil.tar.gz", {"../evil.py": b"text"})
    with pytest.raises(GpuenvError) as refused:
        unpack(tmp_path / "evil.tar.gz", tmp_path / "out")
    assert refused.value.code == "archive-unreadable"
    assert not (tmp_path / "evil.py").exists()


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "fast.zip").write_bytes(b"no archive")
    with pytest.raises(GpuenvError) as refused:
        unpack(tmp_path / "fast.zip", tmp_path / "out")
    assert (refused.value.code, refused.value.context["path"]) == ("archive-unreadable", str(tmp_path / "fast.zip"))


def test_a_repository_comes_at_its_revision_with_its_submodules(tmp_path: Path) -> None:
    inner, outer = repository(tmp_path / "inner"), repository(tmp_path / "outer")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", inner.as_uri(), "third_party/inner")
    git(outer, "commit", "--quiet", "-m", "with a submodule")
    git(outer, "tag", "v1")
    (outer / "file.txt").write_text("newer")
    git(outer, "commit", "--quiet", "-am", "newer")
    environ = {
        **os.environ,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.file.allow",
        "GIT_CONFIG_VALUE_0": "always",
    }
    tree = clone(GitSource(url=outer.as_uri(), revision="v1"), tmp_path / "clone", environ=environ, reporter=Reporter())
    assert (tree / "file.txt").read_text() == "text"
    assert (tree / "third_party" / "inner" / "file.txt").read_text() == "text"


def test_a_repository_that_is_not_there_is_named(tmp_path: Path) -> None:
    gone = GitSource(url=(tmp_path / "gone").as_uri())
    with pytest.raises(GpuenvError) as refused:
        clone(gone, tmp_path / "clone", environ=os.environ, reporter=Reporter())
    assert (refused.value.code, refused.value.context["url"]) == ("git-failed", gone.url)


def write_tar(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))


def repository(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "file.txt").write_text("text")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)
