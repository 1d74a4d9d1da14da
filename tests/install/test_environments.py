"""Environments are created by the real uv, and only where one may be."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.install.change import change
from gpuenv.install.environments import create_environment, is_free, require_changeable, require_free
from gpuenv.models.notice import Notice
from gpuenv.models.settings import IndexSettings
from support.small_environments import picture, python_of, read_small, versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.index_server import IndexServer


def create(root: Path, server: IndexServer, environ: Mapping[str, str], **options: str) -> tuple[Notice, ...]:
    settings = IndexSettings(index_url=server.simple_url)
    return create_environment(root, python=options.get("python", sys.executable), settings=settings, environ=environ)


def test_an_environment_gets_pip_where_pip_can_be_had(
    tmp_path: Path, server: IndexServer, environ: Mapping[str, str], wheels: Path
) -> None:
    server.add(make_wheel(wheels, "pip", "99.0"), "pypi")
    root = tmp_path / "env"
    with change(root, is_new=True) as ongoing:
        assert create(root, server, environ) == ()
        ongoing.commit()
    assert versions(root) == {"pip": "99.0"}
    subprocess.run([python_of(root), "-c", "import sys; assert sys.prefix != sys.base_prefix"], check=True)


def test_without_pip_it_is_made_all_the_same_and_that_is_said(
    tmp_path: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    root = tmp_path / "env"
    assert create(root, server, environ) == (Notice.of("environment-without-pip", cause="package-not-found"),)
    assert versions(root) == {}


@pytest.mark.parametrize("python", ["3.99", "/nonexistent/python"])
def test_a_python_that_is_not_there_is_not_downloaded(
    tmp_path: Path, server: IndexServer, environ: Mapping[str, str], python: str
) -> None:
    root = tmp_path / "env"
    with pytest.raises(GpuenvError) as caught, change(root, is_new=True):
        create(root, server, environ, python=python)
    assert caught.value.code == "python-not-found"
    assert not root.exists()


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path: Path, root: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "README").write_text("")
    for occupied in (tmp_path / "file", tmp_path / "project", root):
        before = picture(tmp_path)
        with pytest.raises(GpuenvError, match="folder-not-empty"):
            require_free(occupied)
        assert picture(tmp_path) == before
    (tmp_path / "empty" / ".gpuenv").mkdir(parents=True)
    require_free(tmp_path / "empty")
    require_free(tmp_path / "missing")
    assert is_free(tmp_path / "empty")
    assert not is_free(tmp_path / "missing")


def test_packages_that_a_symlink_leads_out_to_are_not_changed(root: Path, tmp_path: Path) -> None:
    (root / "lib").rename(tmp_path / "elsewhere")
    (root / "lib").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(GpuenvError, match="packages-outside-environment"):
        require_changeable(read_small(root))


def test_the_operating_systems_python_is_not_changed(root: Path) -> None:
    require_changeable(read_small(root))
    with pytest.raises(GpuenvError, match="system-interpreter"):
        require_changeable(replace(read_small(root), kind="system"))
