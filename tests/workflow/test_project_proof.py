"""What a project names as its own proof, and what of it waits for a build."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Keep, Plan
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.surroundings import Surroundings
from gpuenv.verify.own_proof import OwnProof
from gpuenv.workflow.options import Options
from gpuenv.workflow.project_proof import after_change, project_of, project_proof

if TYPE_CHECKING:
    from pathlib import Path

REASON = Notice.of("chosen")
OWN = OwnProof(commands=("python train.py",), extensions=("splat", "knn"))


def environment(root: Path, *names: str) -> Environment:
    return Environment(
        root=root,
        kind="venv",
        python=root / "bin" / "python",
        python_version=PythonVersion(major=3, minor=12),
        platform=Platform(name="linux-x86_64", glibc=(2, 36)),
        site_packages=root / "lib",
        distributions=tuple(
            InstalledDistribution(name=canonicalize_name(name), version=Version("1.0"), location=root / name)
            for name in names
        ),
    )


def installed(*names: str) -> Plan:
    return Plan(steps=tuple(Install(project=name, version=Version("1.0"), reason=REASON) for name in names))


@pytest.mark.parametrize(
    ("there", "plan", "waiting"),
    [
        (("splat", "knn"), Plan(steps=(Keep(project="torch", version=Version("1.0"), reason=REASON),)), ()),
        (("splat", "knn"), installed("sympy"), ()),
        (("splat", "knn"), installed("torch"), ("splat", "knn")),
        (("splat", "knn"), installed("torch", "splat", "knn"), ()),
        (("knn",), installed("sympy"), ("splat",)),
    ],
    ids=["torch stays", "something else comes", "torch is replaced", "they come with it", "one is not there"],
)
def test_extensions_wait_that_are_not_there_or_were_built_for_another_torch(
    tmp_path: Path, there: tuple[str, ...], plan: Plan, waiting: tuple[str, ...]
) -> None:
    own, notes = after_change(OWN, environment(tmp_path, *there), plan)
    if not waiting:
        assert (own, notes) == (OWN, ())
        return
    assert (own.extensions, own.commands) == (tuple(name for name in OWN.extensions if name not in waiting), ())
    assert notes == (
        Notice.of(
            "own-proof-waits",
            extensions=waiting,
            commands=("python train.py",),
            build=f"gpuenv build {' '.join(waiting)} --venv {tmp_path}",
            verify=f"gpuenv verify --venv {tmp_path}",
        ),
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Flash_Attn>=2.8; sys_platform == 'linux'", "flash-attn"),
        ("splat @ file:///src/splat", "splat"),
        ("git+https://example.org/a/b#egg=simple_knn", "simple_knn"),
        ("dist/my_ext-1.0-cp312-cp312-linux_x86_64.whl", "my-ext"),
        ("./submodules/knn", "knn"),
    ],
)
def test_the_project_of_a_line_is_found(line: str, name: str) -> None:
    assert project_of(line) == name


def test_the_table_names_the_proof_and_the_command_line_adds_to_it(tmp_path: Path) -> None:
    (tmp_path / "gpuenv.toml").write_text("extensions = ['Splat>=1']\nverify.commands = ['one', 'two']\n")
    here = Surroundings(environ={}, cwd=tmp_path, home=tmp_path, now=datetime(2026, 11, 21, tzinfo=timezone.utc))
    own = project_proof(Options(), ("two", "three"), here)
    assert (own.extensions, own.commands, own.cwd) == (("splat",), ("one", "two", "three"), tmp_path)
    assert own.judge is not None
    assert own.judge("RuntimeError: CUDA error: no kernel image is available for execution on the device") is not None
