"""GPUs divided into MIG instances, through the real nvidia-ml-py and a library that the tests compile."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.host import detect_host
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.hardware import Gpu, HostFacts, MigInstance, Presence, Probe
from gpuenv.models.notice import Notice
from gpuenv.report.messages import phrase
from support.machine_roots import DATA, no_models, surroundings, write
from support.nvml import Device, bus, install_nvml, uuid

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the library is compiled with cc")

R580 = "driver\t580.95.05\t13.580.95.05\t13000"
GIB = 1024**3
RECORDED = (DATA / "mig-a100.txt").read_text(encoding="utf-8")
UUIDS = re.findall(r"MIG-[0-9a-f-]+", RECORDED)
SEVEN = tuple(
    MigInstance(name="NVIDIA A100-SXM4-80GB MIG 1g.10gb", uuid=found, memory_bytes=10 * GIB) for found in UUIDS
)
A100 = Device(name="NVIDIA A100-SXM4-80GB", pci="20B2", capability="8.0", memory_bytes=80 * GIB, mig=1, instances=SEVEN)
H100 = Device(name="NVIDIA H100 80GB HBM3", pci="2330", capability="9.0", memory_bytes=80 * GIB, mig=0)


def described(device: Device, index: int, instances: tuple[MigInstance, ...] | None) -> Gpu:
    return Gpu(
        name=device.name,
        capabilities=(ComputeCapability.parse(device.capability),),
        probe=Probe.NVML,
        index=index,
        uuid=uuid(index),
        pci_device_id=device.pci,
        pci_bus_id=bus(index),
        memory_bytes=device.memory_bytes,
        is_mig=device.mig == 1,
        mig_instances=instances,
    )


def detect(root: Path, *lines: Device | str, **environ: str) -> HostFacts:
    machine = install_nvml(root, *lines)
    return detect_host(surroundings(root, {**machine, **environ}), gpu_models=no_models, root=root)


def test_the_instances_of_a_divided_card_are_told_with_name_uuid_and_memory(tmp_path: Path) -> None:
    assert len(SEVEN) == 7
    host = detect(tmp_path, R580, A100)
    assert host.presence is Presence.PRESENT
    assert host.gpus == (described(A100, 0, SEVEN),)
    assert host.problems == ()


def test_free_places_are_no_instances(tmp_path: Path) -> None:
    sparse = replace(A100, instances=(None, SEVEN[1], None, SEVEN[3]))
    assert detect(tmp_path, R580, sparse).gpus == (described(A100, 0, (SEVEN[1], SEVEN[3])),)


@pytest.mark.parametrize("length", [None, 12])
def test_an_instance_named_by_the_variable_stands_for_its_card(tmp_path: Path, length: int | None) -> None:
    chosen = SEVEN[4].uuid or ""
    host = detect(tmp_path, R580, H100, A100, CUDA_VISIBLE_DEVICES=chosen[:length])
    assert host.presence is Presence.PRESENT
    assert host.gpus == (described(A100, 1, (SEVEN[4],)),)


def test_an_instance_in_the_old_spelling_names_its_card(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, H100, A100, CUDA_VISIBLE_DEVICES=f"MIG-{uuid(1)}/1/0")
    assert host.gpus == (described(A100, 1, SEVEN),)


def test_an_instance_that_is_not_there_hides_everything(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, A100, CUDA_VISIBLE_DEVICES="MIG-00000000-1111-2222-3333-444444444444")
    assert host.presence is Presence.UNUSABLE
    assert [problem.code for problem in host.problems] == ["gpu-hidden"]


def test_a_divided_card_without_instances_shows_nothing_to_cuda(tmp_path: Path) -> None:
    empty = replace(A100, instances=())
    host = detect(tmp_path, R580, empty)
    assert host.presence is Presence.UNUSABLE
    assert host.gpus == (described(A100, 0, ()),)
    assert host.problems == (Notice.of("mig-without-instances", gpu="NVIDIA A100-SXM4-80GB (8.0)", index=0),)
    assert phrase("mig-without-instances", host.problems[0].context, "en").hints == (
        "sudo nvidia-smi -i 0 -mig 0",
        "sudo nvidia-smi mig -i 0 -cgi 0 -C",
    )


def test_beside_others_a_card_without_instances_is_left_out_and_named(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, H100, replace(A100, instances=()))
    assert host.presence is Presence.PRESENT
    assert host.gpus == (described(H100, 0, None),)
    assert [problem.code for problem in host.problems] == ["mig-without-instances"]


def test_in_a_container_no_command_of_the_host_is_named(tmp_path: Path) -> None:
    write(tmp_path / ".dockerenv", "")
    (problem,) = detect(tmp_path, R580, replace(A100, instances=())).problems
    assert phrase(problem.code, problem.context, "en").hints == ()


def test_instances_that_may_not_be_listed_are_unknown_and_not_missing(tmp_path: Path) -> None:
    host = detect(tmp_path, R580, "mig-forbidden", replace(A100, instances=()))
    assert host.presence is Presence.PRESENT
    assert host.gpus == (described(A100, 0, None),)
