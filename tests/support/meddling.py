"""Furnishes a small environment and changes it as engines do, for tests of the way back."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from support.small_environments import site_packages_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

PROJECTS = frozenset({"old", "new"})
"""The projects that `meddle` touches."""


WAYS = ("links", "copies", "file by file")
"""How the state before is kept: links and renames; copies where links are refused; files where folders are held."""


def take_way(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file system be one that leaves only that way."""
    if way == "copies":
        refuse_links(monkeypatch)
    elif way == "file by file":
        hold_folders(monkeypatch)


def furnish(root: Path) -> Path:
    """Add a package with a script, a data file, a data file outside the trees, a link, and another package."""
    site_packages = site_packages_of(root)
    (site_packages / "old").mkdir()
    (site_packages / "old" / "__init__.py").write_text("old\n")
    (site_packages / "old" / "data.bin").write_bytes(b"\0" * 5000)
    (site_packages / "old" / "empty").mkdir(mode=0o750)
    (root / "bin" / "old-script").write_text("#!/bin/sh\n")
    (root / "bin" / "old-script").chmod(0o755)
    (site_packages / "link").symlink_to("old")
    (root / "config").mkdir()
    (root / "config" / "old.toml").write_text("old\n")
    rows = ("old/__init__.py", "old/data.bin", "../../../bin/old-script", "../../../config/old.toml")
    add_info(root, "old", rows)
    (site_packages / "other").mkdir()
    (site_packages / "other" / "__init__.py").write_text("other\n")
    add_info(root, "other", ("other/__init__.py",))
    return root


def add_info(root: Path, name: str, rows: tuple[str, ...]) -> None:
    """Give a package its `dist-info` folder."""
    info = site_packages_of(root) / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    every = (*rows, f"{info.name}/METADATA", f"{info.name}/RECORD")
    (info / "RECORD").write_text("".join(f"{row},,\n" for row in every))


def meddle(root: Path) -> None:
    """Take `old` out and put `new` in: files are removed, made and replaced, never written in place."""
    site_packages = site_packages_of(root)
    shutil.rmtree(site_packages / "old")
    shutil.rmtree(site_packages / "old-1.0.dist-info")
    (root / "config" / "old.toml").unlink()
    (site_packages / "new").mkdir()
    (site_packages / "new" / "__init__.py").write_text("new\n")
    (root / "bin" / "other").write_text("other\n")
    (root / "bin" / "other").replace(root / "bin" / "old-script")
    (root / "share" / "man").mkdir(parents=True)
    (root / "share" / "man" / "new.1").write_text("new\n")
    add_info(root, "new", ("new/__init__.py", "../../../share/man/new.1", "../../../config/new.toml"))
    (root / "config" / "new.toml").write_text("new\n")
    (root / "pyvenv.cfg").write_text("home = elsewhere\n")


def refuse_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file system refuse links."""
    monkeypatch.setattr(os, "link", refuse_link)


def refuse_link(*_paths: object, **_options: object) -> None:
    """Take the place of `os.link` on FAT and some network file systems."""
    raise PermissionError(errno.EPERM, "Operation not permitted")


def hold_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system refuse to rename folders of an environment."""
    monkeypatch.setattr(os, "rename", refusing_folders(os.rename))


def refusing_folders(rename: Callable[..., None]) -> Callable[..., None]:
    """Make an `os.rename` of Windows, where a program or library in each folder of the environment is in use."""

    def refuse(source: str | Path, target: str | Path) -> None:
        path = Path(source)
        if path.is_dir() and not path.is_symlink() and ".gpuenv" not in path.parts:
            raise PermissionError(errno.EACCES, "The process cannot access the file", str(source))
        rename(source, target)

    return refuse
