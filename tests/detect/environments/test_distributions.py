from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.detect.environments.build_tags import parse_companion_version, parse_onnxruntime_info, parse_torch_version
from gpuenv.detect.environments.distributions import parse_direct_url, parse_metadata, read_installed
from gpuenv.models.environment import InstalledDistribution
from support.machine_roots import write

DATA = Path(__file__).parents[2] / "data" / "detect" / "packages"


def text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def install(site: Path, name: str, version: str, *lines: str, installer: str | None = "pip") -> Path:
    info = site / f"{name}-{version}.dist-info"
    header = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *lines])
    write(info / "METADATA", f"{header}\n\nName: not-this\nRequires-Dist: not-this-either\n")
    write(info / "RECORD", "")
    if installer is not None:
        write(info / "INSTALLER", f"{installer}\n")
    return info


def only(site: Path) -> InstalledDistribution:
    (found,) = read_installed((site,)).distributions
    return found


def test_a_distribution_is_read_with_its_requirements_and_without_those_of_extras(tmp_path: Path) -> None:
    info = install(
        tmp_path,
        "easyocr",
        "1.7.2",
        "Requires-Dist: torch>=2.0",
        'Requires-Dist: ninja; sys_platform == "linux"',
        'Requires-Dist: pytest; extra == "dev"',
        "Requires-Dist: this is (not) one",
    )
    assert only(tmp_path) == InstalledDistribution(
        name=canonicalize_name("easyocr"),
        version=Version("1.7.2"),
        location=info,
        requires=(Requirement("torch>=2.0"), Requirement('ninja; sys_platform == "linux"')),
        installer="pip",
    )


def test_line_ends_and_cases_of_other_tools_are_read() -> None:
    metadata = parse_metadata("metadata-version: 2.1\r\nname: a\r\nversion: 1\r\nrequires-dist: b\r\n\r\ntext: c")
    assert (metadata.name, metadata.version, metadata.requires) == ("a", "1", ("b",))


def test_half_deleted_distributions_are_told_by_their_problem(tmp_path: Path) -> None:
    (install(tmp_path, "torch", "2.9.0") / "METADATA").unlink()
    (install(tmp_path, "numpy", "2.1.0") / "RECORD").unlink()
    write(tmp_path / "broken.dist-info" / "INSTALLER", "pip")
    (tmp_path / "~orch").mkdir()
    (tmp_path / "~umpy-1.0.dist-info").mkdir()
    installed = read_installed((tmp_path,))
    assert [(found.name, str(found.version), found.problems) for found in installed.distributions] == [
        ("numpy", "2.1.0", ("record-missing",)),
        ("torch", "2.9.0", ("metadata-missing",)),
    ]
    assert installed.remnants == ("broken.dist-info", "~orch", "~umpy-1.0.dist-info")


def test_packages_of_conda_may_lack_a_record(tmp_path: Path) -> None:
    (install(tmp_path, "numpy", "2.1.0", installer="conda") / "RECORD").unlink()
    assert only(tmp_path).problems == ()


def test_an_egg_info_file_and_folder_of_old_tools_are_distributions(tmp_path: Path) -> None:
    write(tmp_path / "six-1.16.0.egg-info", "Metadata-Version: 1.1\nName: six\nVersion: 1.16.0\n")
    write(tmp_path / "mmcv.egg-info" / "PKG-INFO", "Metadata-Version: 2.1\nName: mmcv\nVersion: 2.2.0\n")
    found = read_installed((tmp_path,)).distributions
    assert [(one.name, str(one.version), one.problems) for one in found] == [
        ("mmcv", "2.2.0", ()),
        ("six", "1.16.0", ()),
    ]


def test_a_direct_install_is_told_without_its_credentials(tmp_path: Path) -> None:
    info = install(tmp_path, "app", "1.0")
    write(info / "direct_url.json", '{"url": "https://user:secret@host.invalid/app.whl", "archive_info": {}}')
    found = only(tmp_path)
    assert found.direct_url is not None
    assert "secret" not in found.direct_url
    assert "host.invalid/app.whl" in found.direct_url
    assert not found.is_editable


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ('{"url": "file:///src/app", "dir_info": {"editable": true}}', ("file:///src/app", True)),
        ('{"url": "file:///src/app", "dir_info": {}}', ("file:///src/app", False)),
        ("[]", (None, False)),
        ("not JSON", (None, False)),
    ],
)
def test_an_editable_install_is_told_by_its_direct_url(told: str, expected: tuple[str | None, bool]) -> None:
    assert parse_direct_url(told) == expected


def test_the_first_of_two_folders_counts(tmp_path: Path) -> None:
    install(tmp_path / "purelib", "numpy", "2.1.0")
    install(tmp_path / "platlib", "numpy", "1.0.0")
    found = read_installed((tmp_path / "purelib", tmp_path / "platlib", tmp_path / "none"))
    assert [str(one.version) for one in found.distributions] == ["2.1.0"]


@pytest.mark.parametrize(
    ("project", "file", "source", "tag"),
    [
        ("torch", "torch/version.py", "torch-2.15.0-pypi-version.txt", "cu132"),
        ("torch", "torch/version.py", "torch-2.13.0-cpu-version.txt", "cpu"),
        ("torchvision", "torchvision/version.py", "torchvision-0.28.0-version.txt", "cu130"),
        ("onnxruntime-gpu", "onnxruntime/capi/build_and_package_info.py", "onnxruntime-gpu-1.31.1-info.txt", "cu130"),
        ("onnxruntime", "onnxruntime/capi/build_and_package_info.py", "onnxruntime-1.31.1-info.txt", "cpu"),
    ],
)
def test_a_build_tells_its_cuda_by_its_own_files(
    tmp_path: Path, project: str, file: str, source: str, tag: str
) -> None:
    install(tmp_path, project, "1.0")
    write(tmp_path / file, text(source))
    assert only(tmp_path).build_tag == tag


@pytest.mark.parametrize(
    ("source", "tag"),
    [
        ("cuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n", "cu128"),
        ("cuda = '11.8'\n", "cu118"),
        ("cuda: Optional[str] = None\nhip: Optional[str] = '6.4.43482-0f2d60242'\n", "rocm6.4"),
        ("cuda: Optional[str] = None\nhip: Optional[str] = None\nxpu: Optional[str] = '20250301'\n", "xpu"),
        ("cuda = None\n", "cpu"),
        ("", None),
    ],
)
def test_torch_tells_what_it_was_built_for(source: str, tag: str | None) -> None:
    assert parse_torch_version(source) == tag


def test_a_file_that_does_not_say_tells_nothing() -> None:
    assert parse_companion_version("__version__ = '0.20.1'\n") is None
    assert parse_companion_version("__version__ = '2.6.0a0+git1eba9b3'\n") is None
    assert parse_onnxruntime_info("") is None
