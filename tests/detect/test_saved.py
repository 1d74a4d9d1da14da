from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.saved import SCHEMA, SavedMachine, parse_saved, read_saved, render_saved, write_saved
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, HostFacts, MsvcRuntime, Presence, Probe
from gpuenv.models.platform import Platform, PythonVersion

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = PythonVersion(major=3, minor=13, free_threaded=True)
HOST = HostFacts(
    gpus=(
        Gpu(
            name="NVIDIA GeForce GTX 1080 Ti",
            capabilities=(ComputeCapability(major=6, minor=1),),
            probe=Probe.DESCRIBED,
            index=0,
            pci_device_id="1B06",
            memory_bytes=11 * 1024**3,
        ),
        Gpu(
            name="NVIDIA T500",
            capabilities=(ComputeCapability(major=7, minor=5), ComputeCapability(major=8, minor=6)),
            probe=Probe.DESCRIBED,
            index=1,
        ),
    ),
    driver=Driver(
        version=DriverVersion.parse("570.124.06"), cuda_version=CudaVersion(major=12, minor=8), probe=Probe.DESCRIBED
    ),
    platform=Platform(name="linux-x86_64", glibc=(2, 39), is_wsl=True),
    presence=Presence.PRESENT,
    other_gpus=("AMD GPU (1002:150E)",),
    container="docker",
)


def test_what_is_written_is_read_back() -> None:
    text = render_saved(HOST, PYTHON, date="2026-11-21")
    assert parse_saved(text, origin="machine.json") == SavedMachine(host=HOST, python=PYTHON)


def test_a_machine_without_a_gpu_stays_one() -> None:
    absent = HostFacts(
        gpus=(),
        driver=None,
        platform=Platform(name="windows-x86_64"),
        presence=Presence.ABSENT,
        msvc_runtime=MsvcRuntime(version="14.44.35211.0"),
    )
    text = render_saved(absent, None, date="2026-11-21")
    assert parse_saved(text, origin="machine.json") == SavedMachine(host=absent, python=None)


def test_nothing_that_names_the_machine_is_written() -> None:
    marked = tuple(replace(gpu, uuid="GPU-secret", pci_bus_id="0000:01:00.0") for gpu in HOST.gpus)
    text = render_saved(replace(HOST, gpus=marked), PYTHON, date="2026-11-21")
    assert "secret" not in text
    assert "0000:01" not in text


def altered(**fields: object) -> str:
    return json.dumps({**json.loads(render_saved(HOST, PYTHON, date="2026-11-21")), **fields})


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[1", "JSON"),
        ("[]", "schema"),
        ("{}", "schema"),
        (altered(gpus=None), "gpus"),
        (altered(gpus=["rtx-5090"]), "gpus"),
        (altered(gpus=[{"name": "x", "compute_capabilities": ["new"]}]), "compute_capabilities"),
        (altered(platform="beos"), "platform"),
        (altered(driver={"version": "newest"}), "version"),
        (altered(python="three"), "python"),
        (altered(glibc=2), "glibc"),
        (altered(presence="maybe"), "presence"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_field(text: str, field: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_saved(text, origin="machine.json")
    assert refused.value.code == "machine-invalid"
    assert (refused.value.context["path"], refused.value.context["field"]) == ("machine.json", field)


def test_a_newer_description_is_refused_by_its_schema() -> None:
    with pytest.raises(UsageError) as refused:
        parse_saved(altered(schema=SCHEMA + 1), origin="machine.json")
    assert refused.value.code == "machine-schema-newer"


def test_files_that_cannot_be_read_or_written_are_coded_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as unreadable:
        read_saved(tmp_path / "none.json")
    assert unreadable.value.code == "machine-unreadable"
    with pytest.raises(GpuenvError) as unwritable:
        write_saved(tmp_path / "none" / "machine.json", HOST, None, date="2026-11-21")
    assert unwritable.value.code == "machine-not-saved"


def test_a_name_is_put_in_only_when_asked_for_and_is_the_id_of_a_line(tmp_path: Path) -> None:
    assert "id" not in json.loads(render_saved(HOST, PYTHON, date="2026-11-21"))
    fleet = tmp_path / "fleet.jsonl"
    for name in ("lab-1", "lab-2"):
        write_saved(fleet, HOST, PYTHON, date="2026-11-21", name=name)
    lines = fleet.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["lab-1", "lab-2"]
    assert parse_saved(lines[0], origin="fleet.jsonl") == SavedMachine(host=HOST, python=PYTHON)
