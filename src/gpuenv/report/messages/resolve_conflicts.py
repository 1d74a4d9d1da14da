"""The sentences of the resolver's conflicts: what stands in the way, and the changes that would remove it."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "driver-too-old-for-gpu": Message(
        en="driver {driver} does not drive {gpus}: it takes branch {branch} or newer",
        zh="驱动 {driver} 不支持 {gpus}：需要 {branch} 分支或更新",
    ),
    "driver-dropped-gpu": Message(
        en="driver {driver} no longer drives {gpus}: branch {branch} is the last that does",
        zh="驱动 {driver} 已不再支持 {gpus}：{branch} 是最后一个支持的分支",
    ),
    "no-driver-for-all-gpus": Message(
        en="no driver drives all of {gpus}: one needs branch {oldest} or newer, another ended with branch {newest}",
        zh="没有任何驱动能同时支持 {gpus}：其中一块需要 {oldest} 或更新的分支，另一块止于 {newest} 分支",
    ),
    "install-driver-branch": Message(
        en="install a driver of branch {branch}",
        zh="安装 {branch} 分支的驱动",
        hints=("sudo apt-get install {apt}", "{opener} https://www.nvidia.com/drivers", "{command}"),
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
        en="no build that serves {gpus} meets what was asked for ({requirements}); {instead} would serve",
        zh="支持 {gpus} 的构建均不满足要求（{requirements}）；{instead} 可用",
    ),
    "extension-excludes-every-build": Message(
        en="{extensions} was built for torch {goes_with}: no such build serves {gpus} as asked for; {instead} would"
        " serve",
        zh="{extensions} 是为 torch {goes_with} 构建的：没有这样的构建满足 {gpus} 上的要求；{instead} 可用",
    ),
    "change-extension": Message(
        en="ask for another release of {packages}",
        zh="更换 {packages} 的版本",
        hints=("{command}",),
    ),
    "leave-extension-out": Message(en="leave {packages} out", zh="不安装 {packages}", hints=("{command}",)),
    "no-gpu-build-on-index": Message(
        en="the chosen indexes ({policy}) have no build for {gpus} on {platform} with Python {python}; elsewhere"
        " there is {instead}",
        zh="所选索引（{policy}）没有适用于 {gpus}（{platform}，Python {python}）的构建；其他来源有 {instead}",
    ),
    "no-companion-on-index": Message(
        en="the chosen indexes ({policy}) have no {lacking} that pairs with a torch of theirs for {gpus} on {platform}"
        " with Python {python}; elsewhere there is {instead}",
        zh="所选索引（{policy}）没有与其中适用于 {gpus}（{platform}，Python {python}）的 torch 配套的 {lacking}；"
        "其他来源有 {instead}",
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
        hints=("{command}",),
    ),
    "change-platform": Message(
        en="name the platform {platform}",
        zh="指定平台 {platform}",
        hints=("{command}",),
    ),
    "change-together": Message(
        en="change these together: {arguments}",
        zh="同时更改：{arguments}",
        hints=("{command}",),
    ),
    "change-together-with-driver": Message(
        en="update the driver to {needs} or newer, and change: {arguments}",
        zh="将驱动更新到 {needs} 或更新，并更改：{arguments}",
        hints=("{command}",),
    ),
    "reach-index": Message(
        en="make PyTorch's index reachable, or name a mirror of it",
        zh="确保能访问 PyTorch 索引，或指定其镜像",
        hints=("{command}",),
    ),
    "leave-onnxruntime-out": Message(en="leave onnxruntime-gpu out", zh="不安装 onnxruntime-gpu", hints=("{command}",)),
    "change-onnxruntime": Message(
        en="ask for another onnxruntime-gpu",
        zh="更换 onnxruntime-gpu 的版本",
        hints=("{command}",),
    ),
    "change-requirement": Message(en="ask for another version", zh="更换要求的版本", hints=("{command}",)),
    "change-requirement-nearest": Message(
        en="ask for the release nearest to the one that was asked for",
        zh="改用与所要求版本最接近的可用版本",
        hints=("{command}",),
    ),
    "change-indexes": Message(en="allow other indexes", zh="允许使用其他索引", hints=("{command}",)),
    "change-python": Message(en="use Python {instead}", zh="改用 Python {instead}", hints=("{command}",)),
    "update-driver": Message(
        en="update the driver to {needs} or newer (the newest build needs {newest_needs})",
        zh="将驱动更新到 {needs} 或更新（最新构建需要 {newest_needs}）",
        hints=("sudo apt-get install {apt}", "{opener} https://www.nvidia.com/drivers", "{command}"),
    ),
    "select-gpus": Message(
        en="use these GPUs only: {gpus}",
        zh="只使用这些 GPU：{gpus}",
        hints=("{command}",),
    ),
    "change-system": Message(
        en="use a system with glibc {glibc} or newer, such as a container of one",
        zh="换用 glibc {glibc} 或更新的系统，例如相应的容器",
        hints=("docker run --rm -it --gpus all ubuntu:24.04",),
    ),
    "use-nightly": Message(
        en="take a nightly build, which will be deleted from the index after some weeks",
        zh="使用每夜构建（几周后会从索引中删除）",
        hints=("{command}",),
    ),
    "no-build-for-glibc": Message(
        en="the wheels of every build that serves {gpus} take glibc {needs} or newer; this system has {glibc}",
        zh="支持 {gpus} 的构建的 wheel 都需要 glibc {needs} 或更新；该系统为 {glibc}",
    ),
    "no-wheels-for-musl": Message(
        en="this Linux has no glibc (musl), and there are no wheels of the GPU family for it",
        zh="该 Linux 没有 glibc（musl），GPU 系列软件包没有相应的 wheel",
    ),
}
