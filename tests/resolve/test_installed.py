"""Rule 9: what works stays, and what the other installed packages require is honoured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.resolution import Resolution
from gpuenv.resolve.resolver import resolve
from support.machines import matrix, request, tables, target

if TYPE_CHECKING:
    from gpuenv.models.target import Target

NEW = "580.95.05"
HERE = Path("env")


def installed(*names: str, requires: tuple[str, ...] = ()) -> Environment:
    """An environment with `torch==2.9.1+cu128` and so on, and an app with requirements of its own."""
    machine = target("12.0")
    distributions = [
        InstalledDistribution(name=canonicalize_name(name), version=Version(version), location=HERE)
        for name, _, version in (text.partition("==") for text in names)
    ]
    if requires:
        app = InstalledDistribution(
            name=canonicalize_name("app"),
            version=Version("1"),
            location=HERE,
            requires=tuple(map(Requirement, requires)),
        )
        distributions.append(app)
    return Environment(
        root=HERE,
        kind="venv",
        python=HERE / "bin" / "python",
        python_version=machine.python,
        platform=machine.platform,
        site_packages=HERE / "lib",
        distributions=tuple(distributions),
    )


def pins(outcome: object) -> dict[str, str]:
    assert isinstance(outcome, Resolution), outcome
    return {pin.project: str(pin.version) for pin in outcome.pins}


@pytest.mark.parametrize(
    ("machine", "there", "asked", "answer", "kept"),
    [
        pytest.param(
            target("8.6", driver=NEW),
            ("torch==2.9.1+cu128",),
            ("torch",),
            {"torch": "2.9.1+cu128"},
            ("torch",),
            id="works",
        ),
        pytest.param(
            target("12.0", driver=NEW), ("torch==2.9.1+cu126",), ("torch",), {"torch": "2.9.1"}, (), id="another-tag"
        ),
        pytest.param(
            target("12.0", driver=NEW), ("torch==2.6.0+cu126",), ("torch",), {"torch": "2.15.0+cu130"}, (), id="too-old"
        ),
        pytest.param(
            target("8.6", driver=NEW),
            ("torch==2.14.1+cu130", "torchvision==0.29.1+cu130"),
            ("torch", "torchvision"),
            {"torch": "2.14.1+cu130", "torchvision": "0.29.1+cu130"},
            ("torch", "torchvision"),
            id="a-companion-that-pairs-stays-although-there-is-a-newer-one",
        ),
        pytest.param(
            target("8.6", driver=NEW),
            ("torch==2.14.1+cu130", "torchvision==0.29.1+cpu"),
            ("torch", "torchvision"),
            {"torch": "2.14.1+cu130", "torchvision": "0.29.2+cu130"},
            ("torch",),
            id="a-cpu-companion-does-not",
        ),
        pytest.param(
            target("8.6", driver=NEW),
            ("torch==2.14.1+cu130", "torchvision==0.29.2+cpu"),
            ("torch", "torchvision"),
            {"torch": "2.14.1+cu130", "torchvision": "0.29.2+cu130"},
            ("torch",),
            id="nor-does-one-of-the-same-version",
        ),
        pytest.param(
            target("8.6", driver=NEW),
            ("torch==2.14.1+cu130", "onnxruntime-gpu==1.28.0"),
            ("torch", "onnxruntime-gpu"),
            {"torch": "2.14.1+cu130", "onnxruntime-gpu": "1.28.0"},
            ("torch", "onnxruntime-gpu"),
            id="onnxruntime-that-agrees-stays",
        ),
        pytest.param(
            target("8.6", driver=NEW),
            ("onnxruntime-gpu==1.26.0",),
            ("onnxruntime-gpu",),
            {"onnxruntime-gpu": "1.26.0"},
            ("onnxruntime-gpu",),
            id="onnxruntime-alone-stays",
        ),
    ],
)
def test_what_works_stays(
    machine: Target, there: tuple[str, ...], asked: tuple[str, ...], answer: dict[str, str], kept: tuple[str, ...]
) -> None:
    outcome = resolve(request(*asked), machine, matrix(), environment=installed(*there), tables=tables())
    assert pins(outcome) == answer
    assert isinstance(outcome, Resolution)
    assert outcome.kept == kept


def test_an_installed_onnxruntime_that_nothing_agrees_with_is_told_of_and_left_alone() -> None:
    machine = target("8.0", driver=NEW, platform="linux-aarch64")
    asked = request("torch", "onnxruntime-gpu", optional=frozenset({"onnxruntime-gpu"}))
    outcome = resolve(asked, machine, matrix(), environment=installed("onnxruntime-gpu==1.31.1"), tables=tables())
    assert pins(outcome) == {"torch": "2.15.0+cu130"}
    assert isinstance(outcome, Resolution)
    assert "onnxruntime-gpu-disagrees" in {note.code for note in outcome.notes}


def test_what_stays_is_asked_for_the_libraries_it_needs() -> None:
    there = installed("onnxruntime-gpu==1.26.0")
    machine = target("6.1", driver=NEW)
    outcome = resolve(request("onnxruntime-gpu"), machine, matrix(), environment=there, tables=tables())
    assert isinstance(outcome, Resolution)
    assert outcome.kept == ("onnxruntime-gpu",)
    assert "nvidia-cudnn-cu12<9.11,~=9.0" in outcome.libraries


def test_beside_a_torch_that_stays_a_newer_onnxruntime_of_another_major_is_told_of() -> None:
    machine = target("8.6", driver=NEW)
    there = installed("torch==2.14.1+cu126")
    outcome = resolve(request("torch", "onnxruntime-gpu"), machine, matrix(), environment=there, tables=tables())
    assert pins(outcome) == {"torch": "2.14.1+cu126", "onnxruntime-gpu": "1.26.0"}
    assert isinstance(outcome, Resolution)
    assert outcome.kept == ("torch",)
    assert {found.reason.code for found in outcome.rejected} == {"other-major-than-torch"}


def test_upgrade_asks_for_the_newest() -> None:
    there = installed("torch==2.9.1+cu128")
    outcome = resolve(request(upgrade=True), target("8.6", driver=NEW), matrix(), environment=there, tables=tables())
    assert pins(outcome) == {"torch": "2.15.0+cu130"}


@pytest.mark.parametrize(
    ("there", "asked", "upgraded", "answer", "kept"),
    [
        pytest.param(
            ("torch==2.10.0+cu130", "onnxruntime-gpu==1.28.0"),
            ("torch", "onnxruntime-gpu"),
            {"onnxruntime-gpu"},
            {"torch": "2.10.0+cu130", "onnxruntime-gpu": "1.31.1"},
            ("torch",),
            id="ONNX Runtime alone, where the installed torch agrees with the newest",
        ),
        pytest.param(
            ("torch==2.10.0+cu128", "onnxruntime-gpu==1.22.0"),
            ("torch", "onnxruntime-gpu"),
            {"onnxruntime-gpu"},
            {"torch": "2.10.0+cu130", "onnxruntime-gpu": "1.31.1"},
            (),
            id="torch stays in its version, under the tag that the newest ONNX Runtime needs",
        ),
        pytest.param(
            ("torch==2.10.0+cu130", "onnxruntime-gpu==1.31.1"),
            ("torch", "onnxruntime-gpu"),
            {"onnxruntime-gpu"},
            {"torch": "2.10.0+cu130", "onnxruntime-gpu": "1.31.1"},
            ("torch", "onnxruntime-gpu"),
            id="nothing where it is the newest",
        ),
        pytest.param(
            ("torch==2.10.0+cu130", "onnxruntime-gpu==1.28.0"),
            ("torch", "onnxruntime-gpu"),
            {"torch"},
            {"torch": "2.15.0+cu130", "onnxruntime-gpu": "1.28.0"},
            (),
            id="torch alone: ONNX Runtime agrees with the newest as it is",
        ),
        pytest.param(
            ("torch==2.10.0+cu130", "torchvision==0.25.0+cu130"),
            ("torch", "torchvision"),
            {"torchvision"},
            {"torch": "2.15.0+cu130", "torchvision": "0.29.2+cu130"},
            (),
            id="torchvision takes its torch along",
        ),
        pytest.param(
            ("torch==2.11.0+cu130", "torchaudio==2.11.0+cu130"),
            ("torch", "torchaudio"),
            {"torchaudio"},
            {"torch": "2.11.0+cu130", "torchaudio": "2.11.0+cu130"},
            ("torch", "torchaudio"),
            id="torchaudio is the last there is",
        ),
    ],
)
def test_upgrade_moves_what_is_named_and_what_has_to_agree_with_it(
    there: tuple[str, ...], asked: tuple[str, ...], upgraded: set[str], answer: dict[str, str], kept: tuple[str, ...]
) -> None:
    outcome = resolve(
        request(*asked, upgraded=frozenset(upgraded)),
        target("8.6", driver=NEW),
        matrix(),
        environment=installed(*there),
        tables=tables(),
    )
    assert pins(outcome) == answer
    assert isinstance(outcome, Resolution)
    assert outcome.kept == kept


@pytest.mark.parametrize(
    ("requires", "answer", "breaks"),
    [
        (("torch<2.12",), "2.11.0+cu130", ""),
        (("torch<2.0",), "2.15.0+cu130", "installed-requirements-broken"),
        (('torch<2.0; extra == "old"',), "2.15.0+cu130", ""),
        (("torch<2.12; python_version == '3.12'", "torch<2.10; sys_platform == 'win32'"), "2.11.0+cu130", ""),
    ],
)
def test_what_other_packages_require_holds_as_long_as_it_can(
    requires: tuple[str, ...], answer: str, breaks: str
) -> None:
    there = installed("torch==2.6.0+cu126", requires=requires)
    outcome = resolve(request(), target("12.0", driver=NEW), matrix(), environment=there, tables=tables())
    assert pins(outcome)["torch"].split("+")[0] == answer.split("+", maxsplit=1)[0]
    assert isinstance(outcome, Resolution)
    broken = "installed-requirements-broken"
    assert [note.code for note in outcome.notes if note.code == broken] == ([breaks] if breaks else [])
