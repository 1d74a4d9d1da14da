"""Which driver a card takes, with which kernel modules, and what stands in the way of one that is to be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.notice import Notice
from support.detection import detect, hints
from support.machine_roots import (
    OPEN_MODULE,
    PROPRIETARY_MODULE,
    add_distribution,
    add_kernel_module,
    add_pci,
    lay_out,
    switch_secure_boot_on,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

RTX_5090 = "NVIDIA GeForce RTX 5090 (12.0)"


class TestSeveralCards:
    def test_cards_that_no_driver_drives_together_on_linux_are_named_apart(self, tmp_path: Path) -> None:
        add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85")
        add_pci(tmp_path, "0000:41:00.0", "0x10de", "0x1b06")
        add_distribution(tmp_path, "ID=ubuntu")
        host = detect(tmp_path)
        assert [problem.code for problem in host.problems] == ["driver-missing", "kernel-modules-exclude-each-other"]
        assert hints(host.problems[0]) == ("sudo apt install nvidia-driver-580-open", "sudo reboot")
        assert host.problems[0].context["branch"] == "570+"
        assert host.problems[1] == Notice.of(
            "kernel-modules-exclude-each-other",
            only_open=(RTX_5090,),
            only_proprietary=("NVIDIA GeForce GTX 1080 Ti (6.1)",),
        )

    def test_a_card_too_old_for_every_driver_of_a_newer_one_is_told_by_the_branches(self, tmp_path: Path) -> None:
        add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x1b06")
        add_pci(tmp_path, "0000:41:00.0", "0x10de", "0x1180")
        add_distribution(tmp_path, "ID=ubuntu")
        host = detect(tmp_path)
        assert [problem.code for problem in host.problems] == ["driver-missing"]
        assert host.problems[0].context["branch"] == "470"

    @pytest.mark.parametrize(
        ("devices", "branch"),
        [
            (["0x2b85"], "570+"),
            (["0x3182"], "580+"),
            (["0x1b06"], "580"),
            (["0x1180"], "470"),
            (["0x1eb8"], "580+"),
            (["0x1eb8", "0x1b06"], "580"),
        ],
    )
    def test_the_branch_is_that_of_the_cards(self, tmp_path: Path, devices: list[str], branch: str) -> None:
        for number, device in enumerate(devices, start=1):
            add_pci(tmp_path, f"0000:{number:02x}:00.0", "0x10de", device)
        assert detect(tmp_path).problems[0].context["branch"] == branch


class TestKernelModules:
    """The driver is loaded, answers, and shows no card: nvidia-smi says `No devices were found`."""

    def load(self, root: Path, version: str, *, text: str, device: str = "0x2b85") -> None:
        add_pci(root, "0000:01:00.0", "0x10de", device)
        add_distribution(root, "ID=ubuntu")
        add_kernel_module(root, version, text=text)
        write(root / "usr/bin/nvidia-smi", "#!/bin/sh\necho No devices were found\nexit 6\n")
        (root / "usr/bin/nvidia-smi").chmod(0o755)

    def test_blackwell_under_the_proprietary_modules_is_told_to_take_the_open_ones(self, tmp_path: Path) -> None:
        self.load(tmp_path, "570.133.07", text=PROPRIETARY_MODULE)
        (problem,) = detect(tmp_path).problems
        assert problem.code == "open-kernel-module-needed"
        assert hints(problem) == ("sudo apt install nvidia-driver-580-open", "sudo reboot")

    def test_pascal_under_the_open_modules_is_told_to_take_the_proprietary_ones(self, tmp_path: Path) -> None:
        self.load(tmp_path, "580.95.05", text=OPEN_MODULE, device="0x1b06")
        (problem,) = detect(tmp_path).problems
        assert problem.code == "proprietary-kernel-module-needed"
        assert hints(problem) == ("sudo apt install nvidia-driver-580", "sudo reboot")

    def test_a_driver_older_than_the_card_is_told_by_its_branch(self, tmp_path: Path) -> None:
        self.load(tmp_path, "535.183.01", text=OPEN_MODULE)
        (problem,) = detect(tmp_path).problems
        assert problem.code == "driver-does-not-serve-gpu"
        assert (problem.context["version"], problem.context["branch"]) == ("535.183.01", "570+")

    def test_a_driver_that_serves_the_card_and_did_not_start_it_is_told_by_its_log(self, tmp_path: Path) -> None:
        self.load(tmp_path, "580.95.05", text=OPEN_MODULE)
        assert detect(tmp_path).problems == (Notice.of("gpu-not-started", gpus=(RTX_5090,), version="580.95.05"),)


class TestFirstSteps:
    def test_what_a_new_driver_will_meet_is_named_when_seen(self, tmp_path: Path) -> None:
        lay_out("rtx-5090-laptop-without-driver", tmp_path)
        switch_secure_boot_on(tmp_path)
        host = detect(tmp_path)
        assert host.gpus == (
            Gpu(
                name="NVIDIA GeForce RTX 5090 Laptop GPU",
                capabilities=(ComputeCapability(major=12, minor=0),),
                probe=Probe.PCI,
                index=0,
                pci_device_id="2C58",
                pci_bus_id="0000:02:00.0",
            ),
        )
        assert [problem.code for problem in host.problems] == [
            "driver-missing",
            "nouveau-until-restart",
            "secure-boot-asks-for-key",
        ]
        assert hints(host.problems[2]) == ("sudo mokutil --import /var/lib/shim-signed/mok/MOK.der",)

    @pytest.mark.parametrize(
        ("release", "key"),
        [("ID=fedora", "/etc/pki/akmods/certs/public_key.der"), ("ID=arch", "/var/lib/dkms/mok.pub")],
    )
    def test_the_key_to_enrol_is_the_distributions(self, tmp_path: Path, release: str, key: str) -> None:
        add_pci(tmp_path, "0000:01:00.0", "0x10de", "0x2b85")
        add_distribution(tmp_path, release)
        switch_secure_boot_on(tmp_path)
        assert hints(detect(tmp_path).problems[1]) == (f"sudo mokutil --import {key}",)
