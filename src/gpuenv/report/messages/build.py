"""The sentences of the station `build`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.build_sources import SOURCE_MESSAGES
from gpuenv.report.messages.build_torch import TORCH_MESSAGES
from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    **SOURCE_MESSAGES,
    **TORCH_MESSAGES,
    "building-extension": Message(
        en="building {source} for compute capability {architectures}",
        zh="正在为计算能力 {architectures} 构建 {source}",
    ),
    "extension-built": Message(
        en="built and proved: {wheel}; `{command}` installs it",
        zh="构建完成并已验证：{wheel}；安装命令：{command}",
    ),
    "extension-installed": Message(
        en="proved and installed: {wheel}; `gpuenv undo` takes it back",
        zh="已验证并安装：{wheel}；可用 `gpuenv undo` 撤销",
    ),
    "build-facts": Message(
        en="build    torch {torch}, CUDA toolkit {toolkit}, {origin}",
        zh="构建    torch {torch}，CUDA 工具包 {toolkit}，{origin}",
    ),
    "built-before": Message(
        en="the same source was built before for this torch, these GPUs and this Python: {wheel}",
        zh="相同的源码此前已针对此 torch、这些 GPU 和此 Python 构建过：{wheel}",
    ),
    "fetching-compiler": Message(
        en="fetching the compiler of CUDA {cuda}: there is no toolkit of that version here",
        zh="正在获取 CUDA {cuda} 的编译器：本机没有该版本的工具包",
    ),
    "compiling": Message(en="  {done} of {total}", zh="  {done} / {total}"),
    "fetching-source": Message(en="fetching the source of {source}", zh="正在获取 {source} 的源码"),
    "installing-build-requirements": Message(
        en="fetching what the build needs: {packages}", zh="正在获取构建所需的软件包：{packages}"
    ),
    "installing-built": Message(en="installing {wheel} into {environment}", zh="正在将 {wheel} 安装到 {environment}"),
    "importing-built": Message(en="importing it: {statement}", zh="正在导入：{statement}"),
    "raising-standard": Message(
        en="torch's headers ask for C++{standard}: building again with it ({files})",
        zh="torch 的头文件要求 C++{standard}：改用该标准重新构建（{files}）",
    ),
    "looking-for-wheel": Message(
        en="looking for a wheel of {package} that serves the target", zh="正在查找适用于目标的 {package} wheel"
    ),
    "wheel-does-not-serve": Message(en="{wheel} has no code for the target", zh="{wheel} 中没有适用于目标的代码"),
    "built-for-gpu": Message(en="built for the GPUs of the target", zh="针对目标 GPU 构建"),
    "not-a-source-tree": Message(
        en="{path} holds neither pyproject.toml nor setup.py: there is nothing to build",
        zh="{path} 中既没有 pyproject.toml 也没有 setup.py：没有可构建的内容",
        hints=("ls {path}", "{typed:--no-build}"),
    ),
    "no-cuda-toolkit": Message(
        en="no CUDA toolkit was found (looked for {places}); building needs its compiler, nvcc",
        zh="未找到 CUDA 工具包（已查找 {places}）；构建需要其编译器 nvcc",
        hints=(
            "conda install -c nvidia cuda-nvcc cuda-libraries-dev",
            "CUDA_HOME=/usr/local/cuda {typed}",
            "{typed:--no-build}",
        ),
    ),
    "no-compiler-for-cuda12": Message(
        en="torch {torch} is built with CUDA {cuda}, and there is no compiler for it here that builds for the target"
        " (found: {found}); PyPI has none for CUDA 12",
        zh="torch {torch} 使用 CUDA {cuda} 构建，而本机没有可为目标构建的编译器（已找到：{found}）；"
        "PyPI 上没有 CUDA 12 的编译器",
    ),
    "install-cuda-toolkit": Message(
        en="install the CUDA toolkit {cuda}",
        zh="安装 CUDA 工具包 {cuda}",
        hints=(
            "conda install -c nvidia/label/cuda-{cuda}.0 cuda-nvcc cuda-cudart-dev cuda-libraries-dev",
            "sudo apt-get install cuda-toolkit-{dashed}",
        ),
    ),
    "take-cuda-13-torch": Message(
        en="take torch {torch}, whose compiler gpuenv fetches by itself",
        zh="改用 torch {torch}，其编译器可由 gpuenv 自动获取",
        hints=("{command}",),
    ),
    "compiler-wheels-incomplete": Message(
        en="the compiler wheels in {folder} have no {program}",
        zh="{folder} 中的编译器 wheel 缺少 {program}",
        hints=("rm -rf {folder}", "{typed:--no-build}"),
    ),
    "no-host-compiler": Message(
        en="there is no C++ compiler, to which nvcc hands the host code",
        zh="未找到 C++ 编译器，nvcc 需要用它编译主机代码",
        hints=("sudo apt-get install g++", "{typed:--no-build}"),
    ),
    "host-compiler-too-new": Message(
        en="{compiler} is too new for nvcc of CUDA {toolkit}, which takes up to {limit}",
        zh="{compiler} 对 CUDA {toolkit} 的 nvcc 来说过新，最高支持 {limit}",
        hints=("CC=gcc-{gcc} CXX=g++-{gcc} {typed}", "{typed:--no-build}"),
    ),
    "python-headers-missing": Message(
        en="{python} has no headers (Python.h is not in {folder}), which every extension includes",
        zh="{python} 缺少头文件（{folder} 中没有 Python.h），而所有扩展都要包含它",
        hints=("sudo apt-get install python3-dev", "{typed:--no-build}"),
    ),
    "build-needs-disk": Message(
        en="{folder} has {free} free, the build needs {needed}",
        zh="{folder} 剩余空间为 {free}，构建需要 {needed}",
        hints=("TMPDIR=$HOME {typed}", "{typed:--no-build}"),
    ),
    "build-needs-memory": Message(
        en="{free} of memory are free, one compiler needs {needed}",
        zh="可用内存为 {free}，一个编译进程需要 {needed}",
        hints=("free -h", "{typed:--no-build}"),
    ),
    "source-not-understood": Message(
        en="{source} is no folder, no sdist, no git+https://... and no requirement",
        zh="{source} 既不是文件夹、sdist、git+https://... 地址，也不是依赖声明",
        hints=("gpuenv build .",),
    ),
    "source-is-application": Message(
        en="{source} is an application: `install` brings its packages and builds its extensions",
        zh="{source} 是一个应用：`install` 会安装其软件包并编译其扩展",
        hints=("gpuenv install {source}",),
    ),
    "source-unreadable": Message(
        en="{path} cannot be copied to where it is built: {detail}",
        zh="无法将 {path} 复制到构建位置：{detail}",
        hints=("ls -la {path}",),
    ),
    "archive-unreadable": Message(
        en="{path} cannot be unpacked: {detail}", zh="无法解压 {path}：{detail}", hints=("ls -la {path}",)
    ),
    "git-failed": Message(
        en="git could not fetch {url}: {detail}",
        zh="git 无法获取 {url}：{detail}",
        hints=("git ls-remote {url}", "{typed:--no-build}"),
    ),
    "folder-not-writable": Message(
        en="{folder} cannot be written to: {detail}",
        zh="无法写入 {folder}：{detail}",
        hints=("ls -ld {folder}",),
    ),
    "nothing-to-build": Message(
        en="{package} is never compiled by its users, and none of its wheels has code for the target",
        zh="{package} 无需用户编译，且其所有 wheel 都没有适用于目标的代码",
        hints=("gpuenv install {package}",),
    ),
    "cxx-standard-raised": Message(
        en="it asks for an older C++; torch {torch} asks for C++{standard}, and it was built with that ({files})",
        zh="其源码指定了较旧的 C++ 标准；torch {torch} 要求 C++{standard}，已改用该标准构建（{files}）",
    ),
    "cxx-standard-too-old": Message(
        en="torch {torch} asks for C++{standard}, and built as that it fails; torch {last} is the last that asks for"
        " less",
        zh="torch {torch} 要求 C++{standard}，以该标准构建失败；torch {last} 是最后一个要求更低的版本",
        hints=("{command}",),
    ),
    "built-does-not-import": Message(
        en="it was installed and does not load ({statement}): {detail}; what was there before is back",
        zh="安装后无法加载（{statement}）：{detail}；原先的版本已恢复",
        hints=("{typed:~-q --no-install -v}", "{typed:--no-build}"),
    ),
    "import-needs-driver": Message(
        en="it could not be imported on this machine, which has no NVIDIA driver ({statement}: {detail})",
        zh="本机没有 NVIDIA 驱动，无法在此导入（{statement}：{detail}）",
    ),
    "nvcc-fails": Message(
        en="{nvcc} does not tell its version: {detail}",
        zh="{nvcc} 未能给出版本信息：{detail}",
        hints=("{nvcc} --version",),
    ),
    "toolkit-does-not-fit-torch": Message(
        en="{nvcc} is of CUDA {toolkit}, and the installed torch of CUDA {torch_cuda}: one process loads one major"
        " version",
        zh="{nvcc} 属于 CUDA {toolkit}，而已安装的 torch 使用 CUDA {torch_cuda}：同一进程只能加载一个主版本",
        hints=("CUDA_HOME=/usr/local/cuda-{torch_cuda} {typed}", "{typed:--no-build}"),
    ),
    "toolkit-lacks-architecture": Message(
        en="CUDA toolkit {toolkit} does not compile for {architecture}: that takes a toolkit {needed}",
        zh="CUDA 工具包 {toolkit} 不支持为 {architecture} 编译：需要版本 {needed} 的工具包",
        hints=("ls -d /usr/local/cuda-*", "{typed:--no-build}"),
    ),
    "torch-cuda-lacks-architecture": Message(
        en="torch {torch} is of CUDA {toolkit}, which does not compile for {architecture}: that takes CUDA {needed}",
        zh="torch {torch} 使用 CUDA {toolkit}，它不支持为 {architecture} 编译：需要 CUDA {needed}",
        hints=("{command}", "{typed:--no-build}"),
    ),
    "build-needs-torch": Message(
        en="{environment} has no torch, and extensions are built against the one that will load them",
        zh="{environment} 中没有 torch，而扩展必须针对将要加载它的 torch 构建",
        hints=("{command}",),
    ),
    "build-needs-cuda-torch": Message(
        en="torch {torch} in {environment} is no CUDA build: extensions for GPUs cannot be built against it",
        zh="{environment} 中的 torch {torch} 不是 CUDA 构建：无法据此构建 GPU 扩展",
        hints=("{command}",),
    ),
    "build-needs-gpu": Message(
        en="{target} has no GPU to build for",
        zh="{target} 没有可供构建的 GPU",
        hints=("{typed:--target rtx-5090}",),
    ),
    "no-gpu-to-build-for": Message(
        en="this machine has no NVIDIA GPU to build for",
        zh="本机没有可供构建的 NVIDIA 显卡",
    ),
    "name-gpu-to-build-for": Message(
        en="name the GPU that it is for, here an RTX 5090",
        zh="指明要构建给哪种显卡，这里以 RTX 5090 为例",
        hints=("{typed:--target rtx-5090}",),
    ),
    "build-is-for-here": Message(
        en="extensions are compiled for the platform they are compiled on: {here}, not {platform}",
        zh="扩展只能为当前所在平台编译：{here}，而非 {platform}",
        hints=("{typed:--platform {here}}",),
    ),
    "build-failed": Message(
        en="building {source} failed; its log is {log}:\n{detail}",
        zh="构建 {source} 失败；日志见 {log}：\n{detail}",
        hints=("gpuenv diagnose --log {log}", "{typed:--no-build}"),
    ),
    "wheel-not-writable": Message(
        en="the wheel cannot be put into {folder}: {detail}",
        zh="无法将 wheel 写入 {folder}：{detail}",
        hints=("{typed:-o {other}}",),
    ),
    "extension-lacks-architecture": Message(
        en="{library} was built without code for {gpu} (it has {sass}): its build does not follow TORCH_CUDA_ARCH_LIST,"
        " it names architectures itself",
        zh="{library} 中没有适用于 {gpu} 的代码（仅有 {sass}）：其构建脚本没有遵循 TORCH_CUDA_ARCH_LIST，"
        "而是自行指定了架构",
        hints=("grep -rn -e gencode -e arch= {source}", "{typed:--no-build}"),
    ),
    "extension-without-gpu-code": Message(
        en="{wheel} holds no GPU code at all: its build found no reason to use CUDA",
        zh="{wheel} 中完全没有 GPU 代码：其构建过程没有使用 CUDA",
        hints=("{typed:~-q -v}", "{typed:--no-build}"),
    ),
    "extension-needs-build": Message(
        en="{package} is left out: no wheel of it was found that serves {gpus} beside torch {torch}; it is compiled",
        zh="已略去 {package}：未找到可与 torch {torch} 搭配并支持 {gpus} 的 wheel；需要编译",
        hints=("{command}",),
    ),
    "extension-page-unread": Message(
        en="{package} is left out: {page} could not be read, which lists wheels of it for torch {torch}; without one "
        "it is compiled",
        zh="已略去 {package}：无法读取列出其 torch {torch} 版 wheel 的页面 {page}；没有 wheel 则需要编译",
        hints=("{command}",),
    ),
    "extension-compiled-page-unread": Message(
        en="{package} is compiled, since {page} could not be read, which lists wheels of it for torch {torch}",
        zh="将编译 {package}：无法读取列出其 torch {torch} 版 wheel 的页面 {page}",
        hints=("curl -I {page}",),
    ),
    "extension-not-looked-for": Message(
        en="{package} is left out: offline, nobody can tell whether a wheel of it serves beside torch {torch}",
        zh="已略去 {package}：离线状态下无法得知是否有可与 torch {torch} 搭配的 wheel",
        hints=("{command}",),
    ),
    "extension-lacks-code": Message(
        en="{package}: its newest wheels are known to have code for {code}, which does not serve {gpus}",
        zh="{package}：已知其最新的 wheel 只有 {code} 的代码，不支持 {gpus}",
        hints=("{command}",),
    ),
}
