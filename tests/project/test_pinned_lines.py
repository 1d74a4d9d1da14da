"""A line pins one version, or is refused."""

from __future__ import annotations

import pytest
from packaging.version import Version

from gpuenv.models.execution import LockedPackage
from gpuenv.project.pinned_lines import logical_lines, parse_pin, without_hashes

TEXT = "# made by uv\n\ntorch===2.15.0 ; python_version > '3' \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n"


def test_a_pin_is_read_with_its_hashes_over_several_lines() -> None:
    (line,) = logical_lines(TEXT)
    assert without_hashes(line) == "torch===2.15.0 ; python_version > '3'"
    assert parse_pin(line) == LockedPackage(
        project="torch",
        version=Version("2.15.0"),
        hashes=("sha256:aa", "sha256:bb"),
        marker='python_version > "3"',
    )


@pytest.mark.parametrize("line", ["torch", "torch>=2", "torch==2,==2", "torch @ https://host.example/t.whl", "-r more"])
def test_a_line_that_pins_no_version_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_pin(line)
