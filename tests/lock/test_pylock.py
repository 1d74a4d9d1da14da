"""The text of a pylock: addresses, environments, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.lock.files import locked_files, locked_packages
from gpuenv.lock.pylock import check_pylock_name, parse_engine_pylock, render_pylock
from gpuenv.models.cuda import Architecture, DriverVersion
from gpuenv.models.execution import LockedPackage
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.resolution import Coverage, DriverFit, Pin, Resolution
from support.machines import PYTORCH, target

DATA = Path(__file__).parents[1] / "data" / "lock"
ENGINE = (DATA / "pylock-uv.toml").read_text(encoding="utf-8")
GTX_1080_TI = target("6.1", platform="windows-x86_64", python="3.12")
TORCH = Pin(project="torch", version=Version("2.14.1+cu126"), tag="cu126", source=PYTORCH, evidence=Evidence.BINARY)
CHOSEN = Resolution(
    torch=None,
    pins=(TORCH,),
    coverage=(Coverage(gpu=GTX_1080_TI.gpus[0], kind="sass", via=Architecture.parse("61")),),
    driver_fit=DriverFit.UNKNOWN,
    minimum_driver=DriverVersion.parse("528.33"),
    cudnn=None,
)


def rendered(engine: str = ENGINE, chosen: Resolution = CHOSEN, *, is_canonical: bool = True) -> str:
    return render_pylock(
        chosen,
        parse_engine_pylock(engine),
        target=GTX_1080_TI,
        matrix_version="2026.11",
        is_canonical=is_canonical,
    )


def test_a_pylock_names_canonical_addresses_the_platform_and_the_machine() -> None:
    assert rendered() == (DATA / "pylock.gtx-1080-ti.toml").read_text(encoding="utf-8")


def test_a_mirror_that_the_command_names_stays_without_its_password() -> None:
    text = rendered(is_canonical=False)
    assert "https://mirror.example/whl/cu126/torch-2.14.1%2Bcu126-cp312-cp312-win_amd64.whl" in text
    assert "secret" not in text


def test_the_packages_are_listed_as_for_every_format() -> None:
    assert locked_packages(locked_files(parse_engine_pylock(ENGINE))) == (
        LockedPackage(project="colorama", version=Version("0.4.6"), hashes=("sha256:4f1d9991",)),
        LockedPackage(project="torch", version=Version("2.14.1+cu126"), hashes=("sha256:8c661a16",)),
    )


@pytest.mark.parametrize(
    ("engine", "code", "context"),
    [
        (
            ENGINE.replace("https://user:secret@index.example/files/", "file:///home/me/wheels/"),
            "lock-source-is-local",
            {"project": "colorama", "folder": "/home/me/wheels"},
        ),
        (
            ENGINE.replace('url = "https://user:secret@index.example/files/', 'path = "../wheels/'),
            "lock-source-is-local",
            {"project": "colorama", "folder": "../wheels"},
        ),
        (ENGINE.replace('sha256 = "4f1d9991"', 'md5 = "00"'), "lock-hash-missing", {"packages": ("colorama",)}),
        (
            ENGINE[: ENGINE.rindex("wheels =")],
            "lock-wheel-missing",
            {"project": "colorama", "version": "0.4.6"},
        ),
        (
            ENGINE.replace("2.14.1+cu126", "2.14.1+cpu").replace("%2Bcu126", "%2Bcpu"),
            "lock-pin-not-resolved",
            {"requirement": "torch==2.14.1+cu126", "found": "2.14.1+cpu"},
        ),
    ],
)
def test_what_would_not_serve_other_machines_is_refused(engine: str, code: str, context: dict[str, object]) -> None:
    with pytest.raises(GpuenvError) as caught:
        rendered(engine)
    assert (caught.value.code, caught.value.context) == (code, context)


def test_a_pin_from_a_folder_is_refused_whatever_uv_says() -> None:
    folder = replace(TORCH, source=Source(kind=SourceKind.PYTORCH, location="/home/me/wheels"))
    with pytest.raises(GpuenvError, match="lock-source-is-local"):
        rendered(chosen=replace(CHOSEN, pins=(folder,)))


@pytest.mark.parametrize("text", ["not [ toml", 'lock-version = "1.0"\n'])
def test_what_uv_says_is_not_guessed_at(text: str) -> None:
    with pytest.raises(GpuenvError, match="pylock-not-understood"):
        parse_engine_pylock(text)


@pytest.mark.parametrize("name", ["pylock.toml", "pylock.rtx-5090.toml"])
def test_a_name_that_installers_know_is_taken(name: str) -> None:
    check_pylock_name(Path("locks", name))


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("pylock.rtx.5090.toml", "pylock.rtx-5090.toml"),
        ("gpu.txt", "pylock.gpu-txt.toml"),
        ("requirements.toml", "pylock.requirements.toml"),
    ],
)
def test_a_name_that_no_installer_knows_is_refused_with_a_better_one(name: str, better: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_pylock_name(Path(name))
    assert (caught.value.code, caught.value.context) == ("pylock-name-invalid", {"name": name, "better": better})
