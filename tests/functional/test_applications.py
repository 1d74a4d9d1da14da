"""Applications from the state that their users were in: what is planned, locked, installed, proven and undone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from gpuenv.detect.environment import read_environment
from gpuenv.models.surroundings import Surroundings
from support.application_states import fill_state, make_portable, make_state
from support.command import gpuenv
from support.index_server import IndexServer
from support.small_environments import picture, versions
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GOLDEN: Final = Path(__file__).parent.parent / "data" / "applications"

RTX_5070_TI: Final = ("--target", "rtx-5070-ti", "--driver", "580.95.05")
CASES: Final = {
    "easyocr-rembg": (("easyocr", "rembg"), RTX_5070_TI),
    "easyocr-rembg-vanished-nightly": (("easyocr", "rembg"), RTX_5070_TI),
    "mmcv-bev": (("app:mmcv-bev",), ("--target", "rtx-5090", "--driver", "580.95.05")),
    "gpt-sovits": (("app:gpt-sovits",), ("--target", "rtx-5060-ti,rtx-4060-ti", "--driver", "580.95.05")),
    "onnx-tagger": (("app:onnx-tagger",), ("--target", "rtx-4070", "--driver", "575.64.03")),
    "gaussian-splatting": (("app:gaussian-splatting",), ("--target", "rtx-5090", "--driver", "580.95.05")),
}
WINDOWS_DRIVERS: Final = {"580.95.05": "581.15", "575.64.03": "576.80"}
INSTALLED: Final = {
    "easyocr-rembg": {"torch", "torchvision", "onnxruntime-gpu", "easyocr", "rembg"},
    "onnx-tagger": {"onnxruntime-gpu", "numpy", "pillow"},
}


def machine_of(state: str, platform: str) -> tuple[str, ...]:
    target, name, option, driver = CASES[state][1]
    there = WINDOWS_DRIVERS[driver] if platform == "windows-x86_64" else driver
    return (target, name, option, there, "--platform", platform)


def told(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a plan says, without what depends on this machine."""
    kept = {key: data[key] for key in ("matrix", "target", "resolution", "steps", "warnings", "applications")}
    kept["target"] = {key: value for key, value in data["target"].items() if key != "python"}
    means = {"compiler", "expected_minutes"}
    kept["steps"] = [{key: value for key, value in step.items() if key not in means} for step in data["steps"]]
    return kept


def nothing_kept(folder: Path) -> dict[str, str]:
    """Let no page that was read before, and no build that was measured, have a say in what is newest."""
    return {"GPUENV_CACHE_DIR": str(folder / "cache"), "GPUENV_DATA_DIR": str(folder / "data")}


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64"])
@pytest.mark.parametrize("state", CASES)
@pytest.mark.skipif(sys.version_info[:2] not in {(3, 11), (3, 12), (3, 13)}, reason="the newest builds are for these")
def test_the_plan_from_the_state_of_its_users_is_the_golden_one(state: str, platform: str, tmp_path: Path) -> None:
    make_state(tmp_path / "env", state, tmp_path / "wheels")
    before = picture(tmp_path / "env")
    asked = ("plan", *CASES[state][0], *machine_of(state, platform), "--offline", "--venv", "env", "--json")
    ran = gpuenv(*asked, cwd=tmp_path, environ=nothing_kept(tmp_path))
    assert ran.exit_code == 0, ran.stdout
    golden = json.loads((GOLDEN / f"{state}-{platform}.json").read_text(encoding="utf-8"))
    assert told(ran.envelope["data"]) == golden
    assert picture(tmp_path / "env") == before


@pytest.mark.skipif(sys.platform != "linux", reason="the Python is put together from links")
@pytest.mark.skipif(sys.version_info[:2] not in {(3, 11), (3, 12), (3, 13)}, reason="the newest builds are for these")
def test_the_portable_python_of_gpt_sovits_gets_the_same_plan_as_a_venv(tmp_path: Path) -> None:
    root = make_portable(tmp_path / "GPT-SoVITS")
    if subprocess.run([root / "bin" / "python", "-c", "import ssl"], check=False, capture_output=True).returncode:
        pytest.skip("this Python cannot be moved")
    fill_state(root, "gpt-sovits", tmp_path / "wheels")
    here = Surroundings(environ=dict(os.environ), cwd=tmp_path, home=tmp_path, now=datetime.now(tz=timezone.utc))
    assert read_environment(root, surroundings=here).kind == "portable"
    asked = ("plan", "app:gpt-sovits", *machine_of("gpt-sovits", "linux-x86_64"), "--offline", "--json")
    ran = gpuenv(*asked, "--venv", "GPT-SoVITS/runtime", cwd=tmp_path, environ=nothing_kept(tmp_path))
    assert ran.exit_code == 0, ran.stdout
    golden = json.loads((GOLDEN / "gpt-sovits-linux-x86_64.json").read_text(encoding="utf-8"))
    assert told(ran.envelope["data"]) == golden


def test_an_unknown_application_is_a_usage_error_with_near_names(tmp_path: Path) -> None:
    for command in (("plan", "app:gpt-sovit", "--target", "rtx-5090"), ("matrix", "show", "--app", "gpt-sovit")):
        ran = gpuenv(*command, "--json", cwd=tmp_path)
        assert ran.exit_code == 2
        (error,) = ran.envelope["errors"]
        assert (error["code"], error["hints"]) == ("unknown-application", ["gpuenv matrix show --app gpt-sovits"])


def test_a_cap_that_the_user_contradicts_is_a_conflict_that_names_it(tmp_path: Path) -> None:
    asked = ("plan", "app:mmcv-bev", "torch==2.15.0", "--target", "rtx-5090", "--platform", "linux-x86_64")
    ran = gpuenv(*asked, "--python", "3.12", "--offline", "--json", cwd=tmp_path)
    assert ran.exit_code == 1
    conflict = ran.envelope["data"]["conflict"]
    assert "torch<2.14,==2.15.0" in conflict["message"].replace("==2.15.0,<2.14", "<2.14,==2.15.0")
    machine = "--target rtx-5090 --platform linux-x86_64 --python 3.12 --offline --json"
    assert (conflict["hints"], conflict["causes"][0]["would_give"]) == (
        [f"gpuenv plan app:mmcv-bev {machine}"],
        "2.13.0+cu130",
    )
    assert gpuenv(*conflict["hints"][0].split()[1:], cwd=tmp_path).exit_code == 0


def test_a_project_names_an_application_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "gpuenv.toml").write_text(
        'requirements = ["app:tagger"]\n[applications.tagger]\nrequirements = ["onnxruntime-gpu<1.27"]\n',
        encoding="utf-8",
    )
    machine = ("--target", "rtx-4090", "--driver", "580.95.05", "--platform", "linux-x86_64", "--python", "3.12")
    ran = gpuenv("plan", *machine, "--offline", "--json", cwd=tmp_path)
    assert ran.exit_code == 0, ran.stdout
    data = ran.envelope["data"]
    assert data["resolution"]["onnxruntime_gpu"]["version"] == "1.26.0"
    assert [found["name"] for found in data["applications"]] == ["tagger"]


def test_what_came_from_a_row_is_shown_before_the_plan(tmp_path: Path) -> None:
    machine = ("--target", "rtx-5090", "--driver", "580.95.05", "--platform", "linux-x86_64", "--python", "3.12")
    ran = gpuenv("plan", "easyocr", "rembg", *machine, "--offline", cwd=tmp_path)
    assert ran.stdout.splitlines()[:2] == [
        "applies  easyocr: torch, torchvision>=0.5",
        "applies  rembg: onnxruntime-gpu<2,>=1.23.2; -onnxruntime",
    ]


def test_another_package_of_an_extensions_name_is_not_said_to_be_kept_out(tmp_path: Path) -> None:
    machine = ("--target", "rtx-5090", "--driver", "580.95.05", "--platform", "linux-x86_64", "--python", "3.12")
    ran = gpuenv("plan", "app:gaussian-splatting", *machine, "--offline", cwd=tmp_path)
    (applies,) = [line for line in ran.stdout.splitlines() if line.startswith("applies")]
    assert applies == "applies  gaussian-splatting: torch, torchvision, plyfile, tqdm, opencv-python, joblib"


def test_an_application_of_the_project_without_a_description_has_a_bare_title(tmp_path: Path) -> None:
    (tmp_path / "gpuenv.toml").write_text('[applications.tagger]\nrequirements = ["torch"]\n', encoding="utf-8")
    shown = gpuenv("matrix", "show", "--app", "tagger", cwd=tmp_path)
    assert shown.stdout.splitlines()[0] == "tagger"


def test_a_limit_is_told_in_the_language_of_the_user(tmp_path: Path) -> None:
    asked = ("plan", "app:gpt-sovits", "--target", "rtx-5060-ti", "--offline", "--json")
    ran = gpuenv(*asked, cwd=tmp_path, environ={"GPUENV_LANG": "zh"})
    (limit,) = [one for one in ran.envelope["data"]["warnings"] if one["code"] == "limit-sovits-cuda-11"]
    assert "整合包" in limit["message"]


def test_the_matrix_shows_its_applications_and_each_part_with_its_source(tmp_path: Path) -> None:
    shown = gpuenv("matrix", "show", "--app", cwd=tmp_path)
    assert max(map(len, shown.stdout.splitlines())) <= 120
    assert "app:gaussian-splatting" in shown.stdout
    one = gpuenv("matrix", "show", "--app", "mmcv-bev", "--json", cwd=tmp_path).envelope["data"]["application"]
    (cap,) = [part for part in one["requires"] if part["requirement"] == "torch<2.14"]
    assert cap["source"].startswith("open-mmlab/mmcv setup.py@a8073c74b")


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """A cache beside the environment, so that links can be made; gigabytes that are not left behind."""
    yield {"UV_CACHE_DIR": str(tmp_path / "uv-cache")}
    for folder in ("uv-cache", "env"):
        shutil.rmtree(tmp_path / folder, ignore_errors=True)


LOCKED: Final = (
    *((state, "linux-x86_64") for state in sorted(set(CASES) - {"easyocr-rembg-vanished-nightly"})),
    ("onnx-tagger", "windows-x86_64"),
)
"""The default index has GPU builds of torch for Linux only; those for Windows come from PyTorch's own."""


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize(("state", "platform"), LOCKED)
def test_the_application_is_locked_against_the_real_index(state: str, platform: str, tmp_path: Path) -> None:
    asked = (*CASES[state][0], *machine_of(state, platform), "--indexes", "pypi", "--python", "3.12")
    ran = gpuenv("lock", *asked, "-o", "requirements.txt", "--json", cwd=tmp_path)
    assert ran.exit_code == 0, ran.stdout
    require_whole((tmp_path / "requirements.txt").read_text(encoding="utf-8"), state)
    kept_out = [one["message"] for one in ran.envelope["data"]["warnings"] if one["code"] == "lock-leaves-out"]
    assert [message for message in kept_out if "simple-knn" in message] == []


def require_whole(lock: str, state: str) -> None:
    """Check that a lock has what the application needs, with hashes, and nothing that it keeps out."""
    lines = {line.partition("=")[0].partition(" ")[0] for line in lock.splitlines() if line[:1].isalpha()}
    assert "onnxruntime" not in lines
    assert "simple-knn" not in lines
    assert lines >= INSTALLED.get(state, {"torch"})
    assert "--hash=sha256:" in lock


OF_WINDOWS: Final = (
    *(("torch", version, "cp312-cp312-win_amd64") for version in ("2.11.0+cu130", "2.13.0+cu130", "2.15.0+cu130")),
    *(("torchvision", version, "cp312-cp312-win_amd64") for version in ("0.28.0+cu130", "0.29.2+cu130")),
    ("torchaudio", "2.11.0+cu130", "cp312-cp312-win_amd64"),
)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("state", ["easyocr-rembg", "gaussian-splatting", "gpt-sovits", "mmcv-bev"])
def test_the_application_is_locked_for_windows_from_a_mirror_of_pytorchs_index(state: str, tmp_path: Path) -> None:
    """The family comes from a loopback mirror of PyTorch's index, everything else from the real default index."""
    with IndexServer() as server:
        for project, version, tags in OF_WINDOWS:
            server.add(make_wheel(tmp_path / "wheels", project, version, tags=tags), "cu130")
        asked = (*CASES[state][0], *machine_of(state, "windows-x86_64"), "--indexes", server.pytorch_url)
        ran = gpuenv("lock", *asked, "--python", "3.12", "-o", "requirements.txt", "--json", cwd=tmp_path)
    assert ran.exit_code == 0, ran.stdout
    lock = (tmp_path / "requirements.txt").read_text(encoding="utf-8")
    require_whole(lock, state)
    golden = json.loads((GOLDEN / f"{state}-windows-x86_64.json").read_text(encoding="utf-8"))
    assert f"torch=={golden['resolution']['torch']['local']}" in lock


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the builds that are named are those for Linux")
@pytest.mark.parametrize("state", INSTALLED)
def test_the_application_is_really_installed_covered_and_undone(
    state: str, environ: Mapping[str, str], tmp_path: Path
) -> None:
    root = make_state(tmp_path / "env", state, tmp_path / "wheels")
    before = picture(root)
    machine = CASES[state][1]
    asked = ("install", *CASES[state][0], *machine, "--indexes", "pypi", "--yes", "--venv", "env", "--json")
    done = gpuenv(*asked, cwd=tmp_path, environ=environ)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert (done.envelope["status"], done.envelope["data"]["changed"]) == ("unverified", True)
    assert set(versions(root)) >= INSTALLED[state]
    assert "onnxruntime" not in versions(root)

    again = gpuenv(*asked, cwd=tmp_path, environ=environ)
    assert (again.exit_code, again.envelope["data"]["changed"]) == (0, False)

    looked = gpuenv("inspect", *machine[:2], "--venv", "env", "--json", cwd=tmp_path, environ=environ)
    assert looked.exit_code == 0, looked.stdout
    found = looked.envelope["data"]["files"]
    assert {"libonnxruntime_providers_cuda.so"} <= {Path(file["path"]).name for file in found}
    assert [file["path"] for file in found for verdict in file["verdicts"] if verdict["kind"] == "none"] == []

    undone = gpuenv("undo", "--venv", "env", "--json", cwd=tmp_path, environ=environ)
    assert undone.exit_code == 0, undone.stdout
    assert picture(root) == before
