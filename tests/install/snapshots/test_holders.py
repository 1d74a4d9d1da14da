"""Programs that hold a file are named, on Windows by the Restart Manager, on Linux out of /proc."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gpuenv.install.snapshots.holders import ProcessInfo, ask_restart_manager, holders_of, parse_processes


def info(name: str, process_id: int) -> ProcessInfo:
    made = ProcessInfo()
    made.process.process_id = process_id
    for index, unit in enumerate(memoryview(name.encode("utf-16-le")).cast("H")):
        made.application_name[index] = unit
    return made


class RestartManager:
    """The functions of rstrtmgr.dll that are used, with one program that holds everything."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.registered: list[str] = []
        self.is_open = False
        self._refuses = refuses

    def RmStartSession(self, session: object, flags: int, key: object) -> int:  # noqa: N802 - Windows' names
        assert (flags, len(key)) == (0, 33)  # type: ignore[arg-type]
        assert session is not None
        self.is_open = not self._refuses
        return 5 if self._refuses else 0

    def RmRegisterResources(self, _session: object, count: int, files: list[str], *nothing: object) -> int:  # noqa: N802
        assert nothing == (0, None, 0, None)
        self.registered = [str(files[index]) for index in range(count)]
        return 0

    def RmGetList(self, _session: object, needed: object, count: object, infos: list[object], reasons: object) -> int:  # noqa: N802
        assert needed is not None
        assert reasons is not None
        infos[0] = info("Blender 渲染", 4711)
        count._obj.value = 1  # type: ignore[attr-defined] # what ctypes.byref points to
        return 0

    def RmEndSession(self, _session: object) -> None:  # noqa: N802
        self.is_open = False


def test_windows_is_asked_which_programs_hold_a_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.py", "deep/lib.DLL", "deep/_c.pyd"):
        (tmp_path / name).write_text("")
    manager = RestartManager()
    assert ask_restart_manager(manager, [tmp_path / "a.py", tmp_path]) == ("Blender 渲染 (4711)",)
    assert sorted(manager.registered) == sorted(
        str(tmp_path / name) for name in ("a.py", "deep/_c.pyd", "deep/lib.DLL")
    )
    assert not manager.is_open


def test_a_restart_manager_that_refuses_tells_nothing(tmp_path: Path) -> None:
    assert ask_restart_manager(RestartManager(refuses=True), [tmp_path]) == ()


def test_the_structure_has_the_size_that_windows_documents() -> None:
    assert ctypes.sizeof(ProcessInfo) == 668
    assert parse_processes([info("python.exe", 7)]) == ("python.exe (7)",)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_on_linux_a_process_that_has_the_file_open_is_named(tmp_path: Path) -> None:
    library = tmp_path / "lib" / "held.so"
    library.parent.mkdir()
    library.write_bytes(b"\0" * 4096)
    script = "import sys, time; held = open(sys.argv[1]); print('open', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", script, library], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        name = Path(f"/proc/{holder.pid}/comm").read_text().strip()
        assert holders_of([library]) == (f"{name} ({holder.pid})",)
        assert holders_of([library.parent]) == (f"{name} ({holder.pid})",)
        assert holders_of([tmp_path / "other"]) == ()
        assert holders_of([]) == ()
    finally:
        holder.kill()
        holder.communicate()
    deadline = time.monotonic() + 5
    while holders_of([library]):
        assert time.monotonic() < deadline
