"""What is made of the user's words: the order of torch and ONNX Runtime, and the CPU package on a GPU target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.errors import UsageError
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.notice import Notice
from gpuenv.models.request import IndexPolicy
from gpuenv.project.requirement_files import RequirementLine, parse_requirement
from gpuenv.workflow.options import Options
from gpuenv.workflow.resolving.request import make_request
from support.machines import PYTORCH, target

if TYPE_CHECKING:
    from gpuenv.models.platform import PlatformName
    from gpuenv.models.target import Target
    from gpuenv.workflow.resolving.request import Asked


def made(
    *texts: str,
    machine: Target | None = None,
    there: Environment | None = None,
    is_known: bool = True,
    upgrade: bool = False,
) -> Asked:
    lines = [
        RequirementLine(
            text=text, file="command line", line=number, kind="requirement", requirement=parse_requirement(text)
        )
        for number, text in enumerate(texts, start=1)
    ]
    return make_request(
        lines,
        Options(upgrade=upgrade, requirements=texts),
        machine or target("12.0", driver="580.95.05"),
        there,
        policy=IndexPolicy.PYTORCH,
        sources=(PYTORCH,),
        needs_are_known=is_known,
    )


def asked(*texts: str) -> tuple[str, ...]:
    return words(made(*texts))


def words(what: Asked) -> tuple[str, ...]:
    return tuple(str(requirement) for requirement in what.request.requirements)


def environment(*names: str) -> Environment:
    """Describe an environment with `torch==2.9.1+cu128` and so on; after a `/` the CUDA tag of its own files."""
    root = Path("env")
    distributions = []
    for text in names:
        name, _, rest = text.partition("==")
        version, _, tag = rest.partition("/")
        distributions.append(
            InstalledDistribution(
                name=canonicalize_name(name), version=Version(version), location=root, build_tag=tag or None
            )
        )
    machine = target("12.0")
    return Environment(
        root=root,
        kind="venv",
        python=root / "bin" / "python",
        python_version=machine.python,
        platform=machine.platform,
        site_packages=root / "lib",
        distributions=tuple(distributions),
    )


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (("torchvision", "torch<3"), ("torch<3", "torchvision")),
        (("torch", "onnxruntime-gpu"), ("torch", "onnxruntime-gpu")),
        (("onnxruntime-gpu", "torch", "torchaudio"), ("onnxruntime-gpu", "torch", "torchaudio")),
        (("onnxruntime>=1.20", "torch"), ("onnxruntime-gpu>=1.20", "torch")),
        (("onnxruntime-gpu",), ("onnxruntime-gpu",)),
    ],
)
def test_the_family_is_in_its_order_unless_onnxruntime_was_named_before_torch(
    texts: tuple[str, ...], order: tuple[str, ...]
) -> None:
    assert asked(*texts) == order


@pytest.mark.parametrize(
    ("there", "texts", "family", "optional"),
    [
        (("torch==2.9.1+cu128",), ("onnxruntime-gpu",), ("torch", "onnxruntime-gpu"), set()),
        (("torch==2.9.1/cu128",), ("onnxruntime",), ("torch", "onnxruntime-gpu"), set()),
        (("torch==2.9.1+cpu",), ("onnxruntime-gpu",), ("onnxruntime-gpu",), set()),
        (("onnxruntime-gpu==1.26.0",), ("torch",), ("torch", "onnxruntime-gpu"), {"onnxruntime-gpu"}),
        (("torchvision==0.24.1+cu128",), ("torch",), ("torch", "torchvision"), {"torchvision"}),
        (("numpy==2.0.0",), ("torch",), ("torch",), set()),
    ],
)
def test_installed_members_come_along_since_all_have_to_agree(
    there: tuple[str, ...], texts: tuple[str, ...], family: tuple[str, ...], optional: set[str]
) -> None:
    what = made(*texts, there=environment(*there))
    assert (words(what), what.request.optional) == (family, frozenset(optional))


@pytest.mark.parametrize(
    ("texts", "others", "codes"),
    [
        (("onnxruntime",), ("onnxruntime",), []),
        (("onnxruntime-gpu[cuda,cudnn]>=1.20",), ("onnxruntime>=1.20",), ["onnxruntime-becomes-cpu"]),
    ],
)
def test_a_cpu_target_takes_the_cpu_package_of_onnxruntime_and_no_torch(
    texts: tuple[str, ...], others: tuple[str, ...], codes: list[str]
) -> None:
    what = made(*texts, machine=target(), is_known=False)
    assert (words(what), what.request.others, [note.code for note in what.notes]) == ((), others, codes)


def test_a_package_of_which_nothing_is_known_is_taken_to_need_torch_and_told_of() -> None:
    what = made("easyocr", is_known=False)
    assert (words(what), what.notes) == (
        ("torch", "torchvision"),
        (Notice.of("needs-unknown-offline", packages=("easyocr",)),),
    )
    assert (words(made("easyocr")), made("easyocr").notes) == ((), ())
    assert made("easyocr", "torch", is_known=False).notes == ()


def test_what_is_named_is_to_be_upgraded_and_nothing_else() -> None:
    there = environment("torch==2.10.0", "torchvision==0.25.0", "onnxruntime-gpu==1.28.0")
    alone, named = made(there=there, upgrade=True).request, made("onnxruntime", "easyocr", there=there, upgrade=True)
    assert (alone.upgrade, alone.upgraded, alone.upgraded_others) == (True, frozenset(), ())
    assert (named.request.upgrade, named.request.upgraded) == (False, frozenset({"onnxruntime-gpu"}))
    assert named.request.upgraded_others == ("easyocr",)


@pytest.mark.parametrize(
    ("address", "exact"),
    [
        ("https://mirror.example/whl/torch-2.9.1%2Bcu128-cp312-cp312-manylinux_2_28_x86_64.whl", "torch==2.9.1+cu128"),
        ("https://mirror.example/torch.zip", None),
    ],
)
def test_a_member_asked_for_by_an_address_is_refused_with_what_to_ask_for_instead(
    address: str, exact: str | None
) -> None:
    with pytest.raises(UsageError) as raised:
        made(f"torch @ {address}")
    assert (raised.value.code, raised.value.context["exact"]) == ("family-by-address", exact)


@pytest.mark.parametrize(
    ("marker", "platform", "applies"),
    [
        ("sys_platform == 'win32'", "windows-x86_64", True),
        ("sys_platform == 'win32'", "linux-x86_64", False),
        ("platform_machine == 'aarch64'", "linux-aarch64", True),
        ("python_version < '3.10'", "linux-x86_64", False),
    ],
)
def test_markers_are_those_of_the_target_and_not_of_this_machine(
    marker: str, platform: PlatformName, *, applies: bool
) -> None:
    machine = target("12.0", driver="596.21", platform=platform)
    assert words(made("torch", f"onnxruntime-gpu; {marker}", machine=machine)) == (
        ("torch", "onnxruntime-gpu") if applies else ("torch",)
    )
