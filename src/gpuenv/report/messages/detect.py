"""The sentences of the station `detect`: why a GPU cannot be used, and what is wrong with an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOK: Final = "nvidia-smi"
_REBOOT: Final = "sudo reboot"
_INSTALL: Final = ("{before}", "{command}", "{after}")

_DRIVER: Final[Mapping[str, Message]] = {
    "driver-missing": Message(
        en="no NVIDIA driver is installed for {gpus}: it needs a driver of branch {branch}",
        zh="{gpus} 未安装 NVIDIA 驱动:需要 {branch} 分支的驱动",
        hints=_INSTALL,
    ),
    "driver-missing-wsl": Message(
        en="WSL has no NVIDIA driver for {gpus}: install it in Windows (branch {branch}), never inside WSL",
        zh="WSL 中没有 {gpus} 的 NVIDIA 驱动:驱动应安装在 Windows 中({branch} 分支),不要装在 WSL 里",
        hints=("{command}", "wsl.exe --update"),
    ),
    "driver-missing-jetson": Message(
        en="this Jetson has no CUDA driver: JetPack brings it",
        zh="此 Jetson 没有 CUDA 驱动:驱动由 JetPack 提供",
        hints=("sudo apt install nvidia-jetpack",),
    ),
    "driver-missing-on-host": Message(
        en="the machine that runs this container ({container}) has no NVIDIA driver loaded for {gpus}",
        zh="运行此容器({container})的主机没有为 {gpus} 加载 NVIDIA 驱动",
    ),
    "driver-not-loaded": Message(
        en="the NVIDIA driver for {gpus} is installed, and its kernel module is not loaded ({detail})",
        zh="{gpus} 的 NVIDIA 驱动已安装,但内核模块未加载({detail})",
        hints=("sudo modprobe nvidia",),
    ),
    "driver-library-missing": Message(
        en="the kernel module of driver {version} is loaded, and the driver's libraries are not installed: {gpus}",
        zh="驱动 {version} 的内核模块已加载,但驱动的用户态库未安装:{gpus}",
        hints=_INSTALL,
    ),
    "driver-library-mismatch": Message(
        en="the loaded kernel module ({kernel}) and the driver's libraries are of different versions: restart after a"
        " driver update, and keep no libcuda inside container images ({detail})",
        zh="已加载的内核模块({kernel})与驱动的用户态库版本不一致:更新驱动后请重启,容器镜像内不要保留 libcuda({detail})",
        hints=("{command}",),
    ),
    "driver-does-not-serve-gpu": Message(
        en="driver {version} is loaded and shows no GPU: it does not serve {gpus}, which a driver of branch {branch}"
        " does (Blackwell: with open kernel modules)",
        zh="驱动 {version} 已加载,但没有显示任何 GPU:它不支持 {gpus},请使用 {branch} 分支(Blackwell 需要开源内核模块)",
        hints=_INSTALL,
    ),
    "driver-no-permission": Message(
        en="this user may not open the NVIDIA devices of {gpus} ({detail})",
        zh="当前用户无权打开 {gpus} 的 NVIDIA 设备({detail})",
        hints=("ls -l /dev/nvidia*", "sudo usermod -aG video,render $USER"),
    ),
    "driver-access-lost": Message(
        en="the driver answers `unknown error` for {gpus}: a container lost its devices, or the GPU went to sleep"
        " ({detail})",
        zh="驱动对 {gpus} 返回 `unknown error`:容器失去了设备访问权,或 GPU 休眠后未恢复({detail})",
        hints=(_LOOK,),
    ),
    "driver-hangs": Message(
        en="the NVIDIA driver does not answer in time for {gpus} (GPUENV_PROBE_TIMEOUT gives it more seconds)",
        zh="NVIDIA 驱动未在限定时间内响应:{gpus}(可用 GPUENV_PROBE_TIMEOUT 延长等待秒数)",
        hints=("GPUENV_PROBE_TIMEOUT=60 gpuenv detect", _REBOOT),
    ),
    "driver-crashes": Message(
        en="the NVIDIA driver's library crashes when asked for {gpus}",
        zh="查询 {gpus} 时 NVIDIA 驱动库崩溃",
        hints=(_LOOK, _REBOOT),
    ),
    "driver-not-ready": Message(
        en="the driver says that {gpus} are not ready: on NVSwitch machines the fabric manager has to run ({detail})",
        zh="驱动报告 {gpus} 尚未就绪:带 NVSwitch 的机器需要运行 fabric manager({detail})",
        hints=("sudo systemctl start nvidia-fabricmanager",),
    ),
    "driver-failed": Message(
        en="the NVIDIA driver failed for {gpus}: {detail}",
        zh="NVIDIA 驱动出错({gpus}):{detail}",
        hints=(_LOOK, _REBOOT),
    ),
    "forward-compat-refused": Message(
        en="a libcuda of a cuda-compat package is loaded, newer than the kernel driver; {gpus} refuses that ({detail})",
        zh="加载了 cuda-compat 软件包中的 libcuda,其版本高于内核驱动,而 {gpus} 不支持这种用法({detail})",
        hints=("unset LD_LIBRARY_PATH",),
    ),
    "nouveau-in-use": Message(
        en="the nouveau driver holds the card; NVIDIA's module cannot load beside it",
        zh="nouveau 驱动占用了显卡;NVIDIA 内核模块无法与其同时加载",
        hints=("echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/blacklist-nouveau.conf", _REBOOT),
    ),
    "secure-boot-on": Message(
        en="Secure Boot is on: a module whose key is not enrolled does not load",
        zh="Secure Boot 已启用:未登记密钥签名的内核模块无法加载",
        hints=("sudo mokutil --import /var/lib/dkms/mok.pub", _REBOOT),
    ),
}

_DEVICES: Final[Mapping[str, Message]] = {
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
        zh="主机有 {gpus},但启动此容器({container})时未将其传入",
        hints=("{command}",),
    ),
    "gpu-held-for-vm": Message(
        en="{gpus} is held for a virtual machine (vfio-pci, {bus})",
        zh="{gpus} 已分配给虚拟机(vfio-pci,{bus})",
    ),
    "gpu-device-failed": Message(
        en="GPU {place} does not answer the driver: {detail}",
        zh="GPU {place} 对驱动无响应:{detail}",
        hints=(_LOOK, _REBOOT),
    ),
    "gpu-not-driven": Message(
        en="{gpu} is on the bus ({bus}), and the driver does not show it",
        zh="总线上有 {gpu}({bus}),但驱动没有显示它",
        hints=(_LOOK,),
    ),
}

_ENVIRONMENT: Final[Mapping[str, Message]] = {
    "environment-not-found": Message(
        en="there is no environment at {path}",
        zh="{path} 处没有环境",
        hints=("gpuenv install --venv {path}",),
    ),
    "not-an-environment": Message(
        en="{path} is no Python environment: it has neither pyvenv.cfg nor conda-meta nor an interpreter",
        zh="{path} 不是 Python 环境:其中没有 pyvenv.cfg、conda-meta,也没有解释器",
        hints=("gpuenv install --venv .venv",),
    ),
    "environment-python-gone": Message(
        en="the environment {path} has lost its Python ({python} leads nowhere; it was made with {home})",
        zh="环境 {path} 的 Python 已不存在({python} 指向的文件不存在;创建时使用 {home})",
        hints=("uv venv --clear {path}", "gpuenv install --venv {path}"),
    ),
    "environment-unreadable": Message(
        en="the environment {path} cannot be read: {detail}",
        zh="无法读取环境 {path}:{detail}",
    ),
    "environment-python-fails": Message(
        en="the interpreter {python} cannot tell its version: {detail}",
        zh="解释器 {python} 无法给出版本信息:{detail}",
        hints=("{python} -I -c 'import sys; print(sys.version)'",),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {
    **_DRIVER,
    **_DEVICES,
    **_ENVIRONMENT,
    "override-invalid": Message(
        en="{variable}={value} cannot be understood; {variable}={example} can",
        zh="无法识别 {variable}={value};正确写法如 {variable}={example}",
    ),
    "platform-unsupported": Message(
        en="gpuenv knows no builds for {system} on {machine}; it serves Linux x86_64 and aarch64, Windows x86_64,"
        " macOS arm64",
        zh="gpuenv 没有适用于 {machine} 上 {system} 的构建;支持 Linux x86_64 与 aarch64、Windows x86_64、macOS arm64",
    ),
    "libraries-shadowed": Message(
        en="LD_LIBRARY_PATH puts CUDA libraries before those of the wheels: {folders}",
        zh="LD_LIBRARY_PATH 中的 CUDA 库会先于 wheel 自带的库被加载:{folders}",
        hints=("unset LD_LIBRARY_PATH",),
    ),
    "presence-absent": Message(en="no NVIDIA GPU", zh="没有 NVIDIA 显卡"),
    "presence-unusable": Message(
        en="there is an NVIDIA GPU, and it cannot be used (see below)", zh="有 NVIDIA 显卡,但无法使用(见下)"
    ),
    "other-gpu": Message(en="{name}: seen, not a target of gpuenv yet", zh="{name}:已识别,gpuenv 暂不支持"),
    "remnants": Message(en="left behind by an interrupted install: {names}", zh="安装中断后的残留:{names}"),
    "machine-saved": Message(
        en="saved to {path}; use it anywhere with --target {path}",
        zh="已保存到 {path};在任何机器上用 --target {path} 读取",
    ),
    "machine-unreadable": Message(
        en="the machine description {path} cannot be read: {detail}",
        zh="无法读取机器描述文件 {path}:{detail}",
        hints=("gpuenv detect --save {path}",),
    ),
    "machine-invalid": Message(
        en="{path} is no machine description: {field} cannot be read ({value})",
        zh="{path} 不是有效的机器描述文件:无法识别 {field}({value})",
        hints=("gpuenv detect --save machine.json",),
    ),
    "machine-schema-newer": Message(
        en="{path} was saved by a newer gpuenv (schema {schema}; this one reads {known})",
        zh="{path} 由更新版本的 gpuenv 保存(schema {schema};本版本支持 {known})",
        hints=("uv pip install --upgrade gpuenv",),
    ),
    "machine-not-saved": Message(
        en="the machine description could not be written to {path}: {detail}",
        zh="无法将机器描述写入 {path}:{detail}",
    ),
}
