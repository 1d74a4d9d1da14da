"""`gpuenv install --locked`: exactly the lock, through snapshot and proof, or nothing at all."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from support.command import gpuenv as gpuenv_alone
from support.in_process import gpuenv_here as gpuenv
from support.index_server import IndexServer
from support.lock_index import user_of
from support.sdists import make_sdist
from support.small_environments import make_venv, picture, python_of, versions
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Ran

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels of these tests are made for Linux")

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
WHEEL_TAGS = f"{TAG}-{TAG}-manylinux_2_28_x86_64"
MACHINE = ("--platform", "linux-x86_64", "--python", HERE)
RTX_5090 = ("--target", "rtx-5090", "--driver", "580.95.05")
BUILDS = (("cu126", "2.14.1+cu126"), ("cu132", "2.15.0+cu132"), ("cpu", "2.15.0+cpu"))
FILES = {"requirements": "requirements-rtx-5090.txt", "pylock": "pylock.rtx-5090.toml"}


def serve(server: IndexServer, folder: Path) -> None:
    for index, version in BUILDS:
        server.add(make_wheel(folder, "torch", version, tags=WHEEL_TAGS, requires=("sympy>=1.13",)), index)
    for version in ("1.13.0", "1.14.0"):
        server.add(make_wheel(folder, "sympy", version), "pypi")
    server.add(make_wheel(folder, "colorama", "0.4.6"), "pypi")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    with IndexServer() as running:
        serve(running, tmp_path / "served")
        yield running


def lock(server: IndexServer, folder: Path, card: str, file: str, *arguments: str) -> Path:
    """Lock torch for a card into a file."""
    shape = "pylock" if file.endswith(".toml") else "requirements"
    ran = gpuenv(
        *("lock", "torch", "--target", card, *MACHINE, "--indexes", server.pytorch_url, "--json"),
        *("--format", shape, "-o", file, *arguments),
        cwd=folder,
        environ=user_of(server, folder),
    )
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    return folder / file


def install(server: IndexServer, folder: Path, place: str, *arguments: str, **environ: str) -> Ran:
    return gpuenv(
        *("install", "--locked", place, "--venv", "env", "--json", *arguments),
        cwd=folder,
        environ={**user_of(server, folder), **environ},
    )


def installed(folder: Path) -> dict[str, str]:
    """What is in the environment, but for what every one has."""
    return {name: version for name, version in versions(folder / "env").items() if name not in {"pip", "setuptools"}}


def codes(ran: Ran) -> list[str]:
    return [error["code"] for error in ran.envelope["errors"]]


EACH_WAY = pytest.mark.parametrize(("shape", "engine"), [("requirements", "uv"), ("pylock", "pip")])


@EACH_WAY
def test_a_lock_is_installed_exactly_and_a_second_run_does_nothing(
    server: IndexServer, tmp_path: Path, shape: str, engine: str
) -> None:
    file = FILES[shape]
    lock(server, tmp_path, "rtx-5090", file)
    server.add(make_wheel(tmp_path / "served", "sympy", "1.15.0"), "pypi")
    ran = install(server, tmp_path, file, *RTX_5090, "--engine", engine)
    assert (ran.exit_code, ran.envelope["status"]) == (0, "unverified"), ran.stdout + ran.stderr
    assert installed(tmp_path) == {"torch": "2.15.0+cu132", "sympy": "1.14.0"}
    data = ran.envelope["data"]
    assert (data["resolution"]["torch"]["local"], data["resolution"]["coverage"]) == (
        "2.15.0+cu132",
        [{"gpu": "NVIDIA GeForce RTX 5090", "kind": "sass", "via": "sm_120"}],
    )
    assert data["lock"] == {
        "file": str(tmp_path / file),
        "matrix": "2026.11",
        "considered": [{"file": str(tmp_path / file), "covers": True, "reasons": []}],
    }
    before, asked = picture(tmp_path / "env", with_caches=True), len(server.log)
    again = install(server, tmp_path, file, *RTX_5090, "--engine", engine)
    assert (again.exit_code, again.envelope["status"], again.envelope["data"]["changed"]) == (0, "ok", False)
    assert len(server.log) == asked
    assert picture(tmp_path / "env", with_caches=True) == before


def test_other_packages_stay_unless_the_lock_is_to_be_all(server: IndexServer, tmp_path: Path) -> None:
    file = lock(server, tmp_path, "rtx-5090", "gpu.txt").name
    first = gpuenv(
        *("install", "torch==2.14.1+cu126", "colorama", "sympy==1.13.0", "--target", "gtx-1080-ti"),
        *("--indexes", server.pytorch_url, "--venv", "env", "--yes"),
        cwd=tmp_path,
        environ=user_of(server, tmp_path),
    )
    assert first.exit_code == 0, first.stdout + first.stderr
    before = picture(tmp_path / "env")
    asked = install(server, tmp_path, file, *RTX_5090)
    assert (asked.exit_code, codes(asked)) == (1, ["needs-consent"])
    hint = f"gpuenv install --locked gpu.txt {' '.join(RTX_5090)} --yes --venv env"
    assert asked.envelope["errors"][0]["hints"] == [hint]
    assert picture(tmp_path / "env") == before
    ran = install(server, tmp_path, file, *RTX_5090, "--yes")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert installed(tmp_path) == {"torch": "2.15.0+cu132", "sympy": "1.14.0", "colorama": "0.4.6"}
    exact = install(server, tmp_path, file, *RTX_5090, "--exact")
    assert exact.exit_code == 0, exact.stdout + exact.stderr
    removed = [
        (step["project"], step["reason"]["code"])
        for step in exact.envelope["data"]["steps"]
        if step["action"] == "remove"
    ]
    assert removed == [("colorama", "not-in-lock")]
    assert installed(tmp_path) == {"torch": "2.15.0+cu132", "sympy": "1.14.0"}
    undone = gpuenv("undo", "--venv", "env", cwd=tmp_path, environ=user_of(server, tmp_path))
    assert undone.exit_code == 0
    assert installed(tmp_path)["colorama"] == "0.4.6"


OTHER_PYTHON = "3.13" if HERE != "3.13" else "3.12"


@pytest.mark.parametrize(
    ("card", "arguments", "code", "way_out"),
    [
        ("gtx-1080-ti", RTX_5090, "locked-other-gpu", "gpuenv lock --target rtx-5090 --driver 580.95.05"),
        ("rtx-5090", ("--target", "rtx-5090,t4"), "locked-other-gpu", "gpuenv lock --target rtx-5090,t4"),
        (
            "rtx-5090",
            ("--target", "rtx-5090", "--driver", "570.26"),
            "locked-newer-driver",
            "sudo apt-get install nvidia-driver-580-open",
        ),
        (
            "rtx-5090",
            ("--target", "rtx-5090", "--platform", "windows-x86_64"),
            "locked-other-platform",
            "gpuenv lock --target rtx-5090 --platform windows-x86_64",
        ),
        (
            "rtx-5090",
            ("--target", "rtx-5090", "--python", OTHER_PYTHON),
            "locked-other-python",
            f"gpuenv install --locked gpu.txt --target rtx-5090 --python {HERE} --venv env",
        ),
        ("cpu", RTX_5090, "locked-for-cpu", "gpuenv install --locked gpu.txt --target cpu --venv env"),
        ("rtx-5090", ("--target", "cpu"), "locked-for-gpu", "gpuenv install --locked gpu.txt --venv env"),
    ],
)
def test_a_lock_for_another_machine_is_refused_before_anything_is_asked_for(
    server: IndexServer, tmp_path: Path, card: str, arguments: tuple[str, ...], code: str, way_out: str
) -> None:
    lock(server, tmp_path, card, "gpu.txt")
    asked = len(server.log)
    ran = install(server, tmp_path, "gpu.txt", *arguments)
    assert (ran.exit_code, ran.envelope["status"]) == (1, "conflict"), ran.stdout
    conflict = ran.envelope["data"]["conflict"]
    assert conflict["code"] == code
    assert any(hint.startswith(way_out) for hint in conflict["hints"]), conflict["hints"]
    assert conflict["hints"][-1].startswith("gpuenv lock --target ")
    assert [one["code"] for one in ran.envelope["data"]["lock"]["considered"][0]["reasons"]] == [code]
    assert len(server.log) == asked
    assert not (tmp_path / "env").exists()


def test_the_hint_of_a_refused_lock_makes_one_that_is_taken(server: IndexServer, tmp_path: Path) -> None:
    lock(server, tmp_path, "gtx-1080-ti", "gpu.txt")
    hints = install(server, tmp_path, "gpu.txt", *RTX_5090).envelope["data"]["conflict"]["hints"]
    words = hints[-1].split()
    made = gpuenv(*words[1:], "--indexes", server.pytorch_url, cwd=tmp_path, environ=user_of(server, tmp_path))
    assert made.exit_code == 0, made.stdout + made.stderr
    again = install(server, tmp_path, "gpu.txt", *RTX_5090).envelope["data"]["conflict"]
    assert again["causes"][0]["code"] == "locked-use-other"
    assert again["hints"][0] == f"gpuenv install --locked {words[-1]} {' '.join(RTX_5090)} --venv env"
    assert install(server, tmp_path, words[-1], *RTX_5090).exit_code == 0


def test_of_a_folder_the_lock_that_covers_the_machine_is_chosen_and_the_others_explained(
    server: IndexServer, tmp_path: Path
) -> None:
    for card in ("gtx-1080-ti", "rtx-5090", "cpu"):
        lock(server, tmp_path, card, f"locks/requirements-{card}.txt")
    lock(server, tmp_path, "rtx-5090", "locks/pylock.rtx-5090.toml")
    (tmp_path / "locks" / "INSTALL-GPU.md").write_text("a page\n")
    (tmp_path / "locks" / "notes.txt").write_text("torch\n")
    (tmp_path / "locks" / "broken.txt").write_text("# gpuenv lock, format 1\n# gpu: none\n")
    ran = install(server, tmp_path, "locks", *RTX_5090)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert installed(tmp_path)["torch"] == "2.15.0+cu132"
    chosen = ran.envelope["data"]["lock"]
    assert chosen["file"] == str(tmp_path / "locks" / "requirements-rtx-5090.txt")
    considered = [
        (one["file"].rpartition("/")[2], [reason["code"] for reason in one["reasons"]]) for one in chosen["considered"]
    ]
    assert considered == [
        ("requirements-rtx-5090.txt", []),
        ("pylock.rtx-5090.toml", []),
        ("requirements-cpu.txt", ["locked-for-cpu"]),
        ("requirements-gtx-1080-ti.txt", ["locked-other-gpu"]),
        ("broken.txt", ["lock-header-broken"]),
    ]
    none = install(server, tmp_path, "locks", "--target", "t4")
    assert (none.exit_code, none.envelope["data"]["conflict"]["code"]) == (1, "no-lock-covers")
    assert all(one["reasons"] for one in none.envelope["data"]["lock"]["considered"])
    text = gpuenv(
        *("install", "--locked", "locks", "--venv", "env", "--target", "gtx-1080-ti", "--dry-run"),
        cwd=tmp_path,
        environ=user_of(server, tmp_path),
    )
    assert text.stdout.startswith(
        "lock     requirements-gtx-1080-ti.txt: for NVIDIA GeForce GTX 1080 Ti, driver 525.60.13 or newer\n"
        "not      requirements-rtx-5090.txt: the lock is for NVIDIA GeForce RTX 5090 (12.0); it does not say that it"
        " serves NVIDIA GeForce GTX 1080 Ti (6.1)\n"
    ), text.stdout
    assert installed(tmp_path)["torch"] == "2.15.0+cu132"


def test_a_folder_without_locks_and_files_that_are_none_are_answers(server: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("torch==2.15.0\n")
    (tmp_path / "empty").mkdir()
    plain = install(server, tmp_path, "plain.txt", *RTX_5090)
    assert (plain.exit_code, codes(plain)) == (1, ["locked-not-a-lock"])
    assert plain.envelope["errors"][0]["hints"] == ["gpuenv install -r plain.txt"]
    empty = install(server, tmp_path, "empty", *RTX_5090)
    assert (empty.exit_code, codes(empty)) == (1, ["locked-folder-empty"])
    missing = install(server, tmp_path, "missing.txt", *RTX_5090)
    assert (missing.exit_code, codes(missing)) == (1, ["lock-not-readable"])
    clash = install(server, tmp_path, "plain.txt", "torch", "-U")
    assert (clash.exit_code, codes(clash)) == (2, ["locked-stands-alone"])
    alone = gpuenv("install", "--exact", "--json", cwd=tmp_path, environ=user_of(server, tmp_path))
    assert (alone.exit_code, codes(alone)) == (2, ["locked-option-alone"])


@pytest.mark.parametrize(("shape", "named"), [("requirements", "variable"), ("pylock", "option")])
def test_the_users_mirror_stands_in_for_the_index_of_the_lock(
    server: IndexServer, tmp_path: Path, shape: str, named: str
) -> None:
    file = lock(server, tmp_path, "rtx-5090", FILES[shape]).name
    with IndexServer() as mirror:
        serve(mirror, tmp_path / "mirrored")
        asked = len(server.log)
        arguments = ("--indexes", mirror.pytorch_url) if named == "option" else ()
        environ = {"GPUENV_INDEXES": mirror.pytorch_url} if named == "variable" else {}
        ran = install(server, tmp_path, file, *RTX_5090, *arguments, PIP_INDEX_URL=mirror.simple_url, **environ)
        assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert len(server.log) == asked
    assert installed(tmp_path) == {"torch": "2.15.0+cu132", "sympy": "1.14.0"}


@EACH_WAY
def test_a_folder_of_copies_installs_the_lock_without_a_network(
    server: IndexServer, tmp_path: Path, shape: str, engine: str
) -> None:
    file = lock(server, tmp_path, "rtx-5090", FILES[shape], "--vendor", "wheels").name
    asked = len(server.log)
    ran = install(
        *(server, tmp_path, file, *RTX_5090, "--indexes", "wheels", "--offline", "--engine", engine),
        UV_CACHE_DIR=str(tmp_path / "other"),
    )
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert len(server.log) == asked
    assert installed(tmp_path) == {"torch": "2.15.0+cu132", "sympy": "1.14.0"}


def test_offline_without_copies_is_an_answer_and_changes_nothing(server: IndexServer, tmp_path: Path) -> None:
    file = lock(server, tmp_path, "rtx-5090", "gpu.txt").name
    ran = install(server, tmp_path, file, *RTX_5090, "--offline", UV_CACHE_DIR=str(tmp_path / "other"))
    assert (ran.exit_code, codes(ran)[0]) == (1, "not-in-cache"), ran.stdout
    assert not (tmp_path / "env" / "pyvenv.cfg").exists()


@pytest.mark.parametrize(("changed", "engine"), [("lock", "uv"), ("pylock", "uv"), ("lock", "pip"), ("wheel", "uv")])
def test_a_tampered_lock_or_wheel_changes_nothing(
    server: IndexServer, tmp_path: Path, changed: str, engine: str
) -> None:
    path = lock(server, tmp_path, "rtx-5090", FILES["pylock" if changed == "pylock" else "requirements"])
    environ = user_of(server, tmp_path)
    make_venv(tmp_path / "env", environ)
    if changed == "wheel":
        make_wheel(
            *(tmp_path / "served", "torch", "2.15.0+cu132"),
            tags=WHEEL_TAGS,
            requires=("sympy>=1.13",),
            files={"torch/__init__.py": "evil = True\n"},
        )
        shutil.rmtree(tmp_path / "uv-cache")
    else:
        text = path.read_text()
        hashes = re.findall(r"[0-9a-f]{64}", text)
        path.write_text(text.replace(hashes[-1], "0" * 64))
    before = picture(tmp_path / "env")
    # In a process of its own: the server complains, on the standard error of this one, that uv hangs up on it.
    ran = gpuenv_alone(
        *("install", "--locked", path.name, "--venv", "env", *RTX_5090, "--engine", engine, "--json"),
        cwd=tmp_path,
        environ=environ,
    )
    assert ran.exit_code == 1, ran.stdout
    assert codes(ran)[0] == "hash-mismatch", ran.stdout
    assert ran.envelope["data"]["changed"] is False
    assert picture(tmp_path / "env") == before


def test_a_lock_that_fails_its_checks_leaves_the_environment_as_it_was(server: IndexServer, tmp_path: Path) -> None:
    lock(server, tmp_path, "cpu", "cpu.txt")
    make_venv(tmp_path / "env", user_of(server, tmp_path))
    before = picture(tmp_path / "env")
    ran = install(server, tmp_path, "cpu.txt", "--target", "cpu")
    assert (ran.exit_code, codes(ran)[0]) == (3, "verification-failed"), ran.stdout
    assert picture(tmp_path / "env") == before


def test_a_lock_whose_hashes_were_taken_out_is_refused(server: IndexServer, tmp_path: Path) -> None:
    path = lock(server, tmp_path, "rtx-5090", "gpu.txt")
    path.write_text(re.sub(r" \\\n    --hash=\S+", "", path.read_text()))
    ran = install(server, tmp_path, "gpu.txt", *RTX_5090)
    assert (ran.exit_code, codes(ran)) == (1, ["locked-hash-missing"])
    assert install(server, tmp_path, "gpu.txt", *RTX_5090, "--allow-unhashed").exit_code == 0
    assert installed(tmp_path)["torch"] == "2.15.0+cu132"


def test_a_lock_is_planned_without_a_change(server: IndexServer, tmp_path: Path) -> None:
    file = lock(server, tmp_path, "rtx-5090", "gpu.txt").name
    environ = user_of(server, tmp_path)
    for command in (("install", "--dry-run"), ("plan",)):
        ran = gpuenv(*command, "--locked", file, "--venv", "env", *RTX_5090, "--json", cwd=tmp_path, environ=environ)
        assert ran.exit_code == 0, ran.stdout
        steps = [(step["action"], step["project"], step["version"]) for step in ran.envelope["data"]["steps"]]
        assert steps == [("install", "torch", "2.15.0+cu132"), ("install", "sympy", "1.14.0")]
        assert ran.envelope["data"]["lock"]["file"] == str(tmp_path / file)
    assert not (tmp_path / "env").exists()


def test_the_command_of_a_dockerfile_installs_its_lock(server: IndexServer, tmp_path: Path) -> None:
    ran = gpuenv(
        *("lock", "torch", "--target", "gtx-1080-ti", *MACHINE, "--indexes", server.pytorch_url, "--format", "docker"),
        cwd=tmp_path,
        environ=user_of(server, tmp_path),
    )
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    text = (tmp_path / "Dockerfile").read_text().replace("\\\n", "")
    words = text.partition("/opt/gpuenv/bin/gpuenv ")[2].partition("\n")[0].replace("/opt/", "").split()
    assert words[:2] == ["install", "--locked"]
    done = gpuenv(*words, "--json", cwd=tmp_path, environ=user_of(server, tmp_path))
    assert (done.exit_code, done.envelope["status"]) == (0, "unverified"), done.stdout + done.stderr
    assert versions(tmp_path / "venv")["torch"] == "2.14.1+cu126"


@pytest.mark.parametrize("shape", ["requirements", "pylock"])
def test_copies_beside_a_lock_serve_what_no_index_has(server: IndexServer, tmp_path: Path, shape: str) -> None:
    make_wheel(tmp_path / "mine", "homemade", "1.0")
    file = "gpu.txt" if shape == "requirements" else "pylock.gpu.toml"
    ran = gpuenv(
        *("lock", "torch", "homemade", "--target", "rtx-5090", *MACHINE, "--indexes", server.pytorch_url),
        *("--format", shape, "-o", f"shipped/{file}", "--vendor", "shipped/copies"),
        cwd=tmp_path,
        environ={**user_of(server, tmp_path), "PIP_FIND_LINKS": str(tmp_path / "mine")},
    )
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    shutil.rmtree(tmp_path / "mine")
    done = install(server, tmp_path, f"shipped/{file}", *RTX_5090)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert installed(tmp_path) == {"torch": "2.15.0+cu132", "sympy": "1.14.0", "homemade": "1.0"}
    (tmp_path / "shipped" / "copies").rename(tmp_path / "elsewhere")
    without = install(server, tmp_path, f"shipped/{file}", *RTX_5090, "--venv", "env2")
    assert (without.exit_code, codes(without)) == (1, ["locked-folder-missing"])
    named = install(server, tmp_path, f"shipped/{file}", *RTX_5090, "--venv", "env2", "--indexes", "elsewhere")
    assert named.exit_code == 0, named.stdout + named.stderr


def test_a_lock_of_a_flat_page_is_installed_from_it(server: IndexServer, tmp_path: Path) -> None:
    ran = gpuenv(
        *("lock", "torch", "--target", "rtx-5090", *MACHINE, "-o", "gpu.txt", "--indexes", "pypi"),
        cwd=tmp_path,
        environ={**user_of(server, tmp_path), "PIP_FIND_LINKS": server.flat_url},
    )
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert f"--find-links {server.flat_url}\n" in (tmp_path / "gpu.txt").read_text()
    done = install(server, tmp_path, "gpu.txt", *RTX_5090)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert installed(tmp_path)["torch"] == "2.15.0+cu132"


def test_a_source_archive_is_built_from_the_locked_bytes(server: IndexServer, tmp_path: Path) -> None:
    mark = tmp_path / "built"
    server.add(make_sdist(tmp_path / "sdists", "stated", "1.0", mark=mark, requires=("colorama",)), "pypi")
    ran = gpuenv(
        *("lock", "torch", "stated", "--target", "rtx-5090", *MACHINE, "-o", "gpu.txt"),
        *("--indexes", server.pytorch_url),
        cwd=tmp_path,
        environ=user_of(server, tmp_path),
    )
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    done = install(server, tmp_path, "gpu.txt", *RTX_5090)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert mark.exists()
    assert installed(tmp_path)["stated"] == "1.0"
    assert "lock-source-static" in [one["code"] for one in done.envelope["data"]["warnings"]]


def test_a_machine_without_a_gpu_is_told_how_to_install_for_another(server: IndexServer, tmp_path: Path) -> None:
    lock(server, tmp_path, "rtx-5090", "gpu.txt")
    bare = {"schema": 1, "presence": "absent", "gpus": [], "driver": None, "platform": "linux-x86_64"}
    (tmp_path / "bare.json").write_text(json.dumps(bare))
    ran = install(server, tmp_path, "gpu.txt", "--target", "bare.json")
    assert (ran.exit_code, ran.envelope["data"]["conflict"]["code"]) == (1, "no-gpu"), ran.stdout
    hints = ran.envelope["data"]["conflict"]["hints"]
    assert hints[-1] == "gpuenv install --locked gpu.txt --target sm_120 --venv env"
    assert "gpuenv install --target cpu" not in hints
    done = gpuenv(*hints[-1].split()[1:], cwd=tmp_path, environ=user_of(server, tmp_path))
    assert done.exit_code == 0, done.stdout + done.stderr


def test_the_plain_package_that_owns_the_same_folder_goes(server: IndexServer, tmp_path: Path) -> None:
    wheels = tmp_path / "served"
    files = {"onnxruntime/__init__.py": "name = 'gpu'\n"}
    runtime = make_wheel(wheels, "onnxruntime-gpu", "1.26.0", tags=WHEEL_TAGS, files=files)
    server.add(runtime, "pypi")
    server.add(make_wheel(wheels, "onnxruntime", "1.26.0", files={"onnxruntime/__init__.py": "name = 'cpu'\n"}), "pypi")
    server.add(make_wheel(wheels, "tagger", "1.0", requires=("onnxruntime>=1.20",)), "pypi")
    make_venv(tmp_path / "env", user_of(server, tmp_path))
    subprocess.run(
        [find_uv_bin(), "pip", "install", "-q", "--python", python_of(tmp_path / "env"), "tagger", "onnxruntime"],
        env={**user_of(server, tmp_path), "UV_DEFAULT_INDEX": server.simple_url},
        check=True,
    )
    (tmp_path / "gpu.txt").write_text(
        "# gpuenv lock, format 1\n# gpu: NVIDIA GeForce RTX 5090; 12.0; sass sm_120a\n# driver: >=570.26\n"
        f"# platform: linux-x86_64; glibc 2.28\n# python: {HERE}\n# matrix: 2026.11\n#\n"
        f"onnxruntime-gpu[cuda]===1.26.0 --hash=sha256:{sha256_of(runtime)}\n"
    )
    ran = install(server, tmp_path, "gpu.txt", *RTX_5090)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    steps = [(step["action"], step["project"], step["reason"]["code"]) for step in ran.envelope["data"]["steps"]]
    assert steps == [("remove", "onnxruntime", "shares-folder"), ("install", "onnxruntime-gpu", "chosen")]
    assert installed(tmp_path) == {"onnxruntime-gpu": "1.26.0", "tagger": "1.0"}
    assert ran.envelope["data"]["resolution"]["onnxruntime_gpu"]["local"] == "1.26.0"


def test_a_lock_of_another_matrix_keeps_its_pins(server: IndexServer, tmp_path: Path) -> None:
    wheels = tmp_path / "served"
    unknown = make_wheel(wheels, "torch", "2.99.0+cu132", tags=WHEEL_TAGS, requires=("sympy>=1.13",))
    path = lock(server, tmp_path, "rtx-5090", "gpu.txt")
    digest = re.findall(r"[0-9a-f]{64}", path.read_text())[-1]
    server.add(unknown, "cu132")
    text = path.read_text().replace("2.15.0+cu132", "2.99.0+cu132").replace(digest, sha256_of(unknown))
    path.write_text(text.replace("# matrix: 2026.11", "# matrix: 2031.02"))
    ran = install(server, tmp_path, "gpu.txt", *RTX_5090)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert ran.envelope["data"]["lock"]["matrix"] == "2031.02"
    assert ran.envelope["data"]["resolution"]["torch"]["local"] == "2.99.0+cu132"
    assert installed(tmp_path)["torch"] == "2.99.0+cu132"


def test_a_build_that_is_gone_is_told_before_anything_is_changed(server: IndexServer, tmp_path: Path) -> None:
    path = lock(server, tmp_path, "rtx-5090", "gpu.txt")
    nightly = path.read_text().replace("2.15.0+cu132", "2.16.0.dev20260901+cu132")
    path.write_text(nightly.replace("; cu132", "; nightly/cu132").replace("/whl/cu132/", "/whl/nightly/cu132/"))
    server.add(make_wheel(tmp_path / "served", "torch", "2.16.0.dev20261101+cu132", tags=WHEEL_TAGS), "nightly/cu132")
    ran = install(server, tmp_path, "gpu.txt", *RTX_5090)
    assert (ran.exit_code, codes(ran)) == (1, ["locked-nightly-gone"]), ran.stdout
    assert not (tmp_path / "env").exists()
    path.write_text(path.read_text().replace(".dev20260901", "").replace("nightly/", ""))
    stable = install(server, tmp_path, "gpu.txt", *RTX_5090)
    assert (stable.exit_code, codes(stable)) == (1, ["locked-build-gone"]), stable.stdout


def test_a_lock_that_is_not_there_is_named_before_the_gpu_that_is_not(tmp_path: Path) -> None:
    ran = gpuenv("install", "--locked", "nowhere.txt", "--json", cwd=tmp_path, environ={})
    assert (ran.exit_code, codes(ran)) == (1, ["lock-not-readable"])


@pytest.mark.parametrize("shape", ["requirements", "pylock"])
def test_a_lock_of_nothing_that_is_built_for_a_gpu_is_installed_for_any(
    server: IndexServer, tmp_path: Path, shape: str
) -> None:
    file = "pylock.any.toml" if shape == "pylock" else "any.txt"
    made = gpuenv(
        *("lock", "colorama", "--target", "rtx-5090", *MACHINE, "--format", shape, "-o", file, "--json"),
        cwd=tmp_path,
        environ=user_of(server, tmp_path),
    )
    assert made.exit_code == 0, made.stdout + made.stderr
    assert ("any-gpu = true" if shape == "pylock" else "# gpu: any") in (tmp_path / file).read_text().splitlines()
    ran = install(server, tmp_path, file, "--target", "gtx-1080-ti", "--driver", "470.82.01")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert installed(tmp_path) == {"colorama": "0.4.6"}
    plain = gpuenv(
        *("plan", "--locked", file, "--target", "cpu", "--venv", "other"),
        cwd=tmp_path,
        environ=user_of(server, tmp_path),
    )
    assert plain.stdout.splitlines()[0] == f"lock     {file}: for any GPU, since nothing in it was built for one"
