"""Measured facts against what a text says, and the check-up without any text."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from diagnose.samples import book, diagnosed
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.diagnosis import DiagnosisReport
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.hardware import Driver, Gpu, HostFacts, Presence, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.report.messages import catalog, phrase
from gpuenv.report.messages.catalog import all_messages

LINUX = Platform(name="linux-x86_64", glibc=(2, 35))
NO_KERNEL = "RuntimeError: CUDA error: no kernel image is available for execution on the device"


def machine(name: str | None, capability: str = "8.6", *, driver: str = "580.95.05", cuda: str = "13.0") -> HostFacts:
    """Make a machine with one GPU, or without."""
    if name is None:
        return HostFacts(gpus=(), driver=None, platform=LINUX, presence=Presence.ABSENT)
    return HostFacts(
        gpus=(Gpu(name=name, capabilities=(ComputeCapability.parse(capability),), probe=Probe.NVML),),
        driver=Driver(version=DriverVersion.parse(driver), cuda_version=CudaVersion.parse(cuda), probe=Probe.NVML),
        platform=LINUX,
        presence=Presence.PRESENT,
    )


def environment(**packages: str) -> Environment:
    """Make an environment with these packages; `_` in a name stands for `-`."""
    root = Path("/srv/app/.venv")
    distributions = tuple(
        InstalledDistribution(name=canonicalize_name(name), version=Version(version), location=root / name)
        for name, version in sorted(packages.items())
    )
    return Environment(
        root=root,
        kind="venv",
        python=root / "bin" / "python",
        python_version=PythonVersion(major=3, minor=12),
        platform=LINUX,
        site_packages=root / "lib",
        distributions=distributions,
    )


def primary_code(report: DiagnosisReport) -> tuple[str, str] | None:
    return None if report.primary is None else (report.primary.cause.code, report.primary.confidence)


RTX_5090 = machine("NVIDIA GeForce RTX 5090", "12.0")


@pytest.mark.parametrize(
    ("host", "installed", "expected"),
    [
        (RTX_5090, environment(torch="2.6.0+cu124"), ("architecture-too-new-for-build", "high")),
        (RTX_5090, environment(torch="2.9.1+cu128"), None),
        (RTX_5090, environment(torch="2.9.1+cpu"), ("cpu-build-installed", "high")),
        (machine(None), environment(torch="2.9.1+cpu"), None),
        (
            machine("Tesla V100-SXM2-16GB", "7.0"),
            environment(torch="2.12.0+cu130"),
            ("architecture-dropped-by-build", "high"),
        ),
        (
            machine("NVIDIA A100", "8.0", driver="535.104.05", cuda="12.2"),
            environment(torch="2.12.0+cu130"),
            ("driver-too-old-for-build", "high"),
        ),
        (machine("NVIDIA A100", "8.0", driver="535.104.05", cuda="12.2"), environment(torch="2.9.1+cu128"), None),
        (
            RTX_5090,
            environment(onnxruntime="1.22.0", onnxruntime_gpu="1.22.0"),
            ("onnxruntime-packages-collide", "high"),
        ),
        (
            RTX_5090,
            environment(torch="2.10.0+cu130", torchvision="0.24.1"),
            ("torchvision-for-another-torch", "high"),
        ),
        (
            RTX_5090,
            environment(torch="2.10.0+cu130", onnxruntime_gpu="1.22.0"),
            ("onnxruntime-other-cuda-major", "medium"),
        ),
        (RTX_5090, None, None),
    ],
)
def test_the_check_up_tells_what_machine_and_environment_show(
    host: HostFacts, installed: Environment | None, expected: tuple[str, str] | None
) -> None:
    assert primary_code(diagnosed("", machine=host, environment=installed)) == expected


def test_what_detection_found_wrong_is_the_verdict_of_the_check_up() -> None:
    host = HostFacts(
        gpus=RTX_5090.gpus,
        driver=None,
        platform=LINUX,
        presence=Presence.UNUSABLE,
        problems=(Notice.of("nouveau-in-use"),),
    )
    primary = diagnosed("", machine=host).primary
    assert primary is not None
    assert (primary.cause.code, primary.cause_class) == ("nouveau-in-use", "no-driver")


def test_a_measured_build_is_believed_before_a_stated_one() -> None:
    text = f"torch: 2.9.1+cu128\n{NO_KERNEL}"
    measured = diagnosed(text, machine=RTX_5090, environment=environment(torch="2.6.0+cu124"))
    stated = diagnosed(text, machine=RTX_5090)
    assert primary_code(measured) == ("architecture-too-new-for-build", "high")
    assert primary_code(stated) == ("extension-lacks-code-for-gpu", "medium")


def test_what_a_program_printed_is_believed_before_what_a_person_states() -> None:
    text = (
        "torch: nightly, 2.9.1+cu128\nNVIDIA GeForce RTX 5070 Ti with CUDA capability sm_120 is not compatible with the"
        " current PyTorch installation.\nThe current PyTorch install supports CUDA capabilities sm_50 sm_60 sm_90."
    )
    assert primary_code(diagnosed(text)) == ("architecture-too-new-for-build", "high")


def test_a_cuda_build_in_the_environment_tells_that_another_interpreter_spoke() -> None:
    report = diagnosed(
        "AssertionError: Torch not compiled with CUDA enabled",
        machine=RTX_5090,
        environment=environment(torch="2.9.1+cu128"),
    )
    assert primary_code(report) == ("another-interpreter", "medium")


def test_facts_of_a_machine_that_the_text_is_not_of_are_left_out() -> None:
    text = f"GPU 0: NVIDIA GeForce GTX 1080 Ti\n{NO_KERNEL}"
    report = diagnosed(text, machine=RTX_5090, environment=environment(torch="2.6.0+cu124"))
    assert primary_code(report) == ("architecture-dropped-by-build", "medium")


def test_where_the_facts_do_not_decide_the_other_cause_is_named() -> None:
    report = diagnosed(NO_KERNEL)
    assert primary_code(report) == ("architecture-too-new-for-build", "low")
    assert [other.cause.code for other in report.others] == [
        "architecture-dropped-by-build",
        "extension-lacks-code-for-gpu",
    ]


def test_a_missing_library_on_a_machine_without_gpu_leads_to_no_installation_of_cuda() -> None:
    text = "Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.11: cannot open shared"
    assert primary_code(diagnosed(text, machine=machine(None))) == ("no-nvidia-gpu", "medium")


def test_a_root_cause_goes_before_its_symptoms() -> None:
    text = (
        "ImportError: /x/vllm/_C.abi3.so: undefined symbol: cuTensorMapEncodeTiled\n"
        "UserWarning: CUDA initialization: The NVIDIA driver on your system is too old (found version 11040).\n"
        "RuntimeError: Torch is not able to use GPU; add --skip-torch-cuda-test"
    )
    report = diagnosed(text)
    assert primary_code(report) == ("driver-too-old-for-build", "high")
    assert report.primary is not None
    assert report.primary.cause.context["driver_cuda"] == "11.4"


def test_versions_alone_say_nothing_where_the_text_complains_of_something_else() -> None:
    text = "torch: 2.9.1+cpu\nGPU: RTX 5090\nTraceback (most recent call last):\nKeyError: 'price'"
    assert diagnosed(text) == DiagnosisReport(primary=None)
    assert primary_code(diagnosed("torch: 2.9.1+cpu\nGPU: RTX 5090")) == ("cpu-build-installed", "medium")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (
            "GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch\n"  # noqa: ISC004
            "I ran pip install --pre torch --index-url https://download.pytorch.org/whl/nightly/cu121 as advised",
            "advice-index-lacks-gpu",
        ),
        (
            "NVIDIA GeForce GTX 1080 Ti with CUDA capability sm_61 is not compatible with the current PyTorch.\n"  # noqa: ISC004
            "OS: Linux. pip install --pre torch --index-url https://download.pytorch.org/whl/nightly/cu128",
            "advice-index-lacks-gpu",
        ),
        (
            "RuntimeError: nvrtc: error: invalid value for --gpu-architecture (-arch)\nexport TORCH_CUDA_ARCH_LIST=8.9",
            "advice-arch-list-does-not-help",
        ),
        (
            "AssertionError: Torch not compiled with CUDA enabled\ndriver >= 550 is enough",
            "advice-driver-does-not-help",
        ),
    ],
)
def test_advice_that_cannot_help_is_named(text: str, advice: str) -> None:
    assert [other.cause.code for other in diagnosed(text).others] == [advice]


def test_advice_that_helps_is_not_found_fault_with() -> None:
    text = (
        "GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.\n"
        "pip install torch --index-url https://download.pytorch.org/whl/cu130"
    )
    assert diagnosed(text).others == ()


def test_every_cause_has_a_sentence_in_both_languages_and_a_command() -> None:
    for cause in book().causes:
        message = all_messages()[cause.code]
        assert message.en
        assert message.zh != message.en
        facts = {"python": "/x/python", "version": "2.4.0"}
        assert phrase(cause.code, facts, "en").hints, cause.code


def test_no_cause_has_a_code_that_another_station_words() -> None:
    stations = [name for name in catalog._STATIONS if name != "diagnose"]
    others = {code for name in stations for code in import_module(f"gpuenv.report.messages.{name}").MESSAGES}
    assert {cause.code for cause in book().causes} & others == set()


def test_every_code_of_a_signature_belongs_to_a_cause() -> None:
    codes = {cause.code for cause in book().causes}
    assert len(codes) == len(book().causes)
    assert {code for signature in book().signatures for code in signature.causes} <= codes
