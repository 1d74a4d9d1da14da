"""What an environment holds of what was asked for, told from its own metadata."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.workflow.resolving.present import closure_in_place


def installed(name: str, version: str, *requires: str) -> InstalledDistribution:
    return InstalledDistribution(
        name=canonicalize_name(name),
        version=Version(version),
        location=Path("env"),
        requires=tuple(map(Requirement, requires)),
    )


ENVIRONMENT = Environment(
    root=Path("env"),
    kind="venv",
    python=Path("env/bin/python"),
    python_version=PythonVersion(major=3, minor=12),
    platform=Platform(name="linux-x86_64"),
    site_packages=Path("env"),
    distributions=(
        installed("reader", "1.0", "torch>=2", "extra-lib; extra == 'more'"),
        installed("remover", "2.0", "onnxruntime>=1.20"),
        installed("onnxruntime-gpu", "1.26.0"),
        installed("torch", "2.10.0+cu128", "filelock", "reader"),
        installed("filelock", "3.0"),
    ),
)


def test_markers_are_those_of_the_environment_and_not_of_the_python_that_runs_gpuenv() -> None:
    there = replace(
        ENVIRONMENT,
        python_version=PythonVersion(major=3, minor=9),
        platform=Platform(name="windows-x86_64"),
        distributions=(
            installed("old", "1.0", "for-old; python_version < '3.10'", "for-new; python_version >= '3.10'"),
            installed("for-old", "1.0", "for-windows; sys_platform == 'win32'", "for-linux; sys_platform == 'linux'"),
            installed("for-windows", "1.0", "for-amd; platform_machine == 'AMD64'"),
            installed("for-amd", "1.0"),
        ),
    )
    assert closure_in_place(there, ["old"]) == frozenset({"old", "for-old", "for-windows", "for-amd"})


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (["reader"], {"reader", "torch", "filelock"}),
        (["reader>=1", "filelock"], {"reader", "torch", "filelock"}),
        (["remover"], {"remover", "onnxruntime-gpu"}),
        (["reader[more]"], None),
        (["reader>1"], None),
        (["absent"], None),
        (["./a-folder"], None),
        (["reader @ https://host.example/reader-1.0-py3-none-any.whl"], None),
        ([], set()),
    ],
    ids=lambda case: " ".join(sorted(case)) if case else str(case),
)
def test_requirements_are_followed_through_what_is_installed(asked: list[str], names: set[str] | None) -> None:
    assert closure_in_place(ENVIRONMENT, asked) == names
