from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.project.pip_files import PipValue, System, parse_pip_file, pip_files, read_pip_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.surroundings import Surroundings

DATA = Path(__file__).parent.parent / "data" / "project"


def test_a_file_is_read_with_normal_names_and_values_as_written() -> None:
    text = (DATA / "pip.conf").read_text(encoding="utf-8")
    values = [(found.section, found.name, found.text) for found in parse_pip_file(text, "pip.conf")]
    assert values == [
        ("global", "index-url", "https://mirror.example/simple/"),
        ("global", "extra-index-url", "\nhttps://one.example/simple\nhttps://two.example/simple"),
        ("global", "find-links", "https://links.example/a.html https://links.example/b.html"),
        ("global", "trusted-host", "mirror.example\nother.example:8443"),
        ("global", "timeout", "60"),
        ("global", "no-index", "no"),
        ("install", "timeout", "30"),
        ("install", "constraint", "limits.txt"),
        ("download", "timeout", "1"),
        ("download", "index-url", "https://download.example/simple"),
    ]


def test_a_file_that_does_not_parse_is_named() -> None:
    with pytest.raises(GpuenvError) as caught:
        list(parse_pip_file("index-url = x\n", "/etc/pip.conf"))
    assert (caught.value.code, caught.value.context["file"]) == ("pip-configuration-unreadable", "/etc/pip.conf")


@pytest.mark.parametrize(
    ("system", "environ", "expected"),
    [
        (
            "linux",
            {},
            ("/etc/xdg/pip/pip.conf", "/etc/pip.conf", "{home}/.pip/pip.conf", "{home}/.config/pip/pip.conf"),
        ),
        (
            "linux",
            {"XDG_CONFIG_DIRS": "/a:relative:/b", "XDG_CONFIG_HOME": "/c"},
            ("/a/pip/pip.conf", "/b/pip/pip.conf", "/etc/pip.conf", "{home}/.pip/pip.conf", "/c/pip/pip.conf"),
        ),
        (
            "darwin",
            {},
            (
                "/Library/Application Support/pip/pip.conf",
                "{home}/.pip/pip.conf",
                "{home}/.config/pip/pip.conf",
            ),
        ),
        (
            "win32",
            {"PROGRAMDATA": "/ProgramData", "APPDATA": "/Roaming"},
            ("/ProgramData/pip/pip.ini", "{home}/pip/pip.ini", "/Roaming/pip/pip.ini"),
        ),
    ],
)
def test_each_system_has_its_files_in_order(
    surroundings: Callable[..., Surroundings], system: System, environ: dict[str, str], expected: tuple[str, ...]
) -> None:
    here = surroundings(**environ)
    found = [str(path) for path in pip_files(here, system=system, venv=None)]
    assert found == [name.format(home=here.home) for name in expected]


def test_a_chosen_file_takes_the_place_of_the_users_files_once_it_exists(
    surroundings: Callable[..., Surroundings],
) -> None:
    here = surroundings(PIP_CONFIG_FILE="mine.conf")
    before = pip_files(here, system="linux", venv=here.cwd / ".venv")
    (here.cwd / "mine.conf").write_text("", encoding="utf-8")
    after = pip_files(here, system="linux", venv=here.cwd / ".venv")
    assert before[-4:] == (
        here.home / ".pip/pip.conf",
        here.home / ".config/pip/pip.conf",
        here.cwd / ".venv/pip.conf",
        here.cwd / "mine.conf",
    )
    assert after[-3:] == (Path("/etc/pip.conf"), here.cwd / ".venv/pip.conf", here.cwd / "mine.conf")


def test_the_null_device_switches_every_file_off(surroundings: Callable[..., Surroundings]) -> None:
    here = surroundings(PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="/wheels", PIP_VERSION="x", HOME="/root")
    assert pip_files(here, system="linux", venv=here.cwd) == ()
    assert [value for value in read_pip_values(here, system="linux", venv=None) if value.name != "config-file"] == [
        PipValue(section=":env:", name="find-links", text="/wheels", origin="environment variable PIP_FIND_LINKS")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_with_chinese_paths_is_read(surroundings: Callable[..., Surroundings], encoding: str) -> None:
    here = surroundings(PIP_CONFIG_FILE="pip.conf")
    (here.cwd / "pip.conf").write_text("[global]\nfind-links = /轮子\n", encoding=encoding)
    assert [value.text for value in read_pip_values(here, system="linux", venv=None) if value.name == "find-links"] == [
        "/轮子"
    ]
