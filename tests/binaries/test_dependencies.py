from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from gpuenv.binaries.dependencies import missing_libraries, needed_libraries
from support.fatbin import containers, dll, elf

if TYPE_CHECKING:
    from pathlib import Path

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


def compiled(path: Path, *needs: Path) -> Path:
    """Compile a library that needs others by their file names."""
    source = path.with_suffix(".c")
    source.write_text(f"int {path.stem.partition('.')[0]}(void) {{ return 0; }}\n", encoding="utf-8")
    argv = ["cc", "-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{path.name}", "-Wl,--no-as-needed", "-o", str(path)]
    subprocess.run([*argv, str(source), *map(str, needs)], check=True)
    return path


@needs_compiler
def test_the_needed_libraries_of_a_compiled_library_are_read(tmp_path: Path) -> None:
    libkit = compiled(tmp_path / "libkit.so.3")
    libcuda = compiled(tmp_path / "libcuda.so.1")
    assert needed_libraries(compiled(tmp_path / "libops.so", libkit, libcuda)) == ("libkit.so.3", "libcuda.so.1")


@needs_compiler
def test_what_nothing_provides_is_missing(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    gone, inside, system = (compiled(elsewhere / name) for name in ("libgone.so.12", "libin.so.1", "libsys.so.2"))
    driver = compiled(elsewhere / "libcuda.so.1")
    user = compiled(tmp_path / "libuser.so", gone, inside, system, driver)
    other = compiled(tmp_path / "libother.so", gone)
    own = compiled(tmp_path / "libin.so.1")
    gone.unlink()
    inside.unlink()
    driver.unlink()
    found = missing_libraries([user, other, own], {}, system_folders=[str(elsewhere)])
    assert found == {"libgone.so.12": (user, other)}


@needs_compiler
def test_the_search_path_of_the_user_provides(tmp_path: Path) -> None:
    folder = tmp_path / "extra"
    folder.mkdir()
    user = compiled(tmp_path / "libuser.so", compiled(folder / "libkit.so"))
    nowhere = [str(tmp_path / "nowhere")]
    assert missing_libraries([user], {}, system_folders=nowhere) == {"libkit.so": (user,)}
    assert missing_libraries([user], {"LD_LIBRARY_PATH": f":{folder}"}, system_folders=nowhere) == {}


@pytest.mark.parametrize("data", [b"", b"text", dll((".rdata", b"x")), elf((".nv_fatbin", containers("sm_75")))[:90]])
def test_files_that_are_no_whole_elf_libraries_need_nothing(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "libodd.so"
    path.write_bytes(data)
    assert needed_libraries(path) == ()
