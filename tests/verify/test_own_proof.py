from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.progress import Reporter
from gpuenv.verify.own_proof import OwnProof
from gpuenv.verify.runner import verify
from support.fake_torch import add_distribution, make_environment, site_packages_of
from support.torch_environment import python_of

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.verification import VerificationReport

BROKEN_MODULE = "extern int gone(void); void *PyInit__C(void) { gone(); return 0; }"


def proven(own: OwnProof, root: Path) -> VerificationReport:
    gpus = [Gpu(name="a GPU", capabilities=(), probe=Probe.NVML, uuid=uuid) for uuid in ("GPU-1", "GPU-2")]
    return verify(
        python_of(root),
        device="cuda",
        gpus=gpus,
        environ=dict(os.environ),
        installed=frozenset(),
        reporter=Reporter(),
        own=own,
    )


def add_extension(root: Path, *files: str) -> Path:
    """Let an environment hold a distribution `my-ext` with a package of that name; return the package's folder."""
    folder = site_packages_of(root) / "my_ext"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    add_distribution(root, "my_ext", "1.0")
    record = site_packages_of(root) / "my_ext-1.0.dist-info" / "RECORD"
    record.write_text("".join(f"my_ext/{name},,\n" for name in ("__init__.py", *files)))
    return folder


def test_a_command_sees_all_gpus_and_the_environments_programs_first(tmp_path: Path) -> None:
    root = tmp_path / "env"
    make_environment(root, "cpu_build")
    command = "python -c 'import os, sys; sys.exit(os.environ[\"CUDA_VISIBLE_DEVICES\"] + sys.prefix)'"
    report = proven(OwnProof(commands=(command,), cwd=tmp_path), root)
    assert [(check.gpu, check.status, check.code) for check in report.checks] == [
        ("GPU-1,GPU-2", "failed", "command-failed")
    ]
    assert report.checks[0].detail == f"ended with exit code 1\nGPU-1,GPU-2{root}"
    assert report.profile == (("commands", "fails"),)


def test_a_command_that_ended_well_is_judged_by_what_it_printed(tmp_path: Path) -> None:
    make_environment(tmp_path, "cpu_build")
    command = shlex.join([sys.executable, "-c", "print('a telling line')"])
    own = OwnProof(commands=(command,), judge=lambda text: "a-cause" if "telling" in text else None)
    report = proven(own, tmp_path)
    assert [(check.status, check.code, check.detail) for check in report.checks] == [
        ("failed", "command-printed-error", "ended with exit code 0, printed what a-cause prints\na telling line")
    ]


def test_an_extension_without_native_code_is_imported_by_its_package(tmp_path: Path) -> None:
    make_environment(tmp_path, "driver_too_old")  # its torch imports
    add_extension(tmp_path)
    report = proven(OwnProof(extensions=("my-ext",)), tmp_path)
    assert [(check.name, check.status, check.code) for check in report.checks] == [("import: my-ext", "passed", None)]
    assert report.profile == (("extensions", "ok"),)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_native_module_that_misses_a_library_fails_though_its_package_imports(tmp_path: Path) -> None:
    make_environment(tmp_path, "driver_too_old")
    folder = add_extension(tmp_path, "_C.so")
    library = folder / "libgone.so.7"
    source = tmp_path / "module.c"
    source.write_text("int gone(void) { return 0; }")
    subprocess.run(["cc", "-shared", "-fPIC", "-Wl,-soname,libgone.so.7", "-o", library, source], check=True)
    source.write_text(BROKEN_MODULE)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "_C.so", source, library], check=True)
    library.unlink()
    report = proven(OwnProof(extensions=("my-ext",)), tmp_path)
    assert [(check.name, check.status, check.code) for check in report.checks] == [
        ("import: my-ext", "failed", "library-missing")
    ]
    assert "libgone.so.7: cannot open shared object file" in report.checks[0].detail
    assert report.unproven == ("extensions",)


def test_an_extension_that_is_not_installed_fails(tmp_path: Path) -> None:
    make_environment(tmp_path, "driver_too_old")
    report = proven(OwnProof(extensions=("mmcv",)), tmp_path)
    assert [(check.status, check.code) for check in report.checks] == [("failed", "command-failed")]
    assert "No package metadata was found for mmcv" in report.checks[0].detail
