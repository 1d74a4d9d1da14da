"""The sentences of the resolver: why a build was rejected, what stands in the way, what is remarkable."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_REJECTIONS: Final[Mapping[str, Message]] = {
    "no-code-for-gpu": Message(
        en="{build} has no code for {gpu}: it holds {sass}, PTX {ptx} (matrix {matrix}, {evidence})",
        zh="{build} 不含适用于 {gpu} 的代码：仅有 {sass}，PTX {ptx}（矩阵 {matrix}，{evidence}）",
    ),
    "libraries-lack-architecture": Message(
        en="{build} has only old PTX for {gpu}, and its cuDNN and NVRTC do not know this GPU: kernels would start and"
        " give wrong numbers",
        zh="{build} 对 {gpu} 只有旧 PTX，其 cuDNN 与 NVRTC 不认识该 GPU：内核能启动但结果错误",
    ),
    "ptx-needs-newer-driver": Message(
        en="{build} serves {gpu} by PTX of CUDA {cuda} only, which driver {driver} cannot compile: it takes {needs}",
        zh="{build} 只能通过 CUDA {cuda} 的 PTX 支持 {gpu}，驱动 {driver} 无法编译：需要 {needs}",
    ),
    "driver-too-old": Message(
        en="{build} needs driver {needs} or newer; this one is {driver} (CUDA {driver_cuda})",
        zh="{build} 需要 {needs} 或更新的驱动；当前为 {driver}（CUDA {driver_cuda}）",
    ),
    "requirement-excludes": Message(en="{requirement} excludes {build}", zh="{requirement} 排除了 {build}"),
    "no-wheel-for-python": Message(
        en="{build} has wheels for Python {oldest} to {newest}, not for {python}",
        zh="{build} 只有 Python {oldest} 至 {newest} 的 wheel，没有 {python} 的",
    ),
    "wheel-not-on-index": Message(
        en="the index {index} has no wheel of {build} for Python {python} on this platform",
        zh="索引 {index} 没有适用于该平台 Python {python} 的 {build} wheel",
    ),
    "no-companion": Message(
        en="no {project} that {requirement} admits pairs with {build}",
        zh="没有满足 {requirement} 且与 {build} 配套的 {project}",
    ),
    "no-onnxruntime-for-cuda-major": Message(
        en="no onnxruntime-gpu that serves this target has the CUDA and cuDNN major of {build} (CUDA {cuda})",
        zh="没有适用于该目标、且 CUDA 与 cuDNN 主版本同 {build}（CUDA {cuda}）一致的 onnxruntime-gpu",
    ),
    "onnxruntime-gpu-on-cpu-target": Message(
        en="onnxruntime-gpu is no CPU package: onnxruntime is", zh="onnxruntime-gpu 不是 CPU 包：CPU 请用 onnxruntime"
    ),
    "gpu-capability-unknown": Message(
        en="the compute capability of {gpu} is unknown", zh="无法确定 {gpu} 的计算能力", hints=("gpuenv detect",)
    ),
}

_CONFLICTS: Final[Mapping[str, Message]] = {
    "driver-too-old-for-gpu": Message(
        en="driver {driver} does not drive {gpus}: it takes branch {branch} or newer",
        zh="驱动 {driver} 不支持 {gpus}：需要 {branch} 分支或更新",
        hints=("sudo apt-get install {apt}",),
    ),
    "driver-dropped-gpu": Message(
        en="driver {driver} no longer drives {gpus}: branch {branch} is the last that does",
        zh="驱动 {driver} 已不再支持 {gpus}：{branch} 是最后一个支持的分支",
        hints=("sudo apt-get install {apt}",),
    ),
    "no-driver-for-all-gpus": Message(
        en="no driver drives all of {gpus}: one needs branch {oldest} or newer, another ended with branch {newest}",
        zh="没有任何驱动能同时支持 {gpus}：其中一块需要 {oldest} 或更新的分支，另一块止于 {newest} 分支",
    ),
    "install-driver-branch": Message(
        en="install a driver of branch {branch}",
        zh="安装 {branch} 分支的驱动",
        hints=("sudo apt-get install {apt}",),
    ),
    "no-build-for-gpu": Message(
        en="no torch build for {platform} has code for {gpus} (matrix {matrix})",
        zh="没有任何适用于 {platform} 的 torch 构建支持 {gpus}（矩阵 {matrix}）",
    ),
    "no-build-for-all-gpus": Message(
        en="no torch build covers all of {gpus} together (matrix {matrix})",
        zh="没有任何 torch 构建能同时支持 {gpus}（矩阵 {matrix}）",
    ),
    "no-build-for-platform": Message(
        en="there is no torch build for {platform}", zh="没有适用于 {platform} 的 torch 构建"
    ),
    "requirements-exclude-every-build": Message(
        en="{requirements} exclude every build that serves {gpus}; {instead} would",
        zh="{requirements} 排除了所有支持 {gpus} 的构建；{instead} 可行",
    ),
    "no-gpu-build-on-index": Message(
        en="the chosen indexes ({policy}) have no build for {gpus} on {platform} with Python {python}; elsewhere"
        " there is {instead}",
        zh="所选索引（{policy}）没有适用于 {gpus}（{platform}，Python {python}）的构建；其他来源有 {instead}",
    ),
    "no-build-on-index": Message(
        en="the chosen indexes ({policy}) have no build for {platform} with Python {python}; elsewhere there is"
        " {instead}",
        zh="所选索引（{policy}）没有适用于 {platform}、Python {python} 的构建；其他来源有 {instead}",
    ),
    "driver-too-old-for-every-build": Message(
        en="driver {driver} is too old for every build that serves {gpus}: the nearest that would do is {needs}",
        zh="驱动 {driver} 对所有支持 {gpus} 的构建都过旧：最接近的可用版本是 {needs}",
    ),
    "no-build-for-python": Message(
        en="no build that serves {gpus} has a wheel for Python {python}; {instead} would serve with another Python",
        zh="支持 {gpus} 的构建都没有 Python {python} 的 wheel；换用其他 Python 可用 {instead}",
    ),
    "no-onnxruntime-build": Message(
        en="no onnxruntime-gpu build serves {gpus} with driver {driver} and Python {python} on {platform}",
        zh="没有适用于 {gpus}（驱动 {driver}，Python {python}，{platform}）的 onnxruntime-gpu 构建",
    ),
    "no-onnxruntime-that-agrees": Message(
        en="no onnxruntime-gpu build serves {gpus} with the CUDA major of a torch build that does; "
        "torch alone: {instead}",
        zh="没有 onnxruntime-gpu 构建既支持 {gpus} 又与可用的 torch 构建 CUDA 主版本一致；仅 torch 可用 {instead}",
    ),
    "nightly-vanished": Message(
        en="the nightly build {nightly} is gone: nightly builds are deleted after some weeks; {instead} came of it",
        zh="每夜构建 {nightly} 已不存在：每夜构建几周后会被删除；其后续稳定版为 {instead}",
    ),
    "jetson-is-aarch64": Message(
        en="{gpus} is the GPU of a Jetson, which is linux-aarch64, not {platform}",
        zh="{gpus} 是 Jetson 的 GPU，其平台为 linux-aarch64，而不是 {platform}",
    ),
    "jetson-takes-no-wheels": Message(
        en="{gpus} with driver {driver}: Jetson systems before JetPack {jetpack} take no wheels of PyTorch's indexes",
        zh="{gpus}（驱动 {driver}）:JetPack {jetpack} 之前的 Jetson 系统不能使用 PyTorch 索引中的 wheel",
    ),
    "install-jetpack": Message(
        en="install JetPack {jetpack} or newer (driver branch {branch}); until then use the wheels of NVIDIA for your"
        " JetPack",
        zh="安装 JetPack {jetpack} 或更新（驱动分支 {branch}）；在此之前请使用 NVIDIA 为当前 JetPack 提供的 wheel",
    ),
    "change-platform": Message(
        en="name the platform {platform}",
        zh="指定平台 {platform}",
        hints=("gpuenv plan --platform {platform}",),
    ),
    "change-together": Message(
        en="change these together: {arguments}",
        zh="同时更改：{arguments}",
        hints=("gpuenv install {arguments}",),
    ),
    "change-together-with-driver": Message(
        en="update the driver to {needs} or newer, and change: {arguments}",
        zh="将驱动更新到 {needs} 或更新，并更改：{arguments}",
        hints=("gpuenv install {arguments}",),
    ),
    "reach-index": Message(
        en="make PyTorch's index reachable, or name a mirror of it",
        zh="确保能访问 PyTorch 索引，或指定其镜像",
        hints=("gpuenv install --indexes pytorch",),
    ),
    "leave-onnxruntime-out": Message(
        en="leave onnxruntime-gpu out", zh="不安装 onnxruntime-gpu", hints=("gpuenv install {instead}",)
    ),
    "change-onnxruntime": Message(
        en="ask for another onnxruntime-gpu",
        zh="更换 onnxruntime-gpu 的版本",
        hints=('gpuenv install "onnxruntime-gpu=={instead}"',),
    ),
    "change-requirement": Message(
        en="ask for another version", zh="更换要求的版本", hints=("gpuenv install {instead}",)
    ),
    "change-indexes": Message(
        en="allow other indexes", zh="允许使用其他索引", hints=("gpuenv install --indexes {instead}",)
    ),
    "change-python": Message(
        en="use Python {instead}", zh="改用 Python {instead}", hints=("gpuenv install --python {instead}",)
    ),
    "update-driver": Message(
        en="update the driver to {needs} or newer (the newest build needs {newest_needs})",
        zh="将驱动更新到 {needs} 或更新（最新构建需要 {newest_needs}）",
        hints=("sudo apt-get install nvidia-driver-{linux}",),
    ),
    "select-gpus": Message(
        en="use these GPUs only: {gpus}",
        zh="只使用这些 GPU：{gpus}",
        hints=("CUDA_VISIBLE_DEVICES={visible} gpuenv install", 'gpuenv install --target "{target}"'),
    ),
}

_NOTES: Final[Mapping[str, Message]] = {
    "ptx-only": Message(
        en="{gpu} is served by {ptx} of {build}, compiled by the driver at first use: slow to start",
        zh="{gpu} 由 {build} 的 {ptx} 支持，首次使用时由驱动编译：启动较慢",
    ),
    "driver-fit-minor": Message(
        en="{build} is newer than the driver's CUDA {driver_cuda} and runs by minor-version compatibility; extensions"
        " that hand PTX to the driver may fail until driver {direct}",
        zh="{build} 比驱动的 CUDA {driver_cuda} 新，依靠次版本兼容运行；"
        "向驱动提交 PTX 的扩展在驱动 {direct} 之前可能失败",
    ),
    "last-release-for-gpu": Message(
        en="torch {last} is the last release with a build for {gpus}: {dropped_in} has none",
        zh="torch {last} 是最后一个支持 {gpus} 的版本：{dropped_in} 起不再支持",
    ),
    "newer-with-driver": Message(
        en="with driver {needs} or newer: {build} (this one is {driver})",
        zh="驱动升级到 {needs} 或更新后可用 {build}（当前为 {driver}）",
    ),
    "torchvision-not-available": Message(
        en="the source of {build} has no torchvision that pairs with it: left out",
        zh="{build} 的来源没有与之配套的 torchvision：未安装",
    ),
    "torchaudio-not-available": Message(
        en="the source of {build} has no torchaudio that pairs with it: left out",
        zh="{build} 的来源没有与之配套的 torchaudio：未安装",
    ),
    "unofficial-build": Message(
        en="{build} is a side-channel build, outside its release's support matrix",
        zh="{build} 属于旁支构建，不在该版本的官方支持矩阵内",
    ),
    "cuda-build-on-cpu-target": Message(
        en="no CPU build could be had: {build} is a CUDA build, several GB larger, and runs on the CPU here",
        zh="找不到 CPU 构建：{build} 是 CUDA 构建，体积大数 GB，在此仅以 CPU 运行",
    ),
    "nightly-vanishes": Message(
        en="{build} is a nightly build: it will be deleted from the index after some weeks, so keep the wheels",
        zh="{build} 是每夜构建：几周后会从索引中删除，请自行保留 wheel",
    ),
    "nightly-not-read": Message(
        en="only the index tells which nightly builds there are, and --offline asks none: stable builds count",
        zh="每夜构建的列表只存在于索引中，--offline 不会访问索引：仅考虑稳定版",
    ),
    "jetson-needs-jetpack": Message(
        en="{gpus}: these wheels run from JetPack {jetpack} on",
        zh="{gpus}：这些 wheel 需要 JetPack {jetpack} 或更新",
    ),
    "onnxruntime-needs-msvc-runtime": Message(
        en="{build} needs the Microsoft Visual C++ 2019 (or newer) runtime for x64",
        zh="{build} 需要 Microsoft Visual C++ 2019（或更新）x64 运行库",
        hints=("winget install Microsoft.VCRedist.2015+.x64",),
    ),
    "torch-compile-needs-newer-driver": Message(
        en="torch.compile of {build} makes code of CUDA {cuda}, which driver CUDA {driver_cuda} does not load: it takes"
        " driver {needs}",
        zh="{build} 的 torch.compile 生成 CUDA {cuda} 的代码，驱动的 CUDA {driver_cuda} 无法加载：需要驱动 {needs}",
    ),
    "installed-requirements-broken": Message(
        en="nothing meets what the installed packages require ({requirements}): they will be inconsistent",
        zh="无法同时满足已安装软件包的要求（{requirements}）：它们将不一致",
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_REJECTIONS, **_CONFLICTS, **_NOTES}
