"""Names the programs that hold a file open, so that the user can close them."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PROCESSES: Final = Path("/proc")
_MOST: Final = 16
"""Programs that are asked for at most."""

_SESSION_KEY_CHARACTERS: Final = 33


def holders_of(files: Sequence[Path]) -> tuple[str, ...]:
    """Name the programs, with process ids, that hold one of these files, or one below these folders; () if not told."""
    if not files:
        return ()
    if sys.platform == "win32":
        return ask_restart_manager(ctypes.WinDLL("rstrtmgr"), files)
    return _look_into_proc(files) if _PROCESSES.is_dir() else ()


class _UniqueProcess(ctypes.Structure):
    _fields_ = [
        ("process_id", ctypes.c_uint32),
        ("start_low", ctypes.c_uint32),
        ("start_high", ctypes.c_uint32),
    ]


class ProcessInfo(ctypes.Structure):
    """RM_PROCESS_INFO of restartmanager.h."""

    _fields_ = [
        ("process", _UniqueProcess),
        ("application_name", ctypes.c_uint16 * 256),
        ("service_name", ctypes.c_uint16 * 64),
        ("application_type", ctypes.c_uint32),
        ("application_status", ctypes.c_uint32),
        ("session_id", ctypes.c_uint32),
        ("is_restartable", ctypes.c_int32),
    ]


def parse_processes(infos: Sequence[ProcessInfo]) -> tuple[str, ...]:
    """Name the programs of Restart Manager's answer: `python.exe (4711)`."""
    return tuple(f"{_text(info.application_name)} ({info.process.process_id})" for info in infos)


def _text(characters: Sequence[int]) -> str:
    units = bytes(memoryview((ctypes.c_uint16 * len(characters))(*characters)).cast("B"))
    return units.decode("utf-16-le", "replace").partition("\0")[0]


def ask_restart_manager(library: Any, files: Sequence[Path]) -> tuple[str, ...]:  # noqa: ANN401 - a loaded library
    """Ask Windows' Restart Manager (rstrtmgr.dll), which installers use for this; () where it refuses."""
    session = ctypes.c_uint32()
    key = ctypes.create_unicode_buffer(_SESSION_KEY_CHARACTERS)
    if library.RmStartSession(ctypes.byref(session), 0, key) != 0:
        return ()
    try:
        paths = [str(path) for file in files for path in _files_in(file)]
        names = (ctypes.c_wchar_p * len(paths))(*paths)
        if library.RmRegisterResources(session, len(paths), names, 0, None, 0, None) != 0:
            return ()
        needed, count, reasons = ctypes.c_uint32(), ctypes.c_uint32(_MOST), ctypes.c_uint32()
        infos = (ProcessInfo * _MOST)()
        answer = library.RmGetList(session, ctypes.byref(needed), ctypes.byref(count), infos, ctypes.byref(reasons))
        return parse_processes(infos[: count.value]) if answer == 0 else ()
    finally:
        library.RmEndSession(session)


def _files_in(path: Path) -> Iterator[Path]:
    """What of a file or folder can be held: the file, or libraries and programs below the folder."""
    if not path.is_dir():
        yield path
        return
    for folder, _, names in os.walk(path):
        yield from (Path(folder, name) for name in names if name.lower().endswith((".dll", ".pyd", ".exe", ".so")))


def _look_into_proc(files: Sequence[Path]) -> tuple[str, ...]:
    """Read which processes map or have open one of the files (Linux; only the user's own can be looked into)."""
    wanted = tuple(str(file) for file in files)
    found = []
    for process in _PROCESSES.iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            maps = (process / "maps").read_text(encoding="utf-8", errors="surrogateescape")
            paths = {line.split(None, 5)[-1] for line in maps.splitlines()}
            paths |= {str(link.readlink()) for link in (process / "fd").iterdir()}
            name = (process / "comm").read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            continue  # another user's, or ended meanwhile
        if any(path == file or path.startswith(f"{file}/") for path in paths for file in wanted):
            found.append(f"{name} ({process.name})")
    return tuple(sorted(found)[:_MOST])
