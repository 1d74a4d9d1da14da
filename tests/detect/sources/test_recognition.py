from __future__ import annotations

from dataclasses import replace

import pytest

from gpuenv.detect.sources.pci import PciGpu
from gpuenv.detect.sources.recognition import find_by_name, recognise_pci, with_capability
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.hardware import Gpu, Probe
from support.machine_roots import no_models
from support.machines import gpu, matrix


def unknown(name: str, device: str | None = None) -> Gpu:
    return Gpu(name=name, capabilities=(), probe=Probe.NVIDIA_SMI, pci_device_id=device)


def capabilities(name: str, device: str | None = None) -> str:
    found = with_capability(unknown(name, device), lambda: matrix().gpus)
    return " ".join(map(str, found.capabilities))


def ambiguous() -> tuple[str, dict[str, str]]:
    """A name of the matrix that stands for two capabilities, with a PCI id of each."""
    for model in matrix().gpus:
        twins = [twin for twin in matrix().gpus if twin.name == model.name and twin.pci_device_ids]
        by_capability = {str(twin.capability): twin.pci_device_ids[0] for twin in twins}
        if len(by_capability) > 1:
            return model.name, by_capability
    raise AssertionError


def test_what_the_driver_told_stands_and_reads_no_models() -> None:
    told = replace(gpu("12.0"), name="NVIDIA GeForce RTX 5090")
    assert with_capability(told, no_models) == told


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA GeForce RTX 5070 Ti Laptop GPU", "12.0"),
        ("GeForce GTX 1080 Ti", "6.1"),
        ("Tesla T4", "7.5"),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "8.0"),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", "9.0"),
        ("NVIDIA H200", "9.0"),
        ("NVIDIA GeForce GTX 1650 Ti with Max-Q Design", "7.5"),
        ("GRID T4-16Q", "7.5"),
        ("GRID V100DX-32C", "7.0"),
        ("GRID RTX6000-4Q", "7.5"),
        ("GRID A100D-10C", "8.0"),
        ("NVIDIA A40-8Q", "8.6"),
        ("NVIDIA RTXA6000-8Q", "8.6"),
        ("NVIDIA RTX6000-Ada-4Q", "8.9"),
        ("NVIDIA H100XM-80C", "9.0"),
        ("GRID K9999-4Q", ""),
        ("Radeon RX 7900", ""),
    ],
)
def test_a_card_is_recognised_by_the_name_that_drivers_print(name: str, expected: str) -> None:
    assert capabilities(name) == expected


def test_a_name_of_two_capabilities_keeps_both_and_the_id_decides() -> None:
    name, ids = ambiguous()
    assert capabilities(name) == " ".join(sorted(ids))
    for capability, device in ids.items():
        assert capabilities(name, device) == capability


def test_the_id_decides_against_the_name() -> None:
    assert capabilities("NVIDIA GeForce GTX 1080 Ti", "2B85") == "12.0"


def test_a_brand_in_the_name_tells_cards_apart() -> None:
    assert {str(model.capability) for model in find_by_name("Quadro RTX 6000", matrix().gpus)} == {"7.5"}


def test_a_card_on_the_bus_is_made_a_gpu() -> None:
    seen = PciGpu(bus_id="0000:01:00.0", vendor="10DE", device="1EB8", bound_to=None)
    assert recognise_pci(seen, lambda: matrix().gpus, index=3) == Gpu(
        name="Tesla T4",
        capabilities=(ComputeCapability(major=7, minor=5),),
        probe=Probe.PCI,
        index=3,
        pci_device_id="1EB8",
        pci_bus_id="0000:01:00.0",
    )
