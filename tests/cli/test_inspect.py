"""`gpuenv inspect` as it is called."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from support.fatbin import containers, elf
from support.index_server import Fault, IndexServer

if TYPE_CHECKING:
    from pathlib import Path

WIDE = elf((".nv_fatbin", containers("sm_75 sm_80", times=9) + containers("sm_75 sm_80 sm_90a")))
OLD = elf((".nv_fatbin", containers("sm_80", times=3)))
JIT = elf((".nv_fatbin", containers("sm_80 compute_80", times=3)))
PLAIN = elf((".text", b"\x90"))


def run(*arguments: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [sys.executable, "-m", "gpuenv", "inspect", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={
            **os.environ,
            "GPUENV_LANG": "en",
            "COLUMNS": "200",
            "GPUENV_CACHE_DIR": str(cwd / ".cache"),
            **environ,
        },
    )
    assert "Traceback" not in ran.stderr
    return ran


def answer(*arguments: str | Path, cwd: Path, exit_code: int = 0, **environ: str) -> dict[str, Any]:
    ran = run("--json", *arguments, cwd=cwd, **environ)
    assert ran.returncode == exit_code, ran.stdout + ran.stderr
    envelope: dict[str, Any] = json.loads(ran.stdout)
    assert envelope["exit_code"] == exit_code
    return envelope


def verdicts(envelope: dict[str, Any]) -> dict[str, dict[str, tuple[str, float]]]:
    """By file name: GPU -> kind and share."""
    return {
        re.split("[/!]", file["path"])[-1]: {one["gpu"]: (one["kind"], one["share"]) for one in file["verdicts"]}
        for file in envelope["data"]["files"]
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in {"wide.so": WIDE, "old.so": OLD, "jit.so": JIT, "plain.so": PLAIN}.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_file_is_told_as_the_contract_says(folder: Path) -> None:
    envelope = answer("wide.so", cwd=folder)
    assert envelope == {
        "schema": 1,
        "command": "inspect",
        "status": "ok",
        "exit_code": 0,
        "data": {
            "files": [
                {
                    "path": "wide.so",
                    "distribution": None,
                    "sass": ["sm_75", "sm_80"],
                    "ptx": [],
                    "extra_sass": ["sm_90a"],
                    "extra_ptx": [],
                    "lto_ir": [],
                    "relocatable": [],
                    "objects": 21,
                    "compressed": 0,
                    "containers": 10,
                    "embedded_containers": 0,
                    "is_partial": False,
                    "is_required": None,
                    "chooses": None,
                    "bytes_fetched": None,
                    "verdicts": [],
                }
            ],
            "gpus": [],
            "examined": 1,
            "bytes_fetched": None,
            "missing": None,
            "generators": None,
            "cuda_majors": [],
            "warnings": [],
        },
        "errors": [],
    }


def test_a_target_gets_a_verdict_for_each_gpu_and_what_is_not_covered_fails(folder: Path) -> None:
    envelope = answer("wide.so", "old.so", "jit.so", "--target", "rtx-5090,8.6", cwd=folder, exit_code=3)
    rtx = "NVIDIA GeForce RTX 5090"
    assert verdicts(envelope) == {
        "old.so": {rtx: ("none", 0.0), "sm_86": ("sass", 1.0)},
        "wide.so": {rtx: ("none", 0.0), "sm_86": ("sass", 1.0)},
        "jit.so": {rtx: ("ptx", 1.0), "sm_86": ("sass", 1.0)},
    }
    assert (envelope["status"], [error["code"] for error in envelope["errors"]]) == ("failed", ["libraries-lack-gpu"])
    assert envelope["errors"][0]["message"] == f"no code for {rtx} (12.0) in wide.so, old.so"


def test_a_covered_target_is_ok(folder: Path) -> None:
    envelope = answer("jit.so", "--target", "sm_120", cwd=folder)
    assert verdicts(envelope) == {"jit.so": {"sm_120": ("ptx", 1.0)}}


def test_one_stray_cubin_is_no_support(tmp_path: Path) -> None:
    (tmp_path / "stray.so").write_bytes(elf((".nv_fatbin", containers("sm_90", times=99) + containers("sm_90 sm_89"))))
    envelope = answer("stray.so", "--target", "sm_89", cwd=tmp_path, exit_code=3)
    assert verdicts(envelope) == {"stray.so": {"sm_89": ("none", 0.01)}}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are files on POSIX, and links need no privilege")
def test_a_pipe_is_not_waited_for_and_a_link_that_leads_nowhere_is_not_proposed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.so")
    (tmp_path / "gone.so").symlink_to("nowhere.so")
    pipe = answer("pipe.so", cwd=tmp_path, exit_code=1)["errors"]
    gone = answer("gone.so", cwd=tmp_path, exit_code=1)["errors"]
    assert [(error["code"], error["hints"]) for error in (*pipe, *gone)] == [
        ("binary-format-unknown", [f"file {tmp_path / 'pipe.so'}"]),
        ("inspected-file-not-found", [f"gpuenv inspect {tmp_path}"]),
    ]


def test_the_wheels_in_a_folder_are_read_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "kit-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("kit/_C.so", elf((".nv_fatbin", containers("sm_80", times=4))))
    (tmp_path / "torn-1.0-py3-none-any.whl").write_bytes(b"PK")
    envelope = answer(".", "--target", "sm_86", cwd=tmp_path)
    assert verdicts(envelope) == {"_C.so": {"sm_86": ("sass", 1.0)}}
    assert [warning["code"] for warning in envelope["data"]["warnings"]] == ["wheel-damaged"]


def test_a_library_without_gpu_code_covers_no_gpu(folder: Path) -> None:
    envelope = answer("plain.so", "--target", "sm_120", cwd=folder, exit_code=3)
    assert [error["code"] for error in envelope["errors"]] == ["no-gpu-code"]


def test_the_table_is_read_by_people(folder: Path) -> None:
    ran = run(".", "--target", "sm_120", cwd=folder)
    assert ran.returncode == 3
    assert ran.stdout.splitlines() == [
        "library  sm_120  native  PTX  objects  a few kernels also",
        "old.so   no      80      -    3",
        "wide.so  no      75 80   -    21       90a",
        "jit.so   PTX     80      80   6",
        "3 of 4 libraries hold GPU code",
    ]
    assert ran.stderr.splitlines() == [
        "error: no code for sm_120 (12.0) in old.so, wide.so [libraries-lack-gpu]",
        "  hint: gpuenv plan --target sm_120",
    ]


def test_what_is_not_there_is_told_with_what_is(folder: Path) -> None:
    (folder / "wyde.txt").touch()
    (error,) = answer("wyde.so", cwd=folder, exit_code=1)["errors"]
    assert error == {
        "code": "inspected-file-not-found",
        "message": "there is no file or folder wyde.so",
        "hints": ["gpuenv inspect wide.so", f"gpuenv inspect {folder}"],
    }
    (error,) = answer("no/such/lib.so", cwd=folder, exit_code=1)["errors"]
    assert error["hints"] == [f"gpuenv inspect {folder}"]


def test_a_folder_without_libraries_is_told_to_be_one(tmp_path: Path) -> None:
    envelope = answer(".", "--target", "sm_120", cwd=tmp_path)
    assert (envelope["status"], envelope["data"]["examined"]) == ("ok", 0)
    assert envelope["data"]["warnings"] == [
        {
            "code": "no-native-library",
            "message": "there is no native library in .: nothing was inspected",
            "hints": [],
        }
    ]


def test_what_programs_can_do_without_is_listed_where_it_lacks_a_gpu_or_was_asked_for(folder: Path) -> None:
    (folder / "libnccl.so.2").write_bytes(OLD)
    (folder / "libcupti.so.13").write_bytes(elf((".nv_fatbin", containers("sm_80 sm_120", times=3))))
    told = run("wide.so", "libnccl.so.2", "libcupti.so.13", "--target", "sm_80,sm_120", cwd=folder).stdout
    assert told.splitlines() == [
        "library                  sm_80   sm_120  native  PTX  objects  a few kernels also",
        "wide.so                  native  no      75 80   -    21       90a",
        "libnccl.so.2 (optional)  native  no      80      -    3",
        "1 more that programs can do without have machine code for all of these GPUs (-v lists them)",
    ]
    told = run("libcupti.so.13", "--target", "sm_80,sm_120", "-v", cwd=folder).stdout
    assert told.splitlines()[1] == "libcupti.so.13 (optional)  native  native  80 120  -    6"


def test_chinese_is_spoken(folder: Path) -> None:
    ran = run(".", cwd=folder, GPUENV_LANG="zh", PYTHONUTF8="1")
    assert ran.stdout.splitlines()[-1] == "4 个库中有 3 个含有 GPU 代码"


def test_a_folder_is_searched_and_damage_in_it_is_a_warning(folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "broken.so").write_bytes(WIDE[:-80])
    (folder / "lib" / "script.so").write_text("INPUT(wide.so)")
    envelope = answer(".", cwd=folder)
    assert [file["path"] for file in envelope["data"]["files"]] == ["jit.so", "old.so", "wide.so"]
    assert envelope["data"]["examined"] == 4
    assert [warning["code"] for warning in envelope["data"]["warnings"]] == ["binary-damaged"]


def wheel(folder: Path) -> Path:
    path = folder / "kit_gpu-1.0-cp312-cp312-linux_x86_64.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("kit/libkit_cuda.so", WIDE)
        archive.writestr("kit/noise.bin", os.urandom(3_000_000))
    return path


def test_a_wheel_is_read_without_unpacking(tmp_path: Path) -> None:
    name = wheel(tmp_path).name
    (file,) = answer(name, cwd=tmp_path)["data"]["files"]
    assert (file["path"], file["distribution"], file["objects"]) == (f"{name}!kit/libkit_cuda.so", "kit-gpu", 21)
    assert [part.name for part in tmp_path.iterdir()] == [name]  # no cache either: that is for environments


@pytest.mark.parametrize("supports_ranges", [True, False])
def test_a_remote_wheel_says_what_it_cost(tmp_path: Path, supports_ranges: bool) -> None:  # noqa: FBT001 - a table
    made = wheel(tmp_path)
    with IndexServer(supports_ranges=supports_ranges) as server:
        server.add(made, "cu128")
        url = f"{server.url}/whl/cu128/{made.name}"
        data = answer(url, cwd=tmp_path)["data"]
    assert [file["path"] for file in data["files"]] == [f"{url}!kit/libkit_cuda.so"]
    assert data["files"][0]["sass"] == ["sm_75", "sm_80"]
    if supports_ranges:
        assert 0 < data["bytes_fetched"] < 400_000
        assert data["warnings"] == []
    else:
        assert data["bytes_fetched"] == made.stat().st_size
        assert [warning["code"] for warning in data["warnings"]] == ["remote-file-without-ranges"]


def test_credentials_in_a_url_are_never_shown(tmp_path: Path) -> None:
    made = wheel(tmp_path)
    with IndexServer() as server:
        server.add(made, "cu128")
        server.fail("/whl/", Fault(credentials="user:secret"))
        url = f"{server.url}/whl/cu128/{made.name}".replace("://", "://user:secret@")
        ran = run(url, "--json", cwd=tmp_path)
    assert ran.returncode == 0
    assert "secret" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["absent.so"], 1, "inspected-file-not-found"),
        (["notes.txt"], 1, "binary-format-unknown"),
        (["broken.so"], 1, "binary-damaged"),
        (["broken.whl"], 1, "wheel-damaged"),
        (["http://127.0.0.1:9/kit.whl"], 1, "remote-file-unreachable"),
        (["wide.so", "--target", "rtx-9999"], 2, "unknown-gpu"),
        (["wide.so", "--target", "cpu"], 2, "inspect-needs-gpu"),
        (["--venv", "nowhere"], 1, "environment-not-found"),
        (["--no-such-option"], 2, "option-unknown"),
    ],
)
def test_what_cannot_be_read_is_a_coded_error(folder: Path, arguments: list[str], exit_code: int, code: str) -> None:
    (folder / "notes.txt").write_text("no library")
    (folder / "broken.so").write_bytes(WIDE[:-80])
    (folder / "broken.whl").write_bytes(b"PK\x03\x04")
    envelope = answer(*arguments, cwd=folder, exit_code=exit_code)
    assert [error["code"] for error in envelope["errors"]] == [code]
    assert envelope["errors"][0]["message"] not in {"", code}


def test_a_machine_without_gpu_is_no_target(folder: Path) -> None:
    envelope = answer("wide.so", "--target", "current-gpu", cwd=folder, exit_code=1, GPUENV_GPUS="none")
    assert (envelope["status"], envelope["data"]["conflict"]["code"]) == ("conflict", "no-gpu")


def environment(folder: Path) -> tuple[Path, Path]:
    """Make an empty environment: its folder, and its site-packages."""
    root = folder / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    (site,) = root.glob("lib/python*/site-packages")
    return root, site


def install(site: Path, name: str, version: str, files: dict[str, bytes]) -> None:
    """Put a distribution of these files into site-packages, as an installer does."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    for path, data in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(data)
    rows = [f"{path},sha256={hashlib.sha256(data).hexdigest()},{len(data)}\n" for path, data in files.items()]
    (info / "RECORD").write_text("".join(rows))


def test_the_libraries_of_an_environment_are_told_by_distribution(tmp_path: Path) -> None:
    root, site = environment(tmp_path)
    install(site, "kit", "1.0", {"kit/_C.so": OLD})
    (site / "mine.so").write_bytes(JIT)
    (site / "plain.so").write_bytes(PLAIN)
    envelope = answer("--venv", root, "--target", "sm_90", cwd=tmp_path, exit_code=3)
    assert [(file["path"], file["distribution"]) for file in envelope["data"]["files"]] == [
        (str(site / "kit" / "_C.so"), "kit"),
        (str(site / "mine.so"), None),
    ]
    assert verdicts(envelope) == {"_C.so": {"sm_90": ("none", 0.0)}, "mine.so": {"sm_90": ("ptx", 1.0)}}
    data = envelope["data"]
    assert (data["examined"], data["missing"], data["generators"]) == (3, [], [])


def test_an_editable_install_is_read_where_it_was_compiled(tmp_path: Path) -> None:
    root, site = environment(tmp_path)
    install(site, "ops", "0.1", {})
    tree = tmp_path / "my source"
    (tree / "ops").mkdir(parents=True)
    (tree / "ops" / "_C.so").write_bytes(OLD)
    url = json.dumps({"url": tree.as_uri(), "dir_info": {"editable": True}})
    (site / "ops-0.1.dist-info" / "direct_url.json").write_text(url)
    files = answer("--venv", root, cwd=tmp_path)["data"]["files"]
    assert [file["path"] for file in files] == [str(tree / "ops" / "_C.so")]


def test_a_family_of_libraries_is_judged_as_one_and_by_what_is_known_of_its_release(tmp_path: Path) -> None:
    root, site = environment(tmp_path)
    lib = "nvidia/cudnn/lib"
    sparse = elf((".nv_fatbin", containers("sm_80")))
    rest = elf((".nv_fatbin", containers("sm_70", "sm_80", "sm_120f", times=9)))
    install(
        site,
        "nvidia-cudnn-cu12",
        "9.12.0.46",
        {f"{lib}/libcudnn_engines_tensor_ir.so.9": sparse, f"{lib}/libcudnn_ops.so.9": rest},
    )
    envelope = answer("--venv", root, "--target", "sm_121,v100", cwd=tmp_path, exit_code=3)
    told = {
        file["path"].rpartition("/")[2]: [(one["gpu"], one["kind"], one["reason"]) for one in file["verdicts"]]
        for file in envelope["data"]["files"]
    }
    # The sparse file alone has nothing for 12.1; and cuDNN dropped Volta with 9.11, whatever is left of it.
    expected = [("sm_121", "sass", None), ("v100", "none", "dropped-by-release")]
    assert told == {"libcudnn_engines_tensor_ir.so.9": expected, "libcudnn_ops.so.9": expected}
    table = run("--venv", root, "--target", "sm_121", cwd=tmp_path)
    assert [line.split("  ")[0] for line in table.stdout.splitlines()[1:3]] == [
        "nvidia-cudnn-cu12: libcudnn_engines_tensor_ir.so.9",
        "nvidia-cudnn-cu12: libcudnn_ops.so.9",
    ]
    assert "%" not in table.stdout  # of a library that chooses by itself the share says nothing


def test_ptx_that_the_driver_cannot_compile_covers_nothing(tmp_path: Path) -> None:
    (tmp_path / "jit.so").write_bytes(elf((".nv_fatbin", containers("sm_80 compute_80@8.8", times=3))))
    assert answer("jit.so", "--target", "sm_120", "--driver", "575.57.08", cwd=tmp_path)["status"] == "ok"
    envelope = answer("jit.so", "--target", "sm_120", "--driver", "570.124.06", cwd=tmp_path, exit_code=3)
    assert [error["code"] for error in envelope["errors"]] == ["library-ptx-needs-newer-driver"]
    assert envelope["errors"][0]["message"] == (
        "jit.so hold only PTX for sm_120 (12.0), and a driver that speaks CUDA 12.8 cannot compile it: it needs one"
        " that speaks CUDA 12.9"
    )


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_a_library_that_cannot_be_loaded_fails_a_target_and_names_what_brings_the_rest(tmp_path: Path) -> None:
    root, site = environment(tmp_path)
    (tmp_path / "kit.c").write_text("int kit(void) { return 0; }\n")
    for name in ("libcurand.so.10", "libcudart.so.13"):
        flags = ["-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{name}"]
        subprocess.run(["cc", *flags, "-o", tmp_path / name, tmp_path / "kit.c"], check=True)
    library = tmp_path / "provider.so"
    flags = ["-shared", "-fPIC", "-nostdlib", "-Wl,--no-as-needed"]
    (tmp_path / "code.bin").write_bytes(containers("sm_120", times=3))
    (tmp_path / "code.c").write_text(
        'asm(".section .nv_fatbin,\\"a\\"\\n.balign 8\\n.incbin \\"code.bin\\"\\n.text");\n', encoding="utf-8"
    )
    argv = ["cc", *flags, "-o", str(library), "code.c", "kit.c", "libcurand.so.10", "libcudart.so.13"]
    subprocess.run(argv, check=True, cwd=tmp_path)
    install(
        site,
        "onnxruntime-gpu",
        "1.31.1",
        {"onnxruntime/capi/libonnxruntime_providers_cuda.so": library.read_bytes()},
    )
    install(
        site,
        "nvidia-cuda-runtime",
        "13.2.86",
        {"nvidia/lib/libcudart.so.13": (tmp_path / "libcudart.so.13").read_bytes()},
    )
    told = answer("--venv", root, cwd=tmp_path)
    assert [one["code"] for one in told["data"]["warnings"]] == ["gpu-library-cannot-load"]
    assert told["data"]["cuda_majors"] == [{"major": 13, "distributions": ["onnxruntime-gpu"]}]
    envelope = answer("--venv", root, "--target", "rtx-5090", cwd=tmp_path, exit_code=3)
    assert envelope["errors"] == [
        {
            "code": "gpu-library-cannot-load",
            "message": "libonnxruntime_providers_cuda.so cannot be loaded: nothing provides libcurand.so.10",
            "hints": [f"uv pip install --python {root} nvidia-curand"],
        }
    ]
    assert envelope["data"]["missing"] == [
        {"library": "libcurand.so.10", "needed_by": ["libonnxruntime_providers_cuda.so"]}
    ]
    elsewhere = tmp_path / "cuda"
    elsewhere.mkdir()
    (tmp_path / "libcurand.so.10").rename(elsewhere / "libcurand.so.10")
    assert answer("--venv", root, "--target", "rtx-5090", cwd=tmp_path, LD_LIBRARY_PATH=str(elsewhere))["errors"] == []
    (tmp_path / "libcudart.so.13").rename(elsewhere / "libcudart.so.13")
    (warning,) = answer("--venv", root, cwd=tmp_path, LD_LIBRARY_PATH=str(elsewhere))["data"]["warnings"]
    assert warning["code"] == "system-library-first"
    assert warning["message"] == (
        f"LD_LIBRARY_PATH puts {elsewhere}/libcudart.so.13 before the environment's own; needed by"
        " libonnxruntime_providers_cuda.so"
    )


def test_packages_that_overwrite_each_other_are_named(tmp_path: Path) -> None:
    root, site = environment(tmp_path)
    state = "onnxruntime/capi/onnxruntime_pybind11_state.so"
    install(site, "onnxruntime", "1.31.1", {state: PLAIN})
    install(site, "onnxruntime-gpu", "1.31.1", {state: OLD})
    (warning,) = answer("--venv", root, cwd=tmp_path)["data"]["warnings"]
    assert warning["code"] == "packages-share-files"
    assert warning["message"] == (
        f"onnxruntime, onnxruntime-gpu install their libraries to the same place ({site / state}): what lies there is"
        " of only one of them"
    )


def test_what_was_read_is_kept_until_the_file_is_another(tmp_path: Path) -> None:
    root, site = environment(tmp_path)
    install(site, "kit", "1.0", {"kit/_C.so": OLD})
    path = site / "kit" / "_C.so"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert answer("--venv", root, cwd=tmp_path)["data"]["files"][0]["sass"] == ["sm_80"]
    (kept,) = (tmp_path / ".cache" / "libraries").iterdir()
    changed = kept.read_text().replace("SASS 80", "SASS 86").replace("sass 80", "sass 86").replace('["80",', '["86",')
    assert changed != kept.read_text()
    kept.write_text(changed)
    # The kept answer counts, until it is told not to, or the file is another.
    assert answer("--venv", root, cwd=tmp_path)["data"]["files"][0]["sass"] == ["sm_86"]
    assert answer("--venv", root, "--full", cwd=tmp_path)["data"]["files"][0]["sass"] == ["sm_80"]
    path.write_bytes(JIT)
    os.utime(path, (1_700_000_001, 1_700_000_001))
    assert answer("--venv", root, cwd=tmp_path)["data"]["files"][0]["ptx"] == ["compute_80"]
    kept.write_text('{"format": 1, "gpuenv"')
    data = answer("--venv", root, cwd=tmp_path)["data"]
    assert ([one["code"] for one in data["warnings"]], data["files"][0]["ptx"]) == (
        ["inspection-cache-damaged"],
        ["compute_80"],
    )
    assert answer("--venv", root, cwd=tmp_path)["data"]["warnings"] == []


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    root, site = environment(tmp_path)
    install(site, "kit", "1.0", {"kit/_C.so": OLD})
    (tmp_path / "file").touch()
    data = answer("--venv", root, cwd=tmp_path, GPUENV_CACHE_DIR=str(tmp_path / "file"))["data"]
    assert (len(data["files"]), data["warnings"]) == (1, [])
