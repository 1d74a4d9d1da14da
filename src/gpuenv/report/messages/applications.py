"""The sentences of applications: what the matrix knows of what was asked for."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "unknown-application": Message(
        en="no application {application} is known; near: {near}",
        zh="没有名为 {application} 的已知应用；相近的有：{near}",
        hints=("gpuenv matrix show --app {nearest}",),
    ),
    "limit-mmcv-weights-only": Message(
        en=(
            "{application}: torch 2.6 made weights_only=True the default of torch.load: MMEngine 0.10.7 "
            "then fails on its own checkpoints with an UnpicklingError. For checkpoints that you trust, set "
            "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1"
        ),
        zh=(
            "{application}：torch 2.6 起 torch.load 默认 weights_only=True：MMEngine 0.10.7 读取自己"
            "的检查点时会报 UnpicklingError。对可信的检查点，请设置 "
            "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1"
        ),
    ),
    "limit-mmcv-built-from-source": Message(
        en=(
            "{application}: no wheel of mmcv has code for this GPU: it is built from source, with CUDA 12.8 "
            "or newer and setuptools below 81 (its setup imports pkg_resources)"
        ),
        zh=(
            "{application}：mmcv 没有包含该显卡代码的 wheel：需要用 CUDA 12.8 或更新版本从源码构建，"
            "并使用 81 以下的 setuptools（其 setup 会导入 pkg_resources）"
        ),
    ),
    "limit-sovits-single-precision": Message(
        en="{application}: it computes in single precision on this GPU, whatever is_half says",
        zh="{application}：在该显卡上它始终以单精度计算，与 is_half 的设置无关",
    ),
    "limit-sovits-cuda-11": Message(
        en=(
            "{application}: builds of torch for CUDA 11.8 die on this GPU with `this function is for sm80, "
            "but was built for sm370`, and their NVRTC does not know it: a portable package with such a "
            "torch has to get another one"
        ),
        zh=(
            "{application}：面向 CUDA 11.8 的 torch 在该显卡上会报 "
            "`this function is for sm80, but was built for sm370`，其 NVRTC 也不认识该显卡：自带这种 "
            "torch 的整合包必须更换 torch"
        ),
    ),
    "limit-splatting-built-again": Message(
        en=(
            "{application}: both extensions hold for the torch that they were compiled against: where anything but "
            "gpuenv changes torch, `gpuenv install app:{application}` compiles them again"
        ),
        zh=(
            "{application}：两个扩展只适用于编译时所用的 torch：若 torch 不是由 gpuenv 更换的，"
            "请运行 `gpuenv install app:{application}` 重新编译"
        ),
    ),
    "limit-simple-knn-header": Message(
        en=(
            "{application}: with CUDA 12.5 or newer, copies of simple-knn from before commit 86710c2d fail "
            "to compile (FLT_MAX is undefined): take the source named here"
        ),
        zh=(
            "{application}：使用 CUDA 12.5 或更新版本时，86710c2d 提交之前的 simple-knn 无法编译（"
            "FLT_MAX 未定义）：请使用此处给出的源码"
        ),
    ),
    "limit-comfyui-portable": Message(
        en=(
            "{application}: portable packages from 0.3.44 on bring a torch without code for this GPU; "
            "installed by hand it runs"
        ),
        zh="{application}：0.3.44 起的便携包所带的 torch 没有该显卡的代码；手动安装则可以运行",
    ),
    "limit-whisper-ptx": Message(
        en=(
            "{application}: its GPU code is CTranslate2's: PTX 86, compiled for this GPU when it is loaded; "
            "INT8 is off there since 4.6.2"
        ),
        zh=(
            "{application}：其 GPU 代码来自 CTranslate2：加载时由 PTX 86 为该显卡编译；自 4.6.2 起在该显卡上不支持 INT8"
        ),
    ),
    "limit-vllm-no-code": Message(
        en="{application}: its wheels have no code for this GPU, whatever torch is beside them",
        zh="{application}：无论搭配哪个 torch，其 wheel 都没有该显卡的代码",
    ),
    "limit-vllm-no-code-cuda-13": Message(
        en="{application}: its wheels for CUDA 13 have no code for this GPU",
        zh="{application}：其面向 CUDA 13 的 wheel 没有该显卡的代码",
    ),
    "limit-unsloth-volta": Message(
        en=(
            "{application}: builds of torch for CUDA 13 have no code for this GPU, and those of cu128 none "
            "from torch 2.11 on"
        ),
        zh="{application}：面向 CUDA 13 的 torch 没有该显卡的代码；cu128 构建从 torch 2.11 起也没有",
    ),
    "application-needs-build": Message(
        en="{application} needs {package}, whose GPU code is compiled for this GPU against the torch that is chosen",
        zh="{application} 需要 {package}，其 GPU 代码须针对所选的 torch 为该显卡编译",
        hints=("{command}",),
    ),
    "leave-to-application": Message(
        en="leave {requirements} to {application}, which needs another range",
        zh="将 {requirements} 交由 {application} 决定（它需要另一个版本范围）",
        hints=("{command}",),
    ),
    "application-needs": Message(en="{application} needs it", zh="{application} 需要它"),
    "no-wheel-serves": Message(
        en="{application} needs it, and no wheel of it serves this GPU beside torch {torch}",
        zh="{application} 需要它，而没有可与 torch {torch} 搭配并支持该显卡的 wheel",
    ),
    "extension-never-serves-gpu": Message(
        en="{packages}: its wheels have no code for {gpus}, and its users cannot compile it",
        zh="{packages}：其 wheel 没有 {gpus} 的代码，用户也无法自行编译",
    ),
    "no-wheel-of-extension": Message(
        en="no wheel of it serves this GPU beside torch {torch}",
        zh="没有可与 torch {torch} 搭配并支持该显卡的 wheel",
    ),
    "extension-bound-to-other-torch": Message(
        en="no wheel of it serves this GPU beside torch {torch}, and the installed one goes with another torch",
        zh="没有可与 torch {torch} 搭配并支持该显卡的 wheel，而已安装的版本针对另一个 torch",
    ),
    "bound-to-other-torch": Message(
        en="{application} needs it, and the installed one was not compiled against torch {torch}",
        zh="{application} 需要它，而已安装的版本并非针对 torch {torch} 编译",
    ),
    "built-for-other-gpu": Message(
        en="{application} needs it, and the installed one has no code for {gpus} (it has {sass})",
        zh="{application} 需要它，而已安装的版本没有 {gpus} 的代码（仅有 {sass}）",
    ),
    "build-from": Message(
        en="from {source}, for compute capability {architectures}", zh="源自 {source}，计算能力 {architectures}"
    ),
    "build-with-toolkit": Message(en="compiler: CUDA {cuda} in {folder}", zh="编译器：{folder} 中的 CUDA {cuda}"),
    "build-with-wheels": Message(
        en="compiler: CUDA {cuda}, fetched into gpuenv's cache", zh="编译器：CUDA {cuda}，将下载到 gpuenv 的缓存"
    ),
    "build-elsewhere": Message(en="compiled on the machine it is for", zh="在目标机器上编译"),
    "build-clause": Message(en="; ", zh="；"),
    "build-minutes": Message(en="about {minutes} min on this machine", zh="在本机约需 {minutes} 分钟"),
    "build-unknown-time": Message(
        en="minutes to hours: nobody knows how much is compiled", zh="需要数分钟至数小时：编译量未知"
    ),
    "build-done": Message(
        en="built {project} {version} with CUDA {toolkit} in {seconds} s: {sass}",
        zh="已用 CUDA {toolkit} 编译 {project} {version}，用时 {seconds} 秒：{sass}",
    ),
    "build-taken": Message(
        en="took {project} {version}, built here before for the same torch, GPUs and Python: {sass}",
        zh="沿用 {project} {version}（此前已针对相同的 torch、显卡和 Python 编译）：{sass}",
    ),
    "installing-dependencies": Message(
        en="installing what {wheel} asks for: {packages}", zh="正在安装 {wheel} 所需的软件包：{packages}"
    ),
    "leave-extensions-out": Message(
        en="install without the extensions, which are then named",
        zh="不编译扩展，仅安装其余部分（缺少的扩展会被列出）",
        hints=("{typed:--no-build}",),
    ),
    "build-needs-git": Message(
        en="{package} is compiled from {source}, and there is no git on this machine to fetch it",
        zh="{package} 需从 {source} 编译，而本机没有用于获取源码的 git",
        hints=("sudo apt-get install git", "{typed:--no-build}"),
    ),
    "source-needs-network": Message(
        en="{package} is compiled from {source}, which is not on this machine, and --offline was asked for",
        zh="{package} 需从 {source} 编译，该源码不在本机，而指定了 --offline",
        hints=("{typed:~--offline}", "{typed:--no-build}"),
    ),
    "built-other-package": Message(
        en="{source} was to be {package}, and its build made {found}",
        zh="{source} 应为 {package}，但构建结果是 {found}",
        hints=("{typed:--no-build}",),
    ),
    "built-needs-other-versions": Message(
        en="{wheel} asks for {wanted}, which would exchange installed packages: {packages}",
        zh="{wheel} 需要 {wanted}，这会替换已安装的软件包：{packages}",
        hints=("{typed:--no-build}",),
    ),
    "application-keeps-out": Message(
        en="{project} is left out: for {application} the project of that name on the index is not the right one",
        zh="已略去 {project}：索引上的同名项目并非 {application} 所需",
    ),
    "application-unproven": Message(
        en="{application} needs {capability}, and that is not proven on this machine",
        zh="{application} 需要 {capability}，而本机上未能验证",
        hints=("gpuenv verify --require {capability}",),
    ),
    "application-part-on": Message(
        en="{application}: {part} may be on ({needs} proven)", zh="{application}：可启用 {part}（{needs} 已验证）"
    ),
    "application-part-off": Message(
        en="{application}: leave {part} off ({lacking} not proven)",
        zh="{application}：请关闭 {part}（{lacking} 未验证）",
    ),
    "matrix-title-applications": Message(
        en="matrix {matrix}, released {released}: applications", zh="矩阵 {matrix}（发布于 {released}）：应用"
    ),
    "matrix-columns-applications": Message(en="asked for as|what it does|keeps out|builds", zh="写法|用途|排除|需构建"),
}
