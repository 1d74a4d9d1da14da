"""The sentences of the resolver: why a build was rejected, and what is remarkable about a choice."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages import resolve_conflicts
from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_REJECTIONS: Final[Mapping[str, Message]] = {
    "no-code-for-gpu": Message(
        en="{build} has no code for {gpu}: it holds {sass}, PTX {ptx} (matrix {matrix}, {evidence})",
        zh="{build} 不含适用于 {gpu} 的代码：仅有 {sass}，PTX {ptx}（矩阵 {matrix}，{evidence}）",
    ),
    "libraries-lack-architecture": Message(
        en="{build} has only old PTX for {gpu} ({ptx}), and its cuDNN and NVRTC do not know this GPU: kernels would"
        " start and give wrong numbers (matrix {matrix}, {evidence})",
        zh="{build} 对 {gpu} 只有旧 PTX（{ptx}），其 cuDNN 与 NVRTC 不认识该 GPU：内核能启动但结果错误"
        "（矩阵 {matrix}，{evidence}）",
    ),
    "ptx-needs-newer-driver": Message(
        en="{build} serves {gpu} by PTX of CUDA {cuda} only, which driver {driver} cannot compile: it takes {needs}"
        " (matrix {matrix}, {evidence})",
        zh="{build} 只能通过 CUDA {cuda} 的 PTX 支持 {gpu}，驱动 {driver} 无法编译：需要 {needs}"
        "（矩阵 {matrix}，{evidence}）",
    ),
    "driver-too-old": Message(
        en="{build} needs driver {needs} or newer; this one is {driver} (CUDA {driver_cuda}; matrix {matrix})",
        zh="{build} 需要 {needs} 或更新的驱动；当前为 {driver}（CUDA {driver_cuda}；矩阵 {matrix}）",
    ),
    "requirement-excludes": Message(en="{requirement} excludes {build}", zh="{requirement} 排除了 {build}"),
    "extension-excludes": Message(
        en="{requirement} was built for torch {goes_with}, not for {build} (matrix {matrix})",
        zh="{requirement} 是为 torch {goes_with} 构建的，不适用于 {build}（矩阵 {matrix}）",
    ),
    "extension-has-no-wheel": Message(
        en="{requirement} has wheels for torch {goes_with}; for {build} it would have to be compiled (matrix {matrix})",
        zh="{requirement} 只有适用于 torch {goes_with} 的 wheel；用于 {build} 需要自行编译（矩阵 {matrix}）",
    ),
    "no-wheel-for-python": Message(
        en="{build} has wheels for Python {oldest} to {newest}, not for {python} (matrix {matrix})",
        zh="{build} 只有 Python {oldest} 至 {newest} 的 wheel，没有 {python} 的（矩阵 {matrix}）",
    ),
    "glibc-too-old": Message(
        en="the wheels of {build} take glibc {needs} or newer; this system has {glibc} (matrix {matrix})",
        zh="{build} 的 wheel 需要 glibc {needs} 或更新；该系统为 {glibc}（矩阵 {matrix}）",
    ),
    "other-major-than-torch": Message(
        en="{build} is of CUDA {cuda}: torch {requirement} beside it is of another CUDA or cuDNN major",
        zh="{build} 基于 CUDA {cuda}：与 torch {requirement} 的 CUDA 或 cuDNN 主版本不同",
    ),
    "wheel-not-on-index": Message(
        en="the index {index} has no wheel of {build} for Python {python} on this platform",
        zh="索引 {index} 没有适用于该平台 Python {python} 的 {build} wheel",
    ),
    "no-companion": Message(
        en="no {project} that can be had pairs with {build} (asked for: {requirement}; matrix {matrix})",
        zh="没有可获取的 {project} 与 {build} 配套（要求：{requirement}；矩阵 {matrix}）",
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
    "driver-older-than-card": Message(
        en="driver {driver} is older than {first}, the first one seen to list {gpu} (matrix {matrix}, {evidence}): it"
        " may not know the card",
        zh="驱动 {driver} 早于首个列出 {gpu} 的版本 {first}（矩阵 {matrix}，{evidence}）：可能不认识该显卡",
    ),
    "last-release-for-gpu": Message(
        en="torch {last} is the last release with a build for {gpus}: {dropped_in} has none",
        zh="torch {last} 是最后一个支持 {gpus} 的版本：{dropped_in} 起不再支持",
    ),
    "newer-with-driver": Message(
        en="with driver {needs} or newer: {build} (this one is {driver})",
        zh="驱动升级到 {needs} 或更新后可用 {build}（当前为 {driver}）",
    ),
    "newer-with-python": Message(
        en="with Python {python}: {build}", zh="换用 Python {python} 可用 {build}", hints=("{command}",)
    ),
    "newer-with-indexes": Message(
        en="with other indexes than {policy}: {build}",
        zh="不限于 {policy} 索引时可用 {build}",
        hints=("{command}",),
    ),
    "extension-holds-torch": Message(
        en="torch {build} is chosen for {packages}, which goes with no newer one that serves this target; without it:"
        " {instead}",
        zh="为 {packages} 选择了 torch {build}：它不适用于更新的可用版本；不安装它时为 {instead}",
        hints=("{command}",),
    ),
    "extension-release-holds-torch": Message(
        en="torch {build} is chosen for {extensions}; with {releases}: {instead}",
        zh="为 {extensions} 选择了 torch {build}；改用 {releases} 时为 {instead}",
        hints=("{command}",),
    ),
    "extension-wheel-holds-torch": Message(
        en="torch {build} is chosen because {packages} has wheels for it; for {instead} it would have to be compiled",
        zh="选择 torch {build}，因为 {packages} 有适用于它的 wheel；用于 {instead} 则需要自行编译",
        hints=("{command}",),
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
    "nightly-dates-differ": Message(
        en="no night has all of the family: {companion} goes with {build}, and may have been made for another night",
        zh="没有任何一晚的构建齐全：{companion} 与 {build} 搭配，可能并非同一晚构建",
    ),
    "onnxruntime-gpu-disagrees": Message(
        en="no onnxruntime-gpu goes with the torch that serves this target (matrix {matrix}): the installed one stays"
        " as it is and may fall back to the CPU",
        zh="没有与适用于该目标的 torch 配套的 onnxruntime-gpu（矩阵 {matrix}）：已安装的版本保持不变，可能退回 CPU",
    ),
    "installed-build-not-judged": Message(
        en="the installed torch {build} is not in matrix {matrix}, and its libraries could not be read ({reason}): it"
        " is not taken for a build that works",
        zh="已安装的 torch {build} 不在矩阵 {matrix} 中，且无法读取其库文件（{reason}）：不视为可用的构建",
        hints=("gpuenv inspect",),
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

MESSAGES: Final[Mapping[str, Message]] = {**_REJECTIONS, **resolve_conflicts.MESSAGES, **_NOTES}
