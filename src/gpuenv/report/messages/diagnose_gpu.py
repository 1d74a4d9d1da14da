"""The sentences of causes that lie between the GPU, the driver and a build."""
# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUILD: Final[Mapping[str, Message]] = {
    "architecture-too-new-for-build": Message(
        en="the installed PyTorch ({torch}) is older than the GPU ({gpu}): it has no machine code for it",
        zh="已安装的 PyTorch（{torch}）早于该 GPU（{gpu}），其中没有适用于它的机器码",
        hints=("gpuenv install", "gpuenv plan --target {target}"),
    ),
    "architecture-dropped-by-build": Message(
        en="the installed PyTorch ({torch}) no longer has machine code for the GPU ({gpu}); another build still does",
        zh="已安装的 PyTorch（{torch}）已不再包含该 GPU（{gpu}）的机器码，但有其他构建仍然支持",
        hints=("gpuenv install", "gpuenv plan --target {target}"),
    ),
    "gpu-too-old-for-any-build": Message(
        en="no published PyTorch build of these years has machine code for the GPU ({gpu}): no reinstall can help",
        zh="近年发布的 PyTorch 构建都不包含该 GPU（{gpu}）的机器码，重装无济于事",
        hints=("gpuenv install --target cpu", "gpuenv matrix show"),
    ),
    "old-ptx-on-new-gpu": Message(
        en="an old PyTorch build ({torch}) was compiled on the fly for a GPU it does not know ({gpu}): a build with"
        " machine code for that GPU is needed, the flood of FATAL lines is its sign",
        zh="旧的 PyTorch 构建（{torch}）被即时编译到它不认识的 GPU（{gpu}）上；大量 FATAL 行即由此而来，"
        "需要换用含该 GPU 机器码的构建",
        hints=("gpuenv install", "gpuenv plan --target {target}"),
    ),
    "container-too-old-for-gpu": Message(
        en="the container image is older than the GPU: its libraries have no code for it",
        zh="容器镜像早于该 GPU，镜像内的库没有适用于它的代码",
        hints=("gpuenv detect", "gpuenv install"),
    ),
    "onnxruntime-too-old-for-gpu": Message(
        en="the installed ONNX Runtime ({version}) has no code for the GPU ({gpu})",
        zh="已安装的 ONNX Runtime（{version}）没有适用于该 GPU（{gpu}）的代码",
        hints=("gpuenv install -U onnxruntime-gpu", "gpuenv inspect"),
    ),
    "onnxruntime-dropped-gpu": Message(
        en="the installed ONNX Runtime ({version}) no longer has code for the GPU ({gpu}): an older release does",
        zh="已安装的 ONNX Runtime（{version}）已不再支持该 GPU（{gpu}），较旧的版本仍然支持",
        hints=("gpuenv install onnxruntime-gpu", "gpuenv inspect"),
    ),
    "extension-lacks-code-for-gpu": Message(
        en="PyTorch itself serves the GPU ({gpu}); an extension ({file}) has no machine code for it and has to be"
        " rebuilt or replaced: reinstalling torch changes nothing",
        zh="PyTorch 本身支持该 GPU（{gpu}），是某个扩展（{file}）缺少对应机器码，需要重新编译或更换；重装 torch 没有用",
        hints=("gpuenv inspect", "gpuenv verify"),
    ),
    "extension-built-without-cuda": Message(
        en="an extension was compiled without CUDA, so its GPU operators are missing: build it again where nvcc and the"
        " GPU are seen",
        zh="某个扩展编译时没有启用 CUDA，因此缺少 GPU 算子；请在能找到 nvcc 和 GPU 的环境中重新编译",
        hints=("gpuenv build {module}", "gpuenv inspect"),
    ),
    "attention-needs-newer-gpu": Message(
        en="FlashAttention has no kernels for GPUs before Ampere ({gpu}): use PyTorch's own attention on this one",
        zh="FlashAttention 不支持 Ampere 之前的 GPU（{gpu}），请在此 GPU 上改用 PyTorch 自带的注意力实现",
        hints=("pip uninstall -y flash-attn",),
    ),
    "bfloat16-needs-newer-gpu": Message(
        en="cuBLAS has no bfloat16 for this GPU ({gpu}): compute capability 8.0 is the first with it; let the program"
        " use float16 or float32, no build changes that",
        zh="cuBLAS 在此 GPU（{gpu}）上不支持 bfloat16，需要计算能力 8.0 及以上：请让程序改用 float16 或 float32，"
        "更换构建没有用",
        hints=("gpuenv verify",),
    ),
    "capability-warning-cosmetic": Message(
        en="the warning is cosmetic: the build ({torch}) has code of the GPU's own family, which runs on it ({gpu});"
        " nothing needs to be reinstalled",
        zh="该警告无碍：此构建（{torch}）含有同一架构家族的代码，可以在该 GPU（{gpu}）上运行，无需重装",
        hints=("gpuenv verify",),
    ),
    "nvrtc-too-old-for-gpu": Message(
        en="NVRTC, the run-time compiler that the PyTorch build brings, is older than the GPU ({gpu}): a build of"
        " a newer"
        " CUDA version is needed; a newer driver or TORCH_CUDA_ARCH_LIST does not help",
        zh="PyTorch 构建附带的运行时编译器 NVRTC 早于该 GPU（{gpu}），需要更新 CUDA 版本的构建；更新驱动或设置"
        " TORCH_CUDA_ARCH_LIST 都没有用",
        hints=("gpuenv install", "gpuenv install -U"),
    ),
    "cpu-build-installed": Message(
        en="the installed PyTorch ({torch}) is a CPU build: it cannot use any GPU",
        zh="已安装的 PyTorch（{torch}）是 CPU 版本，无法使用任何 GPU",
        hints=("gpuenv install", "gpuenv detect"),
    ),
    "another-interpreter": Message(
        en="this environment has a CUDA build ({torch}), so the message comes from another Python than {python}:"
        " mend the"
        " one that the application runs",
        zh="此环境中是 CUDA 版本（{torch}），因此该信息来自 {python} 之外的另一个 Python；请修复应用实际使用的那个",
        hints=("{python} -c 'import torch; print(torch.__file__, torch.__version__)'",),
    ),
    "build-never-published": Message(
        en="{torch} was never published; this version exists for: {tags}",
        zh="{torch} 从未发布；该版本存在的变体有：{tags}",
        hints=("gpuenv plan torch=={version}",),
    ),
    "wheel-not-for-this-platform": Message(
        en="the index has no wheel of that package for this platform and Python",
        zh="索引中没有适用于此平台和 Python 版本的安装包",
        hints=("gpuenv plan", "gpuenv detect"),
    ),
    "out-of-memory": Message(
        en="the GPU's memory is full: the installation is sound, the job needs a smaller batch, model or precision",
        zh="GPU 显存已满：安装没有问题，需要减小批量、模型或精度",
        hints=("nvidia-smi",),
    ),
}

_DRIVER: Final[Mapping[str, Message]] = {
    "driver-too-old-for-build": Message(
        en="the NVIDIA driver (speaks CUDA {driver_cuda}) is older than the CUDA major of the installed build"
        " ({torch}):"
        " either a build for this driver or a newer driver",
        zh="NVIDIA 驱动（支持 CUDA {driver_cuda}）低于已安装构建（{torch}）所需的 CUDA 主版本："
        "换用适合此驱动的构建，或更新驱动",
        hints=("gpuenv install", "gpuenv plan --driver {driver}", "gpuenv detect"),
    ),
    "driver-too-old-for-container": Message(
        en="the container image asks for a driver that speaks CUDA {needed}; the host's driver is older: update it"
        " on the"
        " host (on Windows for WSL and Docker too), or take an older image",
        zh="容器镜像要求驱动支持 CUDA {needed}，而宿主机驱动较旧：请在宿主机上更新（WSL 和 Docker 则在 Windows"
        " 上更新），或使用较旧的镜像",
        hints=("nvidia-smi", "gpuenv detect"),
    ),
    "driver-and-library-differ": Message(
        en="the loaded kernel driver and libcuda are of different versions, as after an update without a restart",
        zh="已加载的内核驱动与 libcuda 版本不一致，常见于更新驱动后未重启",
        hints=("sudo reboot", "gpuenv detect"),
    ),
    "container-driver-mixed": Message(
        en="inside the container a libcuda is loaded that is not the host driver's: the image or the container toolkit"
        " put it there",
        zh="容器内加载的 libcuda 不是宿主机驱动自带的，而是由镜像或容器工具混入的",
        hints=("ldconfig -p", "gpuenv detect"),
    ),
    "forward-compatibility-refused": Message(
        en="a cuda-compat libcuda is loaded; GeForce cards refuse it: remove it and use a build for the driver itself",
        zh="加载了 cuda-compat 的 libcuda，而 GeForce 显卡不支持它：请将其移除，并使用适合现有驱动的构建",
        hints=("gpuenv install", "gpuenv detect"),
    ),
    "ptx-newer-than-driver": Message(
        en="the code was compiled by a newer CUDA toolkit than the driver ({driver}) understands: a newer driver, or"
        " code built with an older toolkit",
        zh="该代码由比驱动（{driver}）更新的 CUDA 工具链编译：请更新驱动，或使用较旧工具链编译的代码",
        hints=("gpuenv install", "gpuenv detect"),
    ),
    "driver-lacks-function": Message(
        en="the driver's libcuda lacks the function {symbol}: the driver is too old for {file}, this is no mismatch of"
        " packages",
        zh="驱动的 libcuda 缺少函数 {symbol}：驱动对 {file} 而言太旧，并非软件包不匹配",
        hints=("gpuenv install", "gpuenv detect"),
    ),
    "driver-insufficient": Message(
        en="the driver ({driver}) is too old for the CUDA libraries of the program, or there is none",
        zh="驱动（{driver}）对程序所用的 CUDA 库而言太旧，或者没有驱动",
        hints=("gpuenv detect", "gpuenv install"),
    ),
    "no-driver-found": Message(
        en="no NVIDIA driver answers here: it is not installed, not loaded, or not passed into this container or WSL",
        zh="此处没有可用的 NVIDIA 驱动：未安装、未加载，或没有传入该容器或 WSL",
        hints=("gpuenv detect", "gpuenv install --target cpu"),
    ),
    "wsl1-has-no-gpu": Message(
        en="WSL 1 has no GPU: convert the distribution to WSL 2, or run natively on Windows",
        zh="WSL 1 不支持 GPU：请将发行版转换为 WSL 2，或直接在 Windows 上运行",
        hints=("wsl --list --verbose", "wsl --set-default-version 2"),
    ),
    "wsl-windows-too-old": Message(
        en="this Windows build ({build}) has no GPUs in WSL: 19044 (21H2) is the first Windows 10 that has",
        zh="此 Windows 版本（{build}）的 WSL 不支持 GPU：Windows 10 需 19044（21H2）及以上",
        hints=("winver", "wsl --update"),
    ),
    "no-device-visible": Message(
        en="libcuda sees no GPU: none is passed in, or in WSL a Linux driver hides Windows' libcuda",
        zh="libcuda 看不到任何 GPU：没有传入，或在 WSL 中 Linux 驱动遮蔽了 Windows 的 libcuda",
        hints=("gpuenv detect",),
    ),
    "no-nvidia-gpu": Message(
        en="this machine has no NVIDIA GPU: installing CUDA libraries cannot help",
        zh="此机器没有 NVIDIA GPU，安装 CUDA 库无济于事",
        hints=("gpuenv detect", "gpuenv install --target cpu"),
    ),
    "gpu-hidden-by-variable": Message(
        en="CUDA_VISIBLE_DEVICES hides the GPU or names one that is not there",
        zh="CUDA_VISIBLE_DEVICES 隐藏了 GPU，或指定了不存在的 GPU",
        hints=("gpuenv detect", "env -u CUDA_VISIBLE_DEVICES gpuenv diagnose"),
    ),
    "wsl-driver-broken": Message(
        en='the driver fails at its start ("out of memory" is not GPU memory here): restart WSL, then mend the driver',
        zh="驱动启动失败（此处的 out of memory 并非显存不足）：请重启 WSL，再修复驱动",
        hints=("wsl --shutdown", "gpuenv detect"),
    ),
    "driver-start-failed": Message(
        en="the driver cannot start CUDA, as after a suspend: no package is at fault",
        zh="驱动无法初始化 CUDA，常见于休眠之后：与软件包无关",
        hints=("sudo rmmod nvidia_uvm", "sudo modprobe nvidia_uvm", "gpuenv detect"),
    ),
    "fabric-manager-missing": Message(
        en="the GPUs of this machine are joined by NVSwitch and wait for the Fabric Manager, of the driver's very"
        " version",
        zh="此机器的 GPU 由 NVSwitch 互联，正在等待与驱动版本完全一致的 Fabric Manager",
        hints=("sudo systemctl restart nvidia-fabricmanager", "gpuenv detect"),
    ),
    "gpu-fell-off": Message(
        en="the GPU no longer answers on the bus: power, heat or hardware, not an installation",
        zh="GPU 已从总线上掉线：属于供电、温度或硬件问题，与安装无关",
        hints=("sudo reboot", "nvidia-smi"),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_BUILD, **_DRIVER}
