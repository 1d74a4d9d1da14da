from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.binaries.dependencies import (
    Loader,
    libraries_of_the_system_first,
    linux_loader,
    missing_libraries,
    windows_loader,
)
from gpuenv.models.loading import LibraryNeeds


def needs(*names: str, delayed: tuple[str, ...] = (), own: str | None = None, path: str | None = None) -> LibraryNeeds:
    """Make needs; with `path` the library searches that folder before all others."""
    return LibraryNeeds(
        libraries=names,
        delayed=delayed,
        name=own,
        search_path=() if path is None else (path,),
        searches_itself_first=path is not None,
    )


def put(folder: Path, *names: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return str(folder)


USER, OTHER = Path("/env/libuser.so"), Path("/env/libother.so")


def test_what_nothing_provides_is_missing(tmp_path: Path) -> None:
    system = put(tmp_path / "system", "libsys.so.2")
    libraries = {
        USER: needs("libgone.so.12", "libin.so.1", "libsys.so.2", "libcuda.so.1", "libnamed.so.5"),
        OTHER: needs("libgone.so.12", own="libnamed.so.5"),
    }
    loader = linux_loader({}, system_folders=[system])
    assert missing_libraries(libraries, {"libin.so.1"}, loader) == {"libgone.so.12": (USER, OTHER)}


def test_the_search_path_of_the_user_provides(tmp_path: Path) -> None:
    folder = put(tmp_path / "extra", "libkit.so")
    libraries = {USER: needs("libkit.so")}
    assert missing_libraries(libraries, (), linux_loader({}, system_folders=[])) == {"libkit.so": (USER,)}
    loader = linux_loader({"LD_LIBRARY_PATH": f":{folder}:"}, system_folders=[])
    assert loader == Loader(first=(folder,), last=())
    assert missing_libraries(libraries, (), loader) == {}


@pytest.fixture
def windows(tmp_path: Path) -> Loader:
    put(tmp_path / "Windows/System32", "KERNEL32.dll")
    python = put(tmp_path / "Python", "vcruntime140.dll")
    return windows_loader({"SYSTEMROOT": str(tmp_path / "Windows")}, python_folders=[python])


def test_on_windows_names_are_the_same_in_any_case_and_what_the_system_brings_is_there(windows: Loader) -> None:
    dll = Path("onnxruntime_providers_cuda.dll")
    libraries = {
        dll: needs(
            "CUBLAS64_12.dll",
            "cudnn64_9.dll",
            "MSVCP140.dll",
            "KERNEL32.dll",
            "vcruntime140.dll",
            "nvcuda.dll",
            "api-ms-win-crt-runtime-l1-1-0.dll",
            delayed=("nvinfer_10.dll",),
        )
    }
    assert missing_libraries(libraries, {"cublas64_12.dll"}, windows) == {
        "MSVCP140.dll": (dll,),
        "cudnn64_9.dll": (dll,),
    }


def test_a_library_before_the_environments_own_is_named(tmp_path: Path) -> None:
    system = put(tmp_path / "cuda/lib64", "libcudart.so.13", "libkit.so")
    own = put(tmp_path / "env/lib", "libcudart.so.13")
    loader = Loader(first=(system, own), last=())
    late, early = Path(own, "liblate.so"), Path(own, "libearly.so")
    libraries = {late: needs("libcudart.so.13", "libkit.so"), early: needs("libcudart.so.13", path="$ORIGIN")}
    names = {"libcudart.so.13", "liblate.so", "libearly.so"}
    found = libraries_of_the_system_first(libraries, names, loader, environment=tmp_path / "env")
    assert found == {f"{system}/libcudart.so.13": (late,)}


def test_a_library_that_looks_elsewhere_first_but_finds_nothing_there_is_led_astray(tmp_path: Path) -> None:
    system = put(tmp_path / "cuda", "libcudart.so.13")
    library = tmp_path / "env/libkit.so"
    libraries = {library: needs("libcudart.so.13", path="${ORIGIN}/nowhere")}
    loader = Loader(first=(system,), last=())
    found = libraries_of_the_system_first(libraries, {"libcudart.so.13"}, loader, environment=tmp_path / "env")
    assert found == {f"{system}/libcudart.so.13": (library,)}


def test_without_a_search_path_nothing_goes_first(tmp_path: Path) -> None:
    libraries = {USER: needs("libkit.so")}
    loader = Loader(first=(), last=(put(tmp_path, "libkit.so"),))
    assert libraries_of_the_system_first(libraries, {"libkit.so"}, loader, environment=tmp_path / "env") == {}
