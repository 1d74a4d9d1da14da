"""A change by somebody else is noticed, whatever tool makes it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from uv import find_uv_bin

from gpuenv.install.steadiness import Watch, project_of
from support.small_environments import python_of, read_small, site_packages_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.index_server import IndexServer


def uv_pip(root: Path, server: IndexServer, environ: Mapping[str, str], *arguments: str) -> None:
    subprocess.run(
        [find_uv_bin(), "pip", *arguments, "-q", "--python", str(python_of(root)), "--index-url", server.simple_url]
        if arguments[0] == "install"
        else [find_uv_bin(), "pip", *arguments, "-q", "--python", str(python_of(root))],
        check=True,
        env=dict(environ),
    )


def test_what_comes_goes_or_changes_is_named(root: Path, server: IndexServer, environ: Mapping[str, str]) -> None:
    uv_pip(root, server, environ, "install", "dep==1.0", "torch==2.0", "--no-deps")
    environment = read_small(root)
    watch = Watch(environment)
    assert watch.changed_since_read == ()
    assert watch.foreign(set()) == ()
    uv_pip(root, server, environ, "install", "dep==2.0", "other", "--no-deps")
    uv_pip(root, server, environ, "uninstall", "torch")
    assert watch.foreign(set()) == ("dep", "other", "torch")
    assert watch.foreign({"dep", "torch"}) == ("other",)
    assert Watch(environment).changed_since_read == ("dep", "other", "torch")


def test_a_copy_of_the_same_version_that_was_written_anew_is_another(
    root: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    uv_pip(root, server, environ, "install", "dep==1.0")
    watch = Watch(read_small(root))
    record = site_packages_of(root) / "dep-1.0.dist-info" / "RECORD"
    content = record.read_text()
    record.unlink()
    assert watch.foreign(set()) == ("dep",)
    record.write_text(f"{content}dep/more.py,,\n")
    assert watch.foreign(set()) == ("dep",)


def test_names_of_metadata_folders_are_read() -> None:
    assert project_of("PyYAML-6.0.2.dist-info") == "pyyaml"
    assert project_of("nvidia_cudnn_cu13-9.20.0.48.dist-info") == "nvidia-cudnn-cu13"
    assert project_of("gpuenv.egg-info") == "gpuenv"
