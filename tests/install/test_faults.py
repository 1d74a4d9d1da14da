"""What the way back rests on: engines that are left behind are waited for, and none writes into linked files.

The fault table itself is run by `functional/test_faults.py`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from gpuenv.install.change import change
from gpuenv.install.recovery import recover
from gpuenv.install.snapshots.snapshot import take_snapshot
from support.index_server import Fault, IndexServer
from support.small_environments import picture, python_of, site_packages_of, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

TESTS = Path(__file__).parent.parent
PLANNED = {"torch": "2.0+cu126", "dep": "2.0"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and links of POSIX")


def start(root: Path, server: IndexServer, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, TESTS / "support" / "changing_process.py", root, server.simple_url, server.pytorch_url],
        env={**environ, "PYTHONPATH": str(TESTS), "TMPDIR": str(root.parent)},  # killed, it leaves folders there
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def await_engine(root: Path) -> None:
    """Wait until uv was started: its command is in the journal."""
    deadline = time.monotonic() + 20
    while not any('"step"' in path.read_text() for path in root.glob(".gpuenv/changes/*/journal.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def old(root: Path, server: IndexServer, environ: Mapping[str, str]) -> Path:
    """An environment with dep 1.0 and another build of torch."""
    uv_pip(root, server, environ, "install", "torch==2.0", "dep==1.0")
    return root


def uv_pip(root: Path, server: IndexServer, environ: Mapping[str, str], command: str, *arguments: str) -> None:
    subprocess.run(
        [
            *(find_uv_bin(), "pip", command, "-q", "--python", str(python_of(root)), "--no-deps"),
            *("--default-index", server.simple_url, *arguments),
        ],
        check=True,
        env=dict(environ),
    )


def test_without_a_fault_the_plan_is_what_comes_out(old: Path, server: IndexServer, environ: Mapping[str, str]) -> None:
    assert start(old, server, environ).wait() == 0
    assert versions(old) == PLANNED


def test_after_kill_9_the_engine_is_waited_for_and_then_everything_put_back(
    old: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    before = picture(old)
    server.fail("/whl/cu126/torch-2.0", Fault(hang_s=1.5))
    process = start(old, server, {**environ, "UV_NO_CACHE": "1"})
    await_engine(old)
    process.kill()
    process.wait()
    assert recover(old)  # uv went on for a second and installed: only then the state before can come back
    assert picture(old) == before


def test_neither_uv_nor_pip_nor_python_writes_into_linked_files(
    old: Path, server: IndexServer, environ: Mapping[str, str], tmp_path: Path
) -> None:
    """The whole way back rests on this: what an engine wrote in place would change in the snapshot too."""
    subprocess.run([python_of(old), "-m", "compileall", "-q", site_packages_of(old)], check=True)
    take_snapshot(old, tmp_path / "snapshot")
    before = picture(tmp_path / "snapshot", with_caches=True)
    assert any(path.endswith(".pyc") for path in before)
    pip = [sys.executable, "-m", "pip", "--python", str(python_of(old)), "--disable-pip-version-check"]
    index = ["--index-url", server.simple_url, "--no-deps"]

    uv_pip(old, server, environ, "install", "--reinstall", "--compile-bytecode", "torch==2.0", "dep==1.0")
    uv_pip(old, server, environ, "install", "dep==2.0", "other")
    subprocess.run(
        [*pip, "install", "-q", "--force-reinstall", *index, "torch==2.0", "dep==1.0"], check=True, env=dict(environ)
    )
    subprocess.run([*pip, "uninstall", "-q", "-y", "dep"], check=True, env=dict(environ))
    module = site_packages_of(old) / "torch" / "__init__.py"
    replacement = module.with_name("new")
    replacement.write_text("changed = True\n")
    replacement.replace(module)
    subprocess.run([python_of(old), "-c", "import torch; assert torch.changed"], check=True, env=dict(environ))

    assert picture(tmp_path / "snapshot", with_caches=True) == before


def test_another_installer_in_between_is_undone_with_the_rest(
    old: Path, server: IndexServer, environ: Mapping[str, str]
) -> None:
    before = picture(old)
    with change(old):
        uv_pip(old, server, environ, "install", "other")
    assert picture(old) == before
