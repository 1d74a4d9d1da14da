from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest
from uv import find_uv_bin

from gpuenv import process
from gpuenv.detect.environment import find_environment, parse_home, read_environment
from gpuenv.detect.platform import detect_platform
from gpuenv.errors import GpuenvError
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.platform import PythonVersion
from support.machine_roots import surroundings, write

posix = pytest.mark.skipif(os.name != "posix", reason="interpreters are made of links and scripts")

THIS_PYTHON = PythonVersion(major=sys.version_info[0], minor=sys.version_info[1])
BASE = Path(sys.base_prefix)
SITE = Path("lib") / f"python{THIS_PYTHON}" / "site-packages"


@pytest.fixture
def empty_venv(tmp_path: Path) -> Path:
    root = tmp_path / "an env"
    venv.create(root, symlinks=os.name == "posix", with_pip=False)
    return root


def read(root: Path) -> Environment:
    return read_environment(root, surroundings=surroundings(root.parent))


def code_of(root: Path) -> tuple[str, object]:
    with pytest.raises(GpuenvError) as refused:
        read(root)
    return refused.value.code, refused.value.context.get("path")


class TestFinding:
    def test_a_choice_comes_before_the_active_environment_and_that_before_dot_venv(self, tmp_path: Path) -> None:
        active = {"VIRTUAL_ENV": "/envs/venv", "CONDA_PREFIX": "/envs/conda"}
        assert find_environment("mine", surroundings(tmp_path, active)) == tmp_path / "mine"
        assert find_environment(None, surroundings(tmp_path, active)) == Path("/envs/venv")
        assert find_environment(None, surroundings(tmp_path, {"CONDA_PREFIX": "/envs/conda"})) == Path("/envs/conda")
        assert find_environment(None, surroundings(tmp_path)) == tmp_path / ".venv"

    @posix
    def test_an_interpreter_stands_for_its_environment(self, empty_venv: Path) -> None:
        python = empty_venv / "bin" / "python"
        assert find_environment(str(python), surroundings(empty_venv.parent)) == empty_venv

    def test_the_interpreter_of_a_portable_python_stands_for_its_folder(self, tmp_path: Path) -> None:
        write(tmp_path / "app" / "runtime" / "python.exe", "")
        found = find_environment("app/runtime/python.exe", surroundings(tmp_path))
        assert found == tmp_path / "app" / "runtime"


@posix
class TestReading:
    def test_a_venv_is_read_with_its_interpreter_and_distributions(self, empty_venv: Path) -> None:
        info = empty_venv / SITE / "Typing_Extensions-4.12.2.dist-info"
        write(info / "METADATA", "Metadata-Version: 2.1\nName: Typing_Extensions\nVersion: 4.12.2\n\nText\n")
        write(info / "RECORD", "")
        write(info / "INSTALLER", "uv")
        (empty_venv / SITE / "~orch").mkdir()
        environment = read(empty_venv)
        assert environment == Environment(
            root=empty_venv,
            kind="venv",
            python=empty_venv / "bin" / "python",
            python_version=THIS_PYTHON,
            platform=detect_platform(surroundings(empty_venv)),
            site_packages=empty_venv / SITE,
            distributions=environment.distributions,
            remnants=("~orch",),
        )
        assert environment.installed("typing-extensions") == InstalledDistribution(
            name=environment.distributions[0].name,
            version=environment.distributions[0].version,
            location=info,
            installer="uv",
        )
        assert [(found.name, str(found.version)) for found in environment.distributions] == [
            ("typing-extensions", "4.12.2")
        ]

    def test_a_venv_made_by_uv_is_read(self, tmp_path: Path) -> None:
        argv = [find_uv_bin(), "venv", "--quiet", "--offline", "--python", sys.executable, str(tmp_path / "by-uv")]
        assert process.run(argv, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}).succeeded
        environment = read(tmp_path / "by-uv")
        assert (environment.kind, environment.python_version, environment.distributions) == ("venv", THIS_PYTHON, ())

    def test_the_base_of_this_very_python_is_nobodys_to_change(self) -> None:
        environment = read(BASE)
        assert environment.kind in {"base", "system"}
        assert environment.is_shared
        assert environment.site_packages.is_relative_to(BASE)

    def test_what_a_venv_sees_of_its_base_is_told_apart(self, tmp_path: Path) -> None:
        root = tmp_path / "env"
        venv.create(root, symlinks=True, with_pip=False, system_site_packages=True)
        info = root / SITE / "six-1.16.0.dist-info"
        write(info / "METADATA", "Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n")
        base = read(BASE)
        environment = read(root)
        assert [found.name for found in environment.distributions] == ["six"]
        assert environment.outer == tuple(found for found in base.distributions if found.name != "six")
        assert environment.outer

    def test_a_conda_prefix_is_told_by_its_folder(self, empty_venv: Path) -> None:
        (empty_venv / "conda-meta").mkdir()
        assert read(empty_venv).kind == "conda"

    def test_what_pth_files_print_is_not_taken_for_the_answer(self, empty_venv: Path) -> None:
        write(empty_venv / SITE / "noise.pth", "import sys; print('hello'); print('{}')\n")
        assert read(empty_venv).python_version == THIS_PYTHON

    def test_variables_and_user_folders_of_python_do_not_reach_it(self, empty_venv: Path) -> None:
        around = surroundings(empty_venv, {"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"})
        assert read_environment(empty_venv, surroundings=around).python_version == THIS_PYTHON


class TestRefusals:
    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert code_of(tmp_path / "none") == ("environment-not-found", str(tmp_path / "none"))

    def test_a_folder_without_an_interpreter(self, tmp_path: Path) -> None:
        assert code_of(tmp_path) == ("not-an-environment", str(tmp_path))

    @posix
    def test_a_venv_whose_python_was_removed(self, empty_venv: Path) -> None:
        for name in ("python", "python3", f"python{THIS_PYTHON}"):
            link = empty_venv / "bin" / name
            link.unlink(missing_ok=True)
            link.symlink_to(empty_venv / "gone" / name)
        with pytest.raises(GpuenvError) as refused:
            read(empty_venv)
        assert refused.value.code == "environment-python-gone"
        assert refused.value.context["python"] == str(empty_venv / "bin" / "python")
        assert refused.value.context["home"] == parse_home((empty_venv / "pyvenv.cfg").read_text(encoding="utf-8"))

    @posix
    def test_a_venv_whose_launcher_finds_no_python(self, empty_venv: Path) -> None:
        python = empty_venv / "bin" / "python"
        python.unlink()
        write(python, "#!/bin/sh\necho 'No Python at /gone' >&2\nexit 103\n")
        python.chmod(0o755)
        write(empty_venv / "pyvenv.cfg", "home = /gone/bin\n")
        assert code_of(empty_venv) == ("environment-python-gone", str(empty_venv))

    @posix
    @pytest.mark.parametrize(
        ("script", "detail"),
        [
            ("echo 'bad magic number' >&2; exit 1", "bad magic number"),
            ("exit 3", "exit code 3"),
            ("echo hello", "it answered nothing"),
            ('echo \'gpuenv-interpreter:{"implementation": "pypy"}\'', "it is pypy"),
        ],
    )
    def test_an_interpreter_that_cannot_answer(self, empty_venv: Path, script: str, detail: str) -> None:
        python = empty_venv / "bin" / "python"
        python.unlink()
        write(python, f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        with pytest.raises(GpuenvError) as refused:
            read(empty_venv)
        assert refused.value.code == "environment-python-fails"
        assert refused.value.context == {"python": str(python), "detail": detail}


def test_the_home_of_a_venv_is_read_from_its_configuration() -> None:
    assert parse_home("home = /usr/local/bin\ninclude-system-site-packages = false\n") == "/usr/local/bin"
    assert parse_home("version = 3.12\n") is None
