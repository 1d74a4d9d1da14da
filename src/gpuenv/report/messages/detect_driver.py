"""The sentences of the station `detect` about drivers and devices: why a GPU that is there cannot be used."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOK: Final = "nvidia-smi"
_REBOOT: Final = "sudo reboot"
_INSTALL: Final = ("{before}", "{command}", "{after}")

_MISSING: Final[Mapping[str, Message]] = {
    "driver-missing": Message(
        en="no NVIDIA driver is installed for {gpus}: it needs a driver of branch {branch}",
        zh="{gpus} 未安装 NVIDIA 驱动：需要 {branch} 分支的驱动",
        hints=_INSTALL,
    ),
    "driver-missing-jetson": Message(
        en="this Jetson has no CUDA driver: JetPack brings it",
        zh="此 Jetson 没有 CUDA 驱动：驱动由 JetPack 提供",
        hints=("sudo apt install nvidia-jetpack",),
    ),
    "driver-missing-on-host": Message(
        en="the machine that runs this container ({container}) has no NVIDIA driver loaded for {gpus}",
        zh="运行此容器（{container}）的主机没有为 {gpus} 加载 NVIDIA 驱动",
        hints=("{command}",),
    ),
    "wsl-libraries-missing": Message(
        en="Windows has an NVIDIA driver, and this WSL does not show it",
        zh="Windows 已安装 NVIDIA 驱动，但此 WSL 中看不到它",
        hints=("wsl.exe --update", "wsl.exe --shutdown"),
    ),
    "wsl-windows-driver-missing": Message(
        en="Windows passes a GPU on to this WSL, and no NVIDIA driver is installed in Windows: install it there, not in"
        " WSL; if the GPU is of another vendor, ask for --target cpu",
        zh="Windows 向此 WSL 提供了 GPU，但 Windows 中没有安装 NVIDIA 驱动：请在 Windows（而非 WSL）中安装；"
        "若 GPU 属于其他厂商，请使用 --target cpu",
        hints=("{command}", "wsl.exe --shutdown"),
    ),
    "wsl-1-has-no-gpu": Message(
        en="Windows has an NVIDIA driver, and this is WSL 1, which passes no GPU on: WSL 2 does",
        zh="Windows 已安装 NVIDIA 驱动，但当前为 WSL 1，无法使用 GPU：请改用 WSL 2",
        hints=("wsl.exe --set-version {distribution} 2",),
    ),
    "driver-not-loaded": Message(
        en="the NVIDIA driver for {gpus} is installed, and its kernel module is not loaded ({detail})",
        zh="{gpus} 的 NVIDIA 驱动已安装，但内核模块未加载（{detail}）",
        hints=("sudo modprobe nvidia",),
    ),
    "driver-library-missing": Message(
        en="the kernel module of driver {version} is loaded, and the driver's libraries are not installed: {gpus}",
        zh="驱动 {version} 的内核模块已加载，但驱动的用户态库未安装：{gpus}",
        hints=_INSTALL,
    ),
    "vgpu-runs-no-cuda": Message(
        en="{gpu} is a virtual GPU of series {series}, which runs no CUDA: torch will not see it until the machine is"
        " given a profile of series C or Q",
        zh="{gpu} 是 {series} 系列的虚拟 GPU，不能运行 CUDA：在虚拟机改用 C 或 Q 系列的 vGPU 配置之前，torch 看不到它",
    ),
    "nouveau-in-use": Message(
        en="the nouveau driver holds the card; NVIDIA's module cannot load beside it",
        zh="nouveau 驱动占用了显卡；NVIDIA 内核模块无法与其同时加载",
        hints=("echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/blacklist-nouveau.conf", _REBOOT),
    ),
    "nouveau-until-restart": Message(
        en="the nouveau driver holds the card now; NVIDIA's packages take it off at the next start",
        zh="显卡目前由 nouveau 驱动占用；安装 NVIDIA 软件包并重启后会被替换",
    ),
    "secure-boot-on": Message(
        en="Secure Boot is on: a module whose key is not enrolled does not load",
        zh="Secure Boot 已启用：未登记密钥签名的内核模块无法加载",
        hints=("sudo mokutil --import {key}", _REBOOT),
    ),
    "secure-boot-asks-for-key": Message(
        en="Secure Boot is on: where the driver's module is built on this machine, its key has to be enrolled too,"
        " after the installation and before the restart",
        zh="Secure Boot 已启用：若驱动的内核模块在本机编译，安装后、重启前还需登记其签名密钥",
        hints=("sudo mokutil --import {key}",),
    ),
}

_MISFITS: Final[Mapping[str, Message]] = {
    "driver-library-mismatch": Message(
        en="the loaded kernel module ({kernel}) and the driver's libraries are of different versions: restart after a"
        " driver update, and keep no libcuda inside container images ({detail})",
        zh="已加载的内核模块（{kernel}）与驱动的用户态库版本不一致：更新驱动后请重启，"
        "容器镜像内不要保留 libcuda（{detail}）",
        hints=("{command}",),
    ),
    "driver-does-not-serve-gpu": Message(
        en="driver {version} is loaded and shows no GPU: it does not serve {gpus}, which a driver of branch {branch}"
        " does (Blackwell: with open kernel modules)",
        zh="驱动 {version} 已加载，但没有显示任何 GPU：它不支持 {gpus}，请使用 {branch} 分支"
        "（Blackwell 需要开源内核模块）",
        hints=_INSTALL,
    ),
    "open-kernel-module-needed": Message(
        en="driver {version} is loaded with the proprietary kernel modules, which do not drive {gpus}: it needs the"
        " open ones",
        zh="驱动 {version} 加载的是专有内核模块，无法驱动 {gpus}：需要开源内核模块",
        hints=_INSTALL,
    ),
    "proprietary-kernel-module-needed": Message(
        en="driver {version} is loaded with the open kernel modules, which drive cards from Turing on; {gpus} needs"
        " the proprietary ones",
        zh="驱动 {version} 加载的是开源内核模块，仅支持 Turing 及更新的显卡；{gpus} 需要专有内核模块",
        hints=_INSTALL,
    ),
    "kernel-modules-exclude-each-other": Message(
        en="no driver for Linux drives all cards of this machine: {only_open} takes the open kernel modules only,"
        " {only_proprietary} the proprietary ones only, and one of them can be loaded. Use the cards one kind at a"
        " time, or give one to a virtual machine",
        zh="Linux 上没有驱动能同时支持本机所有显卡：{only_open} 仅支持开源内核模块，"
        "{only_proprietary} 仅支持专有内核模块，两者只能加载其一。请一次只用其中一类显卡，或将另一块直通给虚拟机",
    ),
    "forward-compat-refused": Message(
        en="a libcuda of a cuda-compat package is loaded, newer than the kernel driver; {gpus} refuses that ({detail})",
        zh="加载了 cuda-compat 软件包中的 libcuda，其版本高于内核驱动，而 {gpus} 不支持这种用法（{detail}）",
        hints=("{command}",),
    ),
    "driver-no-permission": Message(
        en="this user may not open the NVIDIA devices of {gpus} ({detail})",
        zh="当前用户无权打开 {gpus} 的 NVIDIA 设备（{detail}）",
        hints=("ls -l /dev/nvidia*", "sudo usermod -aG video,render $USER"),
    ),
    "driver-access-lost": Message(
        en="the driver answers `unknown error` for {gpus}: a container lost its devices, or the GPU went to sleep"
        " ({detail})",
        zh="驱动对 {gpus} 返回 `unknown error`：容器失去了设备访问权，或 GPU 休眠后未恢复（{detail}）",
        hints=(_LOOK,),
    ),
    "driver-hangs": Message(
        en="the NVIDIA driver does not answer in time for {gpus} (GPUENV_PROBE_TIMEOUT gives it more seconds)",
        zh="NVIDIA 驱动未在限定时间内响应：{gpus}（可用 GPUENV_PROBE_TIMEOUT 延长等待秒数）",
        hints=("GPUENV_PROBE_TIMEOUT=60 gpuenv detect", _REBOOT),
    ),
    "driver-crashes": Message(
        en="the NVIDIA driver's library crashes when asked for {gpus}",
        zh="查询 {gpus} 时 NVIDIA 驱动库崩溃",
        hints=(_LOOK, _REBOOT),
    ),
    "driver-not-ready": Message(
        en="the driver says that {gpus} are not ready: on NVSwitch machines the fabric manager has to run ({detail})",
        zh="驱动报告 {gpus} 尚未就绪：带 NVSwitch 的机器需要运行 fabric manager（{detail}）",
        hints=("sudo systemctl start nvidia-fabricmanager",),
    ),
    "driver-failed": Message(
        en="the NVIDIA driver failed for {gpus}: {detail}",
        zh="NVIDIA 驱动出错（{gpus}）：{detail}",
        hints=(_LOOK, _REBOOT),
    ),
}

_DEVICES: Final[Mapping[str, Message]] = {
    "musl-has-no-builds": Message(
        en="this system's C library is not glibc (Alpine uses musl), and no CUDA build of torch or ONNX Runtime is made"
        " for another, nor NVIDIA's driver: {gpus}",
        zh="本系统的 C 库不是 glibc（Alpine 使用 musl），torch、ONNX Runtime 的 CUDA 构建"
        "及 NVIDIA 驱动均不支持：{gpus}",
        hints=("{command}",),
    ),
    "gpu-hidden": Message(
        en="{variable}={value} hides {gpus}",
        zh="{variable}={value} 隐藏了 {gpus}",
        hints=("{command}",),
    ),
    "gpu-hidden-from-container": Message(
        en="{variable}={value} keeps {gpus} out of this container",
        zh="{variable}={value} 使 {gpus} 未传入此容器",
        hints=("{command}",),
    ),
    "gpu-not-passed": Message(
        en="the machine has {gpus}, and this container ({container}) was started without it",
        zh="主机有 {gpus}，但启动此容器（{container}）时未将其传入",
        hints=("{command}",),
    ),
    "gpu-held-for-vm": Message(
        en="{gpus} is held for a virtual machine (vfio-pci, {bus})",
        zh="{gpus} 已分配给虚拟机（vfio-pci，{bus}）",
        hints=("{command}",),
    ),
    "gpu-device-failed": Message(
        en="GPU {place} does not answer the driver: {detail}",
        zh="GPU {place} 对驱动无响应：{detail}",
        hints=(_LOOK, _REBOOT),
    ),
    "gpu-not-started": Message(
        en="driver {version} serves {gpus} and could not start it: the kernel's log says why (often a power cable, or"
        " `Above 4G Decoding` and `Resizable BAR` being off in the firmware)",
        zh="驱动 {version} 支持 {gpus}，但未能启动它：原因见内核日志"
        "（常见原因：供电线未插好，或固件中未开启 `Above 4G Decoding` 与 `Resizable BAR`）",
        hints=("sudo dmesg | grep NVRM",),
    ),
    "gpu-not-driven": Message(
        en="{gpu} is on the bus ({bus}), and the driver does not show it",
        zh="总线上有 {gpu}（{bus}），但驱动没有显示它",
        hints=(_LOOK,),
    ),
    "mig-without-instances": Message(
        en="the MIG mode of {gpu} is on and it has no instance, so CUDA shows nothing of it: turn the mode off, or make"
        " an instance",
        zh="{gpu} 已启用 MIG 模式但没有创建实例，CUDA 无法使用它：请关闭 MIG 模式，或创建实例",
        hints=("sudo nvidia-smi -i {index} -mig 0", "sudo nvidia-smi mig -i {index} -cgi 0 -C"),
    ),
}

DRIVER_MESSAGES: Final[Mapping[str, Message]] = {**_MISSING, **_MISFITS, **_DEVICES}
