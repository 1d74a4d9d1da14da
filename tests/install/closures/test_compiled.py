"""What uv resolved is read whole, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.compiled import parse_compiled
from gpuenv.models.execution import LockedPackage

SAMPLE = Path(__file__).parents[2] / "data" / "install" / "compiled.txt"


def test_pins_are_read_with_hashes_extras_markers_and_local_labels() -> None:
    assert parse_compiled(SAMPLE.read_text()) == (
        LockedPackage(
            project="cuda-toolkit",
            version=Version("13.0.3"),
            extras=("cublas", "cudart"),
            hashes=("sha256:" + "c" * 64,),
            marker='sys_platform == "linux"',
        ),
        LockedPackage(
            project="torch", version=Version("2.14.1+cu130"), hashes=("sha256:" + "a" * 64, "sha256:" + "b" * 64)
        ),
        LockedPackage(project="torchvision", version=Version("0.29.1+cu130")),
        LockedPackage(project="triton", version=Version("3.8.0")),
    )


@pytest.mark.parametrize("line", ["torch", "torch>=2", "torch==2.*", "-e .", "torch @ https://host/torch.tar.gz"])
def test_a_line_that_is_no_pin_is_refused(line: str) -> None:
    with pytest.raises(GpuenvError) as caught:
        parse_compiled(f"numpy==1.0\n{line}\n")
    assert (caught.value.code, caught.value.context) == ("compiled-not-understood", {"line": line})
