"""Answers by hand: goes over every build of the matrix files, with rules of its own and none of the resolver's code.

Nothing of `gpuenv` is imported. Code is a number and a suffix (`90a`), a version a tuple, a driver a tuple.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_MATRIX: Final = Path(__file__).parents[2] / "matrices" / "2026.11"
_EVIDENCE: Final = ("binary", "binary-partial", "build-script", "release-notes", "report")
_JETSON: Final = frozenset({53, 62, 72, 87, 101, 110})
_POLICIES: Final = {"auto": ("pytorch", "pypi"), "pytorch": ("pytorch",), "pypi": ("pypi",)}
_SOURCES: Final = ("pytorch", "pypi")
"""Ascending: the same build from PyPI comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One machine and what is asked for on it."""

    gpus: tuple[int, ...]
    """120 for 12.0."""
    driver: tuple[int, ...]
    platform: str
    python: str
    policy: str = "auto"
    asked: tuple[tuple[str, str], ...] = (("torch", ""),)
    """Project and specifier."""
    extensions: tuple[tuple[str, str], ...] = ()
    """Package and specifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is to be installed; versions as text, with the CUDA tag."""

    torch: str | None
    others: tuple[tuple[str, str], ...]
    fit: str
    source: str


def answer(cell: Cell) -> Answer | None:
    """Try every build from every source; None where none serves."""
    if not _is_driven(cell):
        return None
    asked = dict(cell.asked)
    if "torch" not in asked:
        return _runtime_alone(cell)
    best = max(_served(cell, asked), key=lambda found: found[0], default=None)
    return None if best is None else best[1]


def _served(cell: Cell, asked: dict[str, str]) -> list[tuple[tuple[Any, ...], Answer]]:
    return [
        found
        for build in _builds()
        if build["platform"] == cell.platform and build["tag"] != "cpu"
        for source in _POLICIES[cell.policy]
        if (found := _judge(cell, asked, build, source)) is not None
    ]


def _judge(
    cell: Cell, asked: dict[str, str], build: dict[str, Any], source: str
) -> tuple[tuple[Any, ...], Answer] | None:
    cuda = _cuda(build["tag"])
    kinds = [_kind(build, gpu, cuda, cell) for gpu in cell.gpus]
    fit = _fit(cuda, cell)
    if None in kinds or fit is None or not _is_there(build, source, cell.python):
        return None
    if asked["torch"] and not SpecifierSet(asked["torch"]).contains(build["version"]):
        return None
    paired = [_extension(cell, package, specifier, build) for package, specifier in cell.extensions]
    if any(found.is_refused for found in paired):
        return None
    others: list[tuple[str, str]] = []
    for project in ("torchvision", "torchaudio"):
        if project in asked:
            limits = [text for found in paired for name, text in found.beside if name == project]
            pair = _companion(project, ",".join((asked[project], *limits)).strip(","), build, source, limits)
            if pair is None:
                return None
            others.append((project, pair))
    if "onnxruntime-gpu" in asked:
        runtime = _runtime(cell, asked["onnxruntime-gpu"], cuda[0], build["cudnn"])
        if runtime is None:
            return None
        others.append(("onnxruntime-gpu", runtime["version"]))
    rank = (
        all(found.has_wheel for found in paired),
        build.get("official", True),
        Version(build["version"]),
        not _generator_is_refused(build, cell),
        fit == "direct",
        -kinds.count("ptx"),
        -_EVIDENCE.index(build["evidence"]),
        cuda,
        _SOURCES.index(source),
    )
    return rank, Answer(torch=f"{build['version']}+{build['tag']}", others=tuple(others), fit=fit, source=source)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paired:
    """How an extension takes a build of torch."""

    is_refused: bool = False
    has_wheel: bool = True
    beside: tuple[tuple[str, str], ...] = ()


def _extension(cell: Cell, package: str, specifier: str, build: dict[str, Any]) -> _Paired:
    """Metadata decides where there is any of a release that was asked for; else names of wheels, which may be built."""
    row = next(row for row in _file("extensions.toml")["extension"] if row["package"] == package)
    by_metadata = [{"version": version, "torch": torch} for version, torch in row.get("torch", {}).items()]
    by_metadata = _asked_for([*by_metadata, *row.get("releases", [])], cell, specifier)
    is_bound = bool(by_metadata) or row["source_build"] == "never"
    releases = by_metadata if is_bound else _asked_for(row.get("wheels_for", []), cell, specifier)
    if not releases or row["source_build"] == "always" or not row.get("binds_to_torch", False):
        return _Paired()
    fitting = [release for release in releases if _takes(release, build, cell.policy)]
    if not fitting:
        return _Paired(is_refused=is_bound, has_wheel=False)
    newest = max(fitting, key=lambda release: Version(release["version"]))
    pairs = (re.split(r"(?=[<>=!~])", text, maxsplit=1) for text in newest.get("beside", []))
    return _Paired(beside=tuple((name, limit) for name, limit in pairs))


def _asked_for(releases: list[dict[str, Any]], cell: Cell, specifier: str) -> list[dict[str, Any]]:
    return [
        release
        for release in releases
        if SpecifierSet(specifier).contains(release["version"], prereleases=True)
        and SpecifierSet(release.get("python", "")).contains(cell.python.rstrip("t"))
        and cell.platform in release.get("platforms", [cell.platform])
    ]


def _takes(release: dict[str, Any], build: dict[str, Any], policy: str) -> bool:
    tags = [*release.get("tags", []), *(release.get("page_tags", []) if policy != "pypi" else [])]
    has_tag = not release.get("tags") or any(build["tag"].startswith(tag) for tag in tags)
    return has_tag and SpecifierSet(release["torch"]).contains(build["version"])


def _is_there(build: dict[str, Any], source: str, python: str) -> bool:
    if source == "pypi" and not build.get("pypi", False):
        return False
    if python.endswith("t"):
        return python in build.get("free_threaded", "").split()
    oldest, newest = build["python"].split("..")
    return _minor(oldest) <= _minor(python) <= _minor(newest)


def _companion(project: str, specifier: str, build: dict[str, Any], source: str, exact: list[str]) -> str | None:
    found = [
        Version(row["version"])
        for row in _file("torch.toml")["companion"]
        if row["project"] == project
        and (SpecifierSet(row["torch"]).contains(build["version"]) or _is_named(row, build, exact))
        and SpecifierSet(specifier).contains(row["version"])
        and (row.get("pypi", False) if source == "pypi" else build["tag"] in row.get("tags", build["tag"]).split())
    ]
    return str(max(found)) if found else None


def _is_named(row: dict[str, Any], build: dict[str, Any], exact: list[str]) -> bool:
    """Whether an extension names the release, and it was made for a torch of that tag."""
    own = SpecifierSet(row["torch"])
    made_for = [other["tag"] for other in _builds() if own.contains(other["version"])]
    return f"=={row['version']}" in exact and build["tag"] in made_for


def _runtime_alone(cell: Cell) -> Answer | None:
    runtime = _runtime(cell, dict(cell.asked)["onnxruntime-gpu"], None, None)
    if runtime is None:
        return None
    fit = _fit(_numbers(runtime["cuda"]), cell) or ""
    return Answer(torch=None, others=(("onnxruntime-gpu", runtime["version"]),), fit=fit, source="pypi")


def _runtime(cell: Cell, specifier: str, cuda_major: int | None, cudnn: str | None) -> dict[str, Any] | None:
    """Find the newest build of ONNX Runtime, of a CUDA and cuDNN major where torch has them."""
    found = []
    for build in _file("onnxruntime.toml")["build"]:
        cuda = _numbers(build["cuda"])
        oldest, newest = build["python"].split("..")
        if (
            build["platform"] == cell.platform
            and cuda_major in {None, cuda[0]}
            and (cudnn is None or int(cudnn.split(".")[0]) == build["cudnn"])
            and not cell.python.endswith("t")
            and _minor(oldest) <= _minor(cell.python) <= _minor(newest)
            and SpecifierSet(specifier).contains(build["version"])
            and _fit(cuda, cell) is not None
            and all(_runtime_serves(build, gpu, cuda, cell) for gpu in cell.gpus)
        ):
            found.append(build)
    return max(found, key=lambda build: Version(build["version"]), default=None)


def _runtime_serves(build: dict[str, Any], gpu: int, cuda: tuple[int, ...], cell: Cell) -> bool:
    if any(_cubin_runs(code, gpu, cuda) for code in build["sass"].split()):
        return True
    needs_cudnn_9 = gpu in {100, 103, 120, 121}
    return _ptx_serves(build, gpu) and (_spoken(cell) or (0,)) >= cuda and build["cudnn"] >= (9 if needs_cudnn_9 else 8)


def _kind(build: dict[str, Any], gpu: int, cuda: tuple[int, ...], cell: Cell) -> str | None:
    if any(_cubin_runs(code, gpu, cuda) for code in build.get("sass", "").split()):
        return "sass"
    if not _ptx_serves(build, gpu) or (_spoken(cell) or (0,)) < cuda:
        return None
    row = _architecture(gpu)
    if row is None:
        return "ptx"
    knows_gpu = cuda >= _numbers(row["minimum_cuda"])
    oldest, shipped = row.get("minimum_cudnn"), build["cudnn"]
    return "ptx" if knows_gpu and (not oldest or not shipped or _numbers(shipped) >= _numbers(oldest)) else None


def _cubin_runs(code: str, gpu: int, cuda: tuple[int, ...]) -> bool:
    number, suffix = int(code.rstrip("af")), code[-1] if code[-1] in "af" else ""
    if _thor(number) == _thor(gpu):
        return True
    if suffix == "a" or number // 10 != gpu // 10 or number > gpu:
        return False
    if (number in _JETSON) != (gpu in _JETSON):
        return gpu in _JETSON and cuda >= (13, 2) and number in {70, 80, 86}
    return True


def _ptx_serves(build: dict[str, Any], gpu: int) -> bool:
    """PTX of the newest architecture only; a suffix narrows it as it does a cubin."""
    newest = max((int(code.rstrip("af")) for code in build.get("sass", "").split()), default=0)
    for code in build.get("ptx", "").replace("unknown", "").split():
        number, suffix = int(code.rstrip("af")), code[-1] if code[-1] in "af" else ""
        is_for = {"": number <= gpu, "a": number == gpu, "f": number // 10 == gpu // 10 and number <= gpu}[suffix]
        if is_for and number >= newest:
            return True
    return False


def _thor(number: int) -> int:
    return 110 if number == 101 else number


def _fit(cuda: tuple[int, ...], cell: Cell) -> str | None:
    """Direct where the driver speaks the build's CUDA, minor from the floor of its major on."""
    spoken = _spoken(cell)
    if spoken is None:
        return None
    if cuda <= spoken:
        return "direct"
    floor = _driver(_file("cuda.toml")["floor"][str(cuda[0])][_system(cell)])
    return "minor" if cuda[0] == spoken[0] and cell.driver >= floor else None


@cache
def _spoken(cell: Cell) -> tuple[int, ...] | None:
    """Tell the CUDA version of a driver by the table; where Windows has no row, the branch on Linux counts."""
    known = []
    for row in _file("cuda.toml")["toolkit"]:
        first = row.get(f"driver_{_system(cell)}")
        if first is None and "driver_linux" in row:
            first = row["driver_linux"].split(".")[0]
        if first is not None and _driver(first) <= cell.driver:
            known.append(_numbers(row["version"]))
    return max(known, default=None)


def _is_driven(cell: Cell) -> bool:
    """Whether the driver's branch drives every card, and a Jetson is where Jetsons are."""
    branch = cell.driver[0]
    if _system(cell) == "windows":
        linux = {_driver(row["driver_linux"])[0] for row in _file("cuda.toml")["toolkit"] if "driver_linux" in row}
        branch = max((found for found in linux if found <= branch), default=branch)
    for gpu in cell.gpus:
        row = _architecture(gpu) or {}
        if not row.get("minimum_driver_branch", 0) <= branch <= row.get("maximum_driver_branch", 9999):
            return False
        if gpu in _JETSON and (cell.platform != "linux-aarch64" or branch < 580):
            return False
    return True


def _generator_is_refused(build: dict[str, Any], cell: Cell) -> bool:
    """Triton's ptxas is of a newer CUDA major than the driver's."""
    wanted, spoken = build["triton"], _spoken(cell)
    rows = [row for row in _file("torch.toml")["triton"] if wanted and SpecifierSet(wanted).contains(row["version"])]
    if not rows or spoken is None:
        return False
    row = max(rows, key=lambda found: Version(found["version"]))
    used = [row["ptxas_blackwell"] if gpu >= 100 and "ptxas_blackwell" in row else row["ptxas"] for gpu in cell.gpus]
    return max(_numbers(text)[0] for text in used) > spoken[0]


@cache
def _builds() -> tuple[dict[str, Any], ...]:
    """Give each build what its release shares, and the evidence of its first source."""
    root, found = _file("torch.toml"), []
    for release in root["release"]:
        for build in release["build"]:
            shared = {
                "version": release["version"],
                "python": release["python"],
                "free_threaded": release.get("free_threaded", ""),
                "cudnn": release.get("cudnn", {}).get(build["tag"]),
                "triton": release.get("triton", {}).get(build["platform"]),
                "evidence": root["sources"][build["source"].split()[0]][0],
            }
            found.append(shared | build)
    return tuple(found)


def _architecture(gpu: int) -> dict[str, Any] | None:
    wanted = f"{gpu // 10}.{gpu % 10}"
    return next((row for row in _file("architectures.toml")["architecture"] if row["capability"] == wanted), None)


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads((_MATRIX / name).read_text(encoding="utf-8"))


def _system(cell: Cell) -> str:
    return "windows" if cell.platform.startswith("windows") else "linux"


def _cuda(tag: str) -> tuple[int, ...]:
    digits = tag.removeprefix("cu")
    return int(digits[:2]), int(digits[2])


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _driver(text: str) -> tuple[int, ...]:
    return _numbers(text)


def _minor(python: str) -> int:
    return int(python.split(".")[1])
