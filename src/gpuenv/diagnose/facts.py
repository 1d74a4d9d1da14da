"""Reads from a log what it says of the machine and its packages: GPUs, driver, versions, system."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.platform import PythonVersion
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.diagnose.normalise import LogText
    from gpuenv.models.diagnosis import GpuFamily

_LINES: Final = 400
"""Lines with facts that are read at most, half of them from the end."""
_LENGTH: Final = 400
"""Characters of a line that are read."""

_FACTUAL: Final = (
    "torch", "onnx", "nvidia", "cuda", "cudnn", "driver", "rtx", "gtx", "gpu", "tesla", "quadro", "geforce", "titan",
    "jetson", "jetpack", "l4t", "tegra", "wsl", "docker", "container", "windows", "linux", "ubuntu", "debian", "centos",
    "vllm", "xformers", "flash", "triton", "ctranslate2", "insightface", "whisper", "mmcv", "bitsandbytes",
    "capabilit", "arm64", "aarch64", "gh200", "dgx", "nvcc", "sm_", "release ", "intel", ":\\", ".so", ".dll", "/usr/",
    "/home/", "/opt/", "50-series", "python:", "python version", "python 3", "python 2", "cpython-",
    "a100", "a800", "h100", "h200", "h800", "b200", "b300", "gb10", "v100", "p100", "p40", "k80", "m40", "l40",
)  # fmt: skip
"""Words without which a line has no fact, in lower case: far cheaper to look for than the expressions below."""
_COMMAND: Final = re.compile(
    r"\b(?:pip3?|uv|conda|mamba|poetry|git|docker)\s+(?:pip\s+)?(?:install|add|sync|clone|run)\b|--index-url"
)
"""Lines that say what to do, not what is there."""

_GAP: Final = r"[\s:=@'\"(<>~*|,v\[\]-]{0,12}(?:version|build|is)?[\s:=@'\"(*|v-]{0,12}"
_NUMBER: Final = r"(?P<version>\d{1,4}\.\d{1,4}(?:\.\d{1,9})?(?:\.?(?:dev|post|rc|a|b)\d{1,9})?)"
_TORCH: Final = re.compile(
    rf"(?<![\w/\\.-])(?:py)?torch\b(?![\w./\\-]){_GAP}(?:{_NUMBER})?(?P<local>\+\w{{2,20}})?(?P<rest>[^\n]{{0,60}})",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"\bcu(?P<digits>\d{2,3})\b|\bCUDA\s{0,3}(?P<cuda>\d{1,2}\.\d)", re.IGNORECASE)
_PACKAGE: Final = re.compile(
    r"(?<![\w/\\.-])(?P<name>onnxruntime(?:[-_](?:gpu|directml|openvino|rocm))?|torchvision|torchaudio|xformers|vllm"
    r"|triton|flash[-_]attn|ctranslate2|faster[-_]whisper|insightface|mmcv(?:-full)?|bitsandbytes|sgl-kernel|tinycudann)"
    rf"(?![\w./\\-]){_GAP}(?:{_NUMBER}|(?P<yes>yes\b))(?P<local>\+\w{{2,20}})?",
    re.IGNORECASE,
)
_CAPABILITY: Final = re.compile(r"compute[ _]capabilit(?:y|ies)\D{0,20}(?P<first>\d{1,2}\.\d)", re.IGNORECASE)
_DRIVER: Final = re.compile(
    r"driver[^\n\d]{0,40}(?P<version>\d{3}(?:\.\d{1,3}){0,2})\b(?!\s?(?:MB|GB|MiB))", re.IGNORECASE
)
_DRIVER_CUDA: Final = re.compile(
    r"(?:CUDA(?:\s{0,3}version)?\s{0,3}[:=]?\s{0,3}(?P<cuda>\d{1,2}\.\d)|CUDA\s(?P<number>\d{4,5})\b"
    r"|found\s(?:version\s)?(?P<found>\d{4,5})\b)",
    re.IGNORECASE,
)
_TOOLKIT: Final = re.compile(
    r"(?:^|[\s,;(])(?:nvcc|cudatoolkit|cuda(?:[ _-]toolkit)?|cuda runtime version|CUDA_HOME)"
    r"\s{0,3}(?:version)?[:=]\s{0,3}(?:v|V)?(?P<version>\d{1,2}(?:\.\d)?)\b"
    r"|release (?P<release>\d{1,2}\.\d), V\d|cuda-(?P<folder>\d{1,2}\.\d)/|CUDA\\v(?P<windows>\d{1,2}\.\d)",
    re.IGNORECASE,
)
_OLDEST_BRANCH: Final = 300
"""Smaller numbers after the word driver are not NVIDIA's branches."""
_CUDNN: Final = re.compile(
    r"\bcudnn(?:[ _]version)?\s{0,3}[:=]\s{0,3}v?(?P<major>\d{1,2})(?=\.|\b)"
    r"|nvidia-cudnn-cu\d\d\s{0,20}={0,3}\s{0,20}(?P<wheel>\d{1,2})\.",
    re.IGNORECASE,
)
_ARM: Final = re.compile(
    r"aarch64|arm64|\bsbsa\b|\bjetson|\btegra\b|\bl4t\b|jetpack|\bgh200|\bgb[123]00|\bgb10\b|dgx spark"
)
_VARIANT: Final = re.compile(r"(?: ?(?:Ti|SUPER|Laptop GPU|Laptop|Max-Q|Mobile|D|M)\b){1,3}")
"""What follows a GPU's number in its name, and changes nothing in its capability."""
_ARCHITECTURES: Final = re.compile(r"(?:\b(?:sm|compute)_\d{2,3}[af]?['\"]?[,;\s]{0,3}['\"]?){2,30}")
_PYTHON: Final = re.compile(
    r"\bpython(?:\sversion)?\s{0,3}[:=]?\s{0,3}v?(?P<stated>[23]\.\d{1,2})\b|python(?P<folder>3\.\d{1,2})[/\\]"
    r"|cpython-3(?P<minor>\d{1,2})-|\bcp3(?P<tag>\d{1,2})-(?:cp3|abi3)|python3(?P<windows>\d{1,2})\\",
    re.IGNORECASE,
)
_WINDOWS_BUILD: Final = re.compile(r"Windows\s10\D{0,30}(?P<build>1\d{4})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFacts:
    """What a log says beside its error, be it printed by a program or written by a person."""

    gpus: tuple[tuple[str, ComputeCapability], ...] = ()
    """Names as written, in their order, with the capability of the name."""
    capability: ComputeCapability | None = None
    """Said outright."""
    torch: Version | None = None
    torch_tag: str | None = None
    packages: Mapping[str, Version | None]
    """By canonical name; None for a package that is named as installed without a version."""
    driver: DriverVersion | None = None
    driver_cuda: CudaVersion | None = None
    toolkit: CudaVersion | None = None
    """CUDA of nvcc or of the system's libraries. A bare major reads as minor 0."""
    cudnn_major: int | None = None
    system: str | None = None
    """`windows`, `linux`, or None."""
    is_wsl: bool = False
    is_wsl1: bool = False
    is_container: bool = False
    is_arm: bool = False
    """An aarch64 machine: said, or known by its GPU (Jetson, GH200, GB200, GB10)."""
    windows_build: int | None = None
    has_no_nvidia: bool = False
    python: PythonVersion | None = None
    architectures: tuple[Architecture, ...] = ()
    """Of torch's build, as `torch.cuda.get_arch_list()` prints them."""


def read_facts(text: LogText, families: Sequence[GpuFamily]) -> TextFacts:
    """Read the facts of a log, in time that does not grow with its length beyond `_LINES`."""
    lines = _fact_lines(text.lines)
    joined = "\n".join(lines)
    lowered = joined.lower()
    torch, tag = _torch(lines)
    build = _WINDOWS_BUILD.search(joined)
    return TextFacts(
        gpus=_gpus(joined, families),
        capability=_capability(joined),
        torch=torch,
        torch_tag=tag,
        packages=_packages(lines),
        driver=_driver(lines),
        driver_cuda=_driver_cuda(lines),
        toolkit=_toolkit(lines),
        cudnn_major=_cudnn(joined),
        system=_system(lowered),
        is_wsl="wsl" in lowered,
        is_wsl1=re.search(r"\bwsl ?1\b", lowered) is not None,
        is_container=re.search(r"docker|container(?!_toolkit)|podman|kubernetes", lowered) is not None,
        is_arm=_ARM.search(lowered) is not None,
        windows_build=int(build["build"]) if build else None,
        has_no_nvidia=re.search(r"\bno nvidia\b(?! driver)", lowered) is not None,
        python=_python(joined),
        architectures=_architectures(joined),
    )


def _fact_lines(lines: Sequence[str]) -> tuple[str, ...]:
    wanted = [line[:_LENGTH] for line in lines if _is_factual(line[:_LENGTH])]
    return tuple(wanted if len(wanted) <= _LINES else [*wanted[: _LINES // 2], *wanted[-_LINES // 2 :]])


def _is_factual(line: str) -> bool:
    lowered = line.lower()
    return any(word in lowered for word in _FACTUAL) and _COMMAND.search(lowered) is None


def _gpus(text: str, families: Sequence[GpuFamily]) -> tuple[tuple[str, ComputeCapability], ...]:
    """Find GPU names; where two families match at one place, the earlier family has it."""
    taken: list[tuple[int, int, str, ComputeCapability]] = []
    for family in families:
        for match in family.pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end, _, _ in taken):
                more = _VARIANT.match(text, match.end())
                end = more.end() if more else match.end()
                taken.append((match.start(), end, text[match.start() : end].strip(), family.capability))
    named: dict[str, ComputeCapability] = {}
    for _, _, name, capability in sorted(taken, key=lambda found: found[0]):
        named.setdefault(name, capability)
    return tuple(named.items())


def _capability(text: str) -> ComputeCapability | None:
    found = _CAPABILITY.search(text)
    return None if found is None else ComputeCapability.parse(found["first"])


def _torch(lines: Sequence[str]) -> tuple[Version | None, str | None]:
    """Find torch's version and CUDA tag; the first line that names a version with a tag wins."""
    best: tuple[Version | None, str | None] = (None, None)
    for line in lines:
        for found in _TORCH.finditer(line):
            version = _version(found["version"])
            tag = _tag(found["local"] or "") or _tag(found["rest"] or "")
            if version is not None and tag is not None:
                return version, tag
            if (version is not None and best[0] is None) or (best == (None, None) and tag is not None):
                best = (version, tag)
    return best


def _tag(text: str) -> str | None:
    if "+cpu" in text.lower():
        return "cpu"
    found = _TAG.search(text)
    if found is None:
        return None
    if found["digits"]:
        return f"cu{found['digits']}"
    return CudaVersion.parse(found["cuda"]).tag


def _packages(lines: Sequence[str]) -> Mapping[str, Version | None]:
    packages: dict[str, Version | None] = {}
    for line in lines:
        for found in _PACKAGE.finditer(line):
            name = found["name"].lower().replace("_", "-")
            packages.setdefault(name, _version(found["version"]))
    return packages


def _python(text: str) -> PythonVersion | None:
    found = _PYTHON.search(text)
    if found is None:
        return None
    whole = found["stated"] or found["folder"]
    return PythonVersion.parse(whole or f"3.{found['minor'] or found['tag'] or found['windows']}")


def _architectures(text: str) -> tuple[Architecture, ...]:
    found = _ARCHITECTURES.search(text)
    return () if found is None else parse_architectures(found.group())


def parse_architectures(text: str) -> tuple[Architecture, ...]:
    """Read the machine code of `sm_50 sm_60 compute_37`; PTX is left out, since it decides nothing here (rule 3)."""
    names = re.findall(r"sm_(\d{2,3}[af]?)", text)
    return tuple(Architecture.parse(name) for name in names)


def _version(text: str | None) -> Version | None:
    try:
        return Version(text) if text else None
    except InvalidVersion:
        return None


def _driver(lines: Sequence[str]) -> DriverVersion | None:
    for line in lines:
        found = _DRIVER.search(line)
        if found is not None and int(found["version"][:3]) >= _OLDEST_BRANCH:
            return DriverVersion.parse(found["version"])
    return None


def _driver_cuda(lines: Sequence[str]) -> CudaVersion | None:
    for line in lines:
        if "driver" not in line.lower():
            continue
        found = _DRIVER_CUDA.search(line)
        if found is not None:
            number = found["number"] or found["found"]
            return CudaVersion.from_driver_number(int(number)) if number else CudaVersion.parse(found["cuda"])
    return None


def _toolkit(lines: Sequence[str]) -> CudaVersion | None:
    for line in lines:
        if "driver" in line.lower():
            continue
        for found in _TOOLKIT.finditer(line):
            number = next(value for value in found.groups() if value)
            return CudaVersion.parse(number if "." in number else f"{number}.0")
    return None


def _cudnn(text: str) -> int | None:
    for found in _CUDNN.finditer(text):
        return int(found["major"] or found["wheel"])
    return None


def _system(lowered: str) -> str | None:
    windows = re.search(r"\bwindows\b|[a-z]:\\|\.dll\b", lowered)
    linux = re.search(r"\blinux\b|\bubuntu\b|\bdebian\b|\bcentos\b|/usr/|/home/|/opt/|\.so\b", lowered)
    if windows and not (linux or "wsl" in lowered):
        return "windows"
    return "linux" if linux or "wsl" in lowered else None
