"""What a built wheel asks for and the environment lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.environment import InstalledDistribution
from gpuenv.workflow.changes.built_dependencies import missing_requirements
from support.small_environments import make_venv, read_small
from support.wheels import make_wheel


def test_what_is_there_in_the_right_version_or_for_other_systems_is_not_lacking(tmp_path: Path) -> None:
    root = make_venv(tmp_path / "env", {"PATH": "/usr/bin:/bin"})
    asked = ("torch>=2", "addict", "yapf>=0.40", "pywin32; sys_platform == 'win32'", "tests; extra == 'dev'")
    wheel = make_wheel(tmp_path, "mmcv", "2.2.0", requires=asked)
    found = tuple(
        InstalledDistribution(name=canonicalize_name(name), version=Version(version), location=Path("/env"))
        for name, version in (("torch", "2.13.0+cu130"), ("yapf", "0.33"))
    )
    assert missing_requirements(wheel, replace(read_small(root), distributions=found)) == ("addict", "yapf>=0.40")
