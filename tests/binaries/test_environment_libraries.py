from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.binaries.environment_libraries import native_files, native_libraries, parse_record
from gpuenv.models.environment import InstalledDistribution
from gpuenv.models.loading import NativeLibraries, SharedFile

DATA = Path(__file__).parents[1] / "data" / "binaries"


def distribution(site_packages: Path, name: str, record: str | None) -> InstalledDistribution:
    location = site_packages / f"{name}-1.0.dist-info"
    location.mkdir(parents=True)
    if record is not None:
        (location / "RECORD").write_text(record, encoding="utf-8")
    return InstalledDistribution(name=canonicalize_name(name), version=Version("1.0"), location=location)


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x7fELF")
    return path


def test_a_record_names_its_native_libraries() -> None:
    assert [row.path for row in parse_record((DATA / "RECORD").read_text(encoding="utf-8"))] == [
        "nvidia/cu13/lib/libcudart.so.13",
        "torch/_C.cpython-312-x86_64-linux-gnu.so",
        'torch/lib/with "quotes", and comma.so',
        "torch/lib/libc10.so",
        "torch/lib/torch_cuda.dll",
    ]


def test_libraries_belong_to_the_distribution_whose_record_names_them(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    torch = distribution(site, "torch", "torch/lib/libtorch.so,,\ntorch/lib/gone.so,,\n../../bin/helper.so,,\n")
    plain = distribution(site, "Conda_Made", None)
    library = touch(site / "torch/lib/libtorch.so")
    helper = touch(site / "../../bin/helper.so").resolve()
    own = touch(site / "mine/_ops.so")
    (site / "torch/lib/libtorch.so.2").symlink_to(library)
    touch(site / "torch/__pycache__/left.so")
    touch(site / "torch/lib/libtorch_static.a")
    assert native_libraries(site, (torch, plain)) == NativeLibraries(
        files=tuple(sorted([(library, "torch"), (own, None), (helper, "torch")], key=lambda found: str(found[0]))),
        names=frozenset({"libtorch.so", "libtorch.so.2", "_ops.so", "helper.so", "libtorch_static.a"}),
    )


def test_folders_beside_site_packages_are_searched_too(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    touch(site / "readme.so.txt")
    tree = touch(tmp_path / "source/kit/_C.so")
    assert native_libraries(site, (), further=[tmp_path / "source"]).files == ((tree, None),)


def test_a_library_that_two_distributions_installed_differently_is_shared(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    state = "onnxruntime/capi/onnxruntime_pybind11_state.so"
    cpu = distribution(site, "onnxruntime", f"{state},sha256=aaa,1\nonnxruntime/same.so,sha256=ccc,1\n")
    cuda = distribution(site, "onnxruntime-gpu", f"{state},sha256=bbb,2\nonnxruntime/same.so,sha256=ccc,1\n")
    touch(site / state)
    found = native_libraries(site, (cpu, cuda))
    assert found.shared == (SharedFile(path=str(site / state), distributions=("onnxruntime", "onnxruntime-gpu")),)


def test_links_that_lead_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    library = touch(tmp_path / "a/lib.so")
    (tmp_path / "a/again").symlink_to(tmp_path)
    assert list(native_files(tmp_path)) == [str(library)]
