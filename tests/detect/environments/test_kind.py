"""Whose a Python is: only positive evidence makes it one application's own."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from gpuenv.detect.environments.interpreter import InterpreterFacts
from gpuenv.detect.environments.kind import environment_kind, is_shared_place
from gpuenv.models.platform import PythonVersion
from support.machine_roots import write


def facts(prefix: Path, *, base: Path | None = None, is_relocatable: bool = False) -> InterpreterFacts:
    return InterpreterFacts(
        version=PythonVersion(major=3, minor=12),
        prefix=prefix,
        base_prefix=base or prefix,
        stdlib=prefix / "lib/python3.12",
        purelib=prefix / "lib/python3.12/site-packages",
        platlib=prefix / "lib/python3.12/site-packages",
        is_64bit=True,
        is_relocatable=is_relocatable,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "app" / "runtime"
    found.mkdir(parents=True)
    return found


def test_a_python_that_shows_nothing_may_be_others_base(folder: Path) -> None:
    assert environment_kind(folder, facts(folder)) == "base"


@pytest.mark.parametrize("file", ["webui.py", "go-webui.bat", "requirements.txt", "run_nvidia_gpu.bat"])
def test_a_python_inside_an_applications_folder_is_the_applications(folder: Path, file: str) -> None:
    write(folder.parent / file, "")
    assert environment_kind(folder, facts(folder)) == "portable"


@pytest.mark.parametrize("sign", [".bashrc", "AppData/Local/x"])
def test_a_home_folder_is_no_application(folder: Path, sign: str) -> None:
    write(folder.parent / "notes.py", "")
    write(folder.parent / sign, "")
    assert environment_kind(folder, facts(folder)) == "base"


def test_an_embeddable_python_is_portable(folder: Path) -> None:
    write(folder / "python312._pth", "python312.zip\n.\n")
    assert environment_kind(folder, facts(folder)) == "portable"


def test_a_build_that_was_made_to_be_moved_is_portable_unless_it_is_managed(folder: Path) -> None:
    told = facts(folder, is_relocatable=True)
    assert environment_kind(folder, told) == "portable"
    write(told.stdlib / "EXTERNALLY-MANAGED", "[externally-managed]\n")
    assert environment_kind(folder, told) == "system"


def test_a_base_python_stays_one_beside_scripts_and_when_it_can_be_moved(tmp_path: Path) -> None:
    prefix = tmp_path / ".pyenv/versions/3.12.4"
    prefix.mkdir(parents=True)
    write(prefix.parent / "tool.py", "")
    assert environment_kind(prefix, facts(prefix, is_relocatable=True)) == "base"


def test_the_systems_own_is_the_systems(folder: Path) -> None:
    assert environment_kind(folder, facts(Path("/usr"))) == "system"


def test_venvs_and_conda_prefixes_are_told_before_all_else(folder: Path) -> None:
    write(folder.parent / "webui.py", "")
    assert environment_kind(folder, facts(folder, base=Path("/usr"))) == "venv"
    (folder / "conda-meta").mkdir()
    assert environment_kind(folder, facts(folder)) == "conda"


@pytest.mark.parametrize(
    "prefix",
    [
        "/home/me/.pyenv/versions/3.12.4",
        "/home/me/.asdf/installs/python/3.12.4",
        "/home/me/.local/share/mise/installs/python/3.12",
        "/home/me/.local/share/uv/python/cpython-3.12.4-linux-x86_64-gnu",
        "/opt/python/cp312-cp312",
        "/opt/homebrew/opt/python@3.12",
        "/Library/Frameworks/Python.framework/Versions/3.12",
        "/nix/store/abc-python3-3.12.4",
        "C:/Users/me/AppData/Local/Programs/Python/Python312",
        "C:/Users/me/AppData/Local/Python/pythoncore-3.14-64",
        "C:/Program Files/Python312",
        "C:/Program Files (x86)/Python",
        "C:/Python312",
        "C:/Users/me/.pyenv/pyenv-win/versions/3.12.4",
        "C:/hostedtoolcache/windows/Python/3.12.4/x64",
    ],
)
def test_the_places_of_installers_are_known(prefix: str) -> None:
    assert is_shared_place(PurePosixPath(prefix))


@pytest.mark.parametrize(
    "prefix",
    ["/srv/app/runtime", "D:/ComfyUI_windows_portable/python_embeded", "C:/GPT-SoVITS/runtime", "/opt/app/python"],
)
def test_other_places_are_not(prefix: str) -> None:
    assert not is_shared_place(PurePosixPath(prefix))
