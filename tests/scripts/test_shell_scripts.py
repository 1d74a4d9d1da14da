"""The shell scripts: what they do with the Python that a machine has, and how a run of the checks ends."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from support.checkout import ROOT, Checkout, write_program

SCRIPTS = (*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci" / "run")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the shell scripts are for POSIX systems")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_script_parses(script: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    subprocess.run([shell, "-n", script], check=True)


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", f"sudo apt-get install -y python3.{sys.version_info.minor}-venv"),
        ("dnf", "sudo dnf install -y python3-pip"),
    ],
)
@pytest.mark.parametrize("script", ["scripts/bootstrap.sh", "scripts/test.sh"])
def test_a_python_without_pip_and_ensurepip_is_refused_with_one_line(
    checkout: Checkout, script: str, manager: str, line: str
) -> None:
    checkout.python("ensurepip", "pip")
    checkout.program(manager, "exit 9")
    ran = checkout.run(script)
    assert ran.returncode == 1
    python = checkout.path / "python3"
    assert ran.stderr.splitlines()[0] == f"error: {python} has neither ensurepip nor pip; install them: {line}"
    assert sorted(path.name for path in checkout.root.iterdir()) == [".ci", "pyproject.toml", "scripts"]


def test_a_machine_without_a_new_enough_python_is_told_what_to_install(checkout: Checkout) -> None:
    checkout.program("python3", "exit 1  # as 3.9 answers the question for 3.10")
    checkout.program("apt-get", "exit 9")
    ran = checkout.run("scripts/bootstrap.sh")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "error: no Python 3.10 or newer was found; install one: sudo apt-get install -y python3 python3-venv\n"
    )


MAKE = """
. "$1/scripts/environment.sh"
fill() { echo "filled"; }
make_environment "$1/an env" "$1/pyproject.toml" && "$env_python" -c 'import pip, sys; print(sys.prefix)'
"""


@pytest.fixture
def making(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A checkout with a script that makes an environment; pip comes from what ensurepip carries, not from an index."""
    (checkout.root / "make.sh").write_text(MAKE)
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(_bundled_pip()))
    monkeypatch.setenv("PIP_USER", "1")
    return checkout


@pytest.mark.parametrize("missing", [(), ("ensurepip",)], ids=["ensurepip", "pip only"])
def test_an_environment_gets_pip_from_ensurepip_or_from_the_pip_that_is_there(
    making: Checkout, missing: tuple[str, ...]
) -> None:
    making.python(*missing)
    made = making.run("make.sh", str(making.root))
    assert made.stdout == f"filled\n{making.root}/an env\n", made.stderr
    assert (making.root / "an env" / ".gitignore").read_text() == "*\n"


def test_an_environment_is_made_by_uv_where_python_can_not_and_again_only_when_its_files_change(
    making: Checkout,
) -> None:
    making.python("ensurepip", "pip")
    (making.path / "uv").symlink_to(find_uv_bin())
    filled, found = f"filled\n{making.root}/an env\n", f"{making.root}/an env\n"
    first = making.run("make.sh", str(making.root))
    assert first.stdout == filled, first.stderr
    assert making.run("make.sh", str(making.root)).stdout == found
    (making.root / "pyproject.toml").write_text("# changed\n")
    assert making.run("make.sh", str(making.root)).stdout == filled
    moved = making.root.rename(making.root.parent / "moved")
    assert subprocess.run(
        ["/bin/sh", moved / "make.sh", moved],
        env={**os.environ, "PATH": str(making.path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout == filled.replace(str(making.root), str(moved)), "an environment is not movable"


def _bundled_pip() -> Path:
    found = importlib.util.find_spec("ensurepip")
    if found is None or found.origin is None or importlib.util.find_spec("pip") is None:
        pytest.skip("this Python has no ensurepip or no pip")
    bundled = Path(found.origin).parent / "_bundled"
    if not any(bundled.glob("pip-*.whl")):
        pytest.skip("this Python's ensurepip keeps its wheels elsewhere")
    return bundled


@pytest.fixture
def checks(checkout: Checkout) -> Checkout:
    """A checkout whose test environment is current, and holds tools that only tell how they were called."""
    tools = checkout.root / ".dev-venv" / "bin"
    for name in ("ruff", "mypy", "lint-imports", "python"):
        write_program(tools / name, f'[ "$1" = -c ] || echo "$PWD: {name} $*"')
    files = [checkout.root / "scripts" / "constraints.txt", checkout.root / "pyproject.toml"]
    content = f"{checkout.root / '.dev-venv'}\n" + "".join(file.read_text() for file in files)
    mark = subprocess.run(["cksum"], input=content, capture_output=True, text=True, check=True)
    (checkout.root / ".dev-venv" / ".made-from").write_text(mark.stdout)
    return checkout


@pytest.mark.parametrize("script", ["scripts/test.sh", ".ci/run"])
def test_every_check_runs_in_the_checkout_and_pytest_comes_last(checks: Checkout, script: str, tmp_path: Path) -> None:
    ran = checks.run(script, "-k", "a name", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [line.removeprefix(f"{checks.root}: ") for line in ran.stdout.splitlines()] == [
        "== environment",
        "== format",
        "ruff format --check .",
        "== lint",
        "ruff check .",
        "== types",
        "mypy ",
        "== contracts",
        "lint-imports ",
        "== build",
        "== tests",
        "python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal -k a name",
    ]


@pytest.mark.parametrize(
    ("tool", "stage"), [("ruff", "format"), ("mypy", "types"), ("lint-imports", "contracts"), ("python", "build")]
)
def test_the_first_failing_stage_stops_the_run_with_a_count_as_the_last_line(
    checks: Checkout, tool: str, stage: str
) -> None:
    write_program(checks.root / ".dev-venv" / "bin" / tool, '[ "$1" = -c ] || { echo "what is wrong"; exit 3; }')
    ran = checks.run("scripts/test.sh")
    assert ran.returncode == 1
    assert ran.stderr == f"scripts/test.sh stopped at the stage '{stage}'\n"
    assert ran.stdout.splitlines()[-3:] == [f"== {stage}", "what is wrong", "0 passed, 1 failed"]


def test_the_exit_code_is_that_of_pytest(checks: Checkout) -> None:
    write_program(
        checks.root / ".dev-venv" / "bin" / "python", '[ "$2" != pytest ] || { echo "1 failed, 2 passed"; exit 1; }'
    )
    ran = checks.run("scripts/test.sh")
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (1, "1 failed, 2 passed")


def test_the_pinned_development_dependencies_all_have_hashes_and_name_no_index() -> None:
    text = (ROOT / "scripts" / "constraints.txt").read_text()
    pins = [line for line in text.splitlines() if re.match(r"[a-z]", line)]
    assert len(pins) > 30
    for pin in re.sub(r" *\\\n *", " ", text).splitlines():
        assert pin.startswith("#") or re.fullmatch(r"[a-z0-9-]+==\S+( ; [^-]*)?( --hash=sha256:[0-9a-f]{64})+", pin), (
            pin
        )
    assert "://" not in text


@pytest.mark.slow
@pytest.mark.network
def test_a_fresh_checkout_bootstraps_itself(tmp_path: Path) -> None:
    checkout = tmp_path / "fresh"
    for name in ("scripts", "src", "matrices"):
        shutil.copytree(ROOT / name, checkout / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    ran = subprocess.run(
        [checkout / "scripts" / "bootstrap.sh", "--", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("usage: gpuenv install")
