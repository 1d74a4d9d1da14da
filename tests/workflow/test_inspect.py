from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.hardware import Driver, Gpu, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.progress import Reporter
from gpuenv.models.surroundings import Surroundings
from gpuenv.workflow.inspect import inspect_environment
from gpuenv.workflow.libraries import environment as environment_libraries
from support.fatbin import containers, elf

if TYPE_CHECKING:
    from pathlib import Path

LINUX = Platform(name="linux-x86_64", glibc=(2, 36))
SASS = elf((".nv_fatbin", containers("sm_80 sm_86", times=4)))
JIT = elf((".nv_fatbin", containers("sm_80 compute_80@9.2", times=4)))


def gpu(capability: str) -> Gpu:
    return Gpu(name=f"card {capability}", capabilities=(ComputeCapability.parse(capability),), probe=Probe.DESCRIBED)


def surroundings(folder: Path, **environ: str) -> Surroundings:
    return Surroundings(
        environ={"GPUENV_CACHE_DIR": str(folder / "cache"), **environ},
        cwd=folder,
        home=folder,
        now=datetime.now(tz=timezone.utc),
    )


def environment(folder: Path, *distributions: InstalledDistribution) -> Environment:
    site = folder / "env" / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True, exist_ok=True)
    return Environment(
        root=folder / "env",
        kind="venv",
        python=folder / "env" / "bin" / "python",
        python_version=PythonVersion(major=3, minor=12),
        platform=LINUX,
        site_packages=site,
        distributions=distributions,
    )


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def installed(folder: Path, name: str, version: str, *files: str, tag: str | None = None) -> InstalledDistribution:
    site = environment(folder).site_packages
    info = site / f"{name}-{version}.dist-info"
    put(info / "RECORD", "".join(f"{path},,\n" for path in files).encode())
    return InstalledDistribution(name=canonicalize_name(name), version=Version(version), location=info, build_tag=tag)


class Heard(Reporter):
    """Remembers what was announced."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int | None]] = []

    def progress(self, label: str, done_bytes: int, total_bytes: int | None) -> None:
        self.told.append((label, done_bytes, total_bytes))


def test_every_gpu_must_be_covered_by_what_is_needed(tmp_path: Path) -> None:
    made = environment(tmp_path)
    put(made.site_packages / "kit" / "_C.so", SASS)
    put(made.site_packages / "kit" / "libnccl.so.2", elf((".nv_fatbin", containers("sm_70"))))
    found = inspect_environment(made, (gpu("8.6"), gpu("12.0")), surroundings(tmp_path), Reporter())
    assert found.uncovered == (
        Notice.of(
            "libraries-lack-gpu",
            gpu="card 12.0 (12.0)",
            files=("_C.so",),
            packages=("_C.so",),
            plan=f"gpuenv plan --venv {made.root}",
        ),
    )
    assert [(file.filename, file.is_required) for file in found.files] == [("_C.so", True), ("libnccl.so.2", False)]


def test_the_driver_counts_where_it_is_given(tmp_path: Path) -> None:
    made = environment(tmp_path)
    put(made.site_packages / "_C.so", JIT)
    driver = Driver(version=DriverVersion.parse("580.95.05"), cuda_version=None, probe=Probe.DESCRIBED)
    around = surroundings(tmp_path)
    assert inspect_environment(made, (gpu("12.0"),), around, Reporter()).uncovered == ()
    found = inspect_environment(made, (gpu("12.0"),), around, Reporter(), driver=driver, platform=LINUX)
    assert [notice.code for notice in found.uncovered] == ["library-ptx-needs-newer-driver"]
    assert dict(found.uncovered[0].context)["driver_cuda"] == "13.0"
    newer = replace(driver, version=None, cuda_version=CudaVersion(major=13, minor=2))
    assert inspect_environment(made, (gpu("12.0"),), around, Reporter(), driver=newer, platform=LINUX).uncovered == ()


@pytest.mark.parametrize(("tag", "codes"), [("cu130", ["libraries-lack-gpu"]), ("cu132", [])])
def test_the_cuda_version_of_a_build_decides_whether_its_code_runs_on_jetson(
    tmp_path: Path, tag: str, codes: list[str]
) -> None:
    torch = installed(tmp_path, "torch", "2.15.0", "torch/lib/libtorch_cuda.so", tag=tag)
    made = environment(tmp_path, torch)
    put(made.site_packages / "torch/lib/libtorch_cuda.so", SASS)
    found = inspect_environment(made, (gpu("8.7"),), surroundings(tmp_path), Reporter())
    assert [notice.code for notice in found.uncovered] == codes


def test_damage_is_noted_and_the_rest_is_read(tmp_path: Path) -> None:
    made = environment(tmp_path)
    broken = put(made.site_packages / "a.so", SASS[:-90])
    put(made.site_packages / "b.so", SASS)
    put(made.site_packages / "script.so", b"INPUT(b.so)")
    found = inspect_environment(made, (gpu("8.6"),), surroundings(tmp_path), Reporter())
    assert [(note.code, note.context["path"]) for note in found.notes] == [("binary-damaged", str(broken))]
    assert (found.examined, [file.filename for file in found.files]) == (1, ["b.so"])


def test_reading_that_takes_long_is_told_as_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = environment(tmp_path)
    for name in ("a.so", "b.so", "c.so"):
        put(made.site_packages / name, SASS)
    quick = Heard()
    inspect_environment(made, (gpu("8.6"),), surroundings(tmp_path), quick)
    assert quick.told == []
    monkeypatch.setattr(environment_libraries, "_PATIENCE_S", -1.0)
    slow = Heard()
    inspect_environment(made, (gpu("8.6"),), surroundings(tmp_path), slow)
    size = len(SASS)
    assert slow.told == [(str(made.root), size * done, size * 3) for done in (1, 2, 3)]


def test_what_conda_installed_beside_site_packages_is_read(tmp_path: Path) -> None:
    made = replace(environment(tmp_path), kind="conda")
    library = put(made.root / "lib" / "libcufft.so.11", SASS)
    found = inspect_environment(made, (gpu("8.6"),), surroundings(tmp_path), Reporter())
    assert [file.file.path for file in found.files] == [str(library)]


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_a_code_generator_is_asked_once(tmp_path: Path) -> None:
    made = environment(tmp_path)
    asked = tmp_path / "asked"
    script = f"#!/bin/sh\necho x >> {asked}\necho 'Cuda compilation tools, release 12.4, V12.4.99'\n"
    program = put(made.site_packages / "triton/backends/nvidia/bin/ptxas", script.encode())
    program.chmod(0o755)
    put(made.site_packages / "_C.so", JIT)

    os.utime(program, (1_700_000_000, 1_700_000_000))
    for _ in range(2):
        found = inspect_environment(made, (gpu("12.0"),), surroundings(tmp_path, PATH="/bin:/usr/bin"), Reporter())
        assert [(one.kind, str(one.cuda)) for one in found.generators or ()] == [("ptxas", "12.4")]
        assert [note.code for note in found.notes] == ["ptxas-lacks-gpu"]
    assert asked.read_text() == "x\n" * 2  # its version, and what it compiles for


def test_only_what_was_asked_for_and_what_it_is_linked_with_has_to_serve_the_gpu(tmp_path: Path) -> None:
    asked = installed(tmp_path, "torch", "2.15.0", "torch/lib/libtorch_cuda.so")
    old = installed(tmp_path, "oddity", "1.0", "oddity/a.so", "oddity/b.so")
    made = environment(tmp_path, asked, old)
    both = elf((".nv_fatbin", containers("sm_80 sm_120")))
    put(made.site_packages / "torch/lib/libtorch_cuda.so", both)
    for name in ("oddity/a.so", "oddity/b.so"):
        put(made.site_packages / name, SASS)
    cards, around = (gpu("8.6"), gpu("12.0"), gpu("9.0")), surroundings(tmp_path)
    found = inspect_environment(made, cards, around, Reporter(), roots={"torch"})
    assert [(notice.code, notice.context["gpu"]) for notice in found.uncovered] == [
        ("libraries-lack-gpu", "card 9.0 (9.0)")
    ]
    assert found.unasked == (
        Notice.of(
            "unasked-libraries-lack-gpu",
            packages=("oddity",),
            files=("a.so", "b.so"),
            gpus=("card 12.0 (12.0)", "card 9.0 (9.0)"),
        ),
    )
    everything = inspect_environment(made, cards, around, Reporter())
    assert [notice.context["packages"] for notice in everything.uncovered] == [("oddity",), ("oddity", "torch")]
    assert everything.unasked == ()


def test_what_fails_on_most_gpus_comes_first(tmp_path: Path) -> None:
    made = environment(tmp_path)
    for name, code in {"a.so": "sm_90", "b.so": "sm_80", "c.so": "sm_80 sm_90 compute_90"}.items():
        put(made.site_packages / name, elf((".nv_fatbin", containers(code))))
    found = inspect_environment(made, (gpu("8.6"), gpu("9.0"), gpu("12.0")), surroundings(tmp_path), Reporter())
    kinds = {file.filename: [verdict.kind for _, verdict in file.verdicts] for file in found.files}
    assert kinds == {
        "a.so": ["none", "sass", "none"],
        "b.so": ["sass", "none", "none"],
        "c.so": ["sass", "sass", "ptx"],
    }
    assert list(kinds) == ["a.so", "b.so", "c.so"]


def test_what_is_built_in_a_source_tree_is_of_the_package_that_was_installed_from_it(tmp_path: Path) -> None:
    tree = tmp_path / "src tree"
    put(tree / "splat" / "_C.so", SASS)
    splat = replace(installed(tmp_path, "splat", "1.0"), is_editable=True, direct_url=(tmp_path / "src tree").as_uri())
    found = inspect_environment(environment(tmp_path, splat), (gpu("12.0"),), surroundings(tmp_path), Reporter())
    assert [file.file.distribution for file in found.files] == ["splat"]
