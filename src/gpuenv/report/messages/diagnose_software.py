"""The sentences of causes that lie between packages, libraries, compilers and the installer."""
# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIBRARIES: Final[Mapping[str, Message]] = {
    "onnxruntime-packages-collide": Message(
        en="several packages own the folder onnxruntime and overwrite each other ({packages}): remove all, install one",
        zh="多个软件包共用 onnxruntime 目录并相互覆盖（{packages}）：请全部移除后只安装一个",
        hints=("gpuenv install onnxruntime-gpu",),
    ),
    "onnxruntime-cpu-package": Message(
        en="the ONNX Runtime that is imported has no CUDA provider: the CPU package is installed, or lies over the"
        " GPU one",
        zh="所导入的 ONNX Runtime 没有 CUDA 提供程序：安装的是 CPU 包，或 CPU 包覆盖了 GPU 包",
        hints=("gpuenv install onnxruntime-gpu",),
    ),
    "onnxruntime-other-cuda-major": Message(
        en="ONNX Runtime ({version}) was built for CUDA {wanted}, here is CUDA {cuda}: take a release for the CUDA"
        " that is"
        " there, installing a second CUDA is the long way round",
        zh="ONNX Runtime（{version}）针对 CUDA {wanted} 构建，而此处为 CUDA {cuda}：请换用与现有 CUDA 匹配的版本，"
        "不必再装一套 CUDA",
        hints=("gpuenv install onnxruntime-gpu",),
    ),
    "onnxruntime-other-cudnn-major": Message(
        en="ONNX Runtime ({version}) was built for cuDNN {wanted_cudnn}, here is cuDNN {cudnn}",
        zh="ONNX Runtime（{version}）针对 cuDNN {wanted_cudnn} 构建，而此处为 cuDNN {cudnn}",
        hints=("gpuenv install onnxruntime-gpu",),
    ),
    "onnxruntime-library-not-found": Message(
        en="ONNX Runtime cannot load a library that its CUDA provider needs ({library}): it is missing or not on the"
        " search path; on Windows it can also be the Visual C++ runtime",
        zh="ONNX Runtime 无法加载 CUDA 提供程序所需的库（{library}）：缺失或不在搜索路径中；在 Windows"
        " 上也可能是缺少 Visual C++ 运行库",
        hints=("gpuenv install onnxruntime-gpu", "gpuenv run --print sh"),
    ),
    "torchvision-for-another-torch": Message(
        en="torchvision was built for another torch than the one installed ({torch})",
        zh="torchvision 与已安装的 torch（{torch}）不匹配",
        hints=("gpuenv install torch torchvision",),
    ),
    "torchaudio-for-another-torch": Message(
        en="torchaudio was built for another torch than the one installed ({torch}); missing: {symbol}",
        zh="torchaudio 与已安装的 torch（{torch}）不匹配；缺少：{symbol}",
        hints=("gpuenv install torch torchaudio",),
    ),
    "extension-for-another-torch": Message(
        en="{file} was built for another torch than the one installed ({torch}); it misses {symbol}",
        zh="{file} 针对另一个版本的 torch 构建，与已安装的（{torch}）不符；缺少 {symbol}",
        hints=("gpuenv inspect", "gpuenv verify"),
    ),
    "extension-for-another-cuda": Message(
        en="an extension asks for {library}, of another CUDA major than the installed torch ({torch}): take the"
        " extension's"
        " wheel for that CUDA; the single library alone is no remedy",
        zh="某个扩展需要 {library}，与已安装的 torch（{torch}）的 CUDA 主版本不同：请换用匹配该 CUDA 的扩展包，"
        "单独补上该库并不能解决",
        hints=("gpuenv inspect", "gpuenv verify"),
    ),
    "ctranslate2-library-not-found": Message(
        en="CTranslate2 (faster-whisper) cannot load {library}: it loads CUDA libraries of one major, which are"
        " not here",
        zh="CTranslate2（faster-whisper）无法加载 {library}：它需要特定 CUDA 主版本的库，而此处没有",
        hints=("gpuenv run --print sh", "gpuenv inspect"),
    ),
    "cuda-library-not-found": Message(
        en="{library} is not on the loader's search path",
        zh="加载器的搜索路径中找不到 {library}",
        hints=("gpuenv run --print sh", "gpuenv verify"),
    ),
    "dll-dependency-missing": Message(
        en="a DLL that {file} is linked with is not on this machine: the Visual C++ runtime, or a CUDA library that the"
        " package does not bring",
        zh="此机器上缺少 {file} 所依赖的 DLL：Visual C++ 运行库，或软件包未附带的 CUDA 库",
        hints=("winget install --id Microsoft.VCRedist.2015+.x64", "gpuenv inspect"),
    ),
    "cudnn-library-not-found": Message(
        en="a program asks for {library}, a cuDNN major that is not here: cuDNN 9 comes with torch 2.4 and newer,"
        " cuDNN 8"
        " with older ones",
        zh="程序需要 {library}，而此处没有该主版本的 cuDNN：torch 2.4 及以上自带 cuDNN 9，更早的版本自带 cuDNN 8",
        hints=("gpuenv install torch", "gpuenv run --print sh"),
    ),
    "cudnn-shadowed": Message(
        en="another cuDNN ({found}) is loaded before the one that torch brings ({wanted}): LD_LIBRARY_PATH or PATH"
        " names it",
        zh="先于 torch 自带的 cuDNN（{wanted}）加载了另一个 cuDNN（{found}）：由 LD_LIBRARY_PATH 或 PATH 指定",
        hints=("env -u LD_LIBRARY_PATH gpuenv verify", "gpuenv run --print sh"),
    ),
    "library-path-shadows-wheels": Message(
        en="a CUDA library of the system is loaded in place of the wheel's, through LD_LIBRARY_PATH; it lacks {symbol}",
        zh="通过 LD_LIBRARY_PATH 加载了系统的 CUDA 库，取代了安装包自带的库；其中缺少 {symbol}",
        hints=("env -u LD_LIBRARY_PATH gpuenv verify", "gpuenv run --print sh"),
    ),
    "library-loaded-twice": Message(
        en="two copies of a CUDA library of the same major are mixed in one process (conda's and the system's)",
        zh="同一进程中混用了两份相同主版本的 CUDA 库（如 conda 与系统各一份）",
        hints=("env -u LD_LIBRARY_PATH gpuenv verify", "ldconfig -p"),
    ),
    "xformers-without-cuda": Message(
        en="the installed xformers has no CUDA code, for it was built for another torch: its lines on a GPU that"
        " is too old"
        " or too new are noise",
        zh="已安装的 xformers 不含 CUDA 代码，因为它针对另一个 torch 构建；其中关于 GPU 过旧或过新的提示可忽略",
        hints=("gpuenv inspect", "pip uninstall -y xformers"),
    ),
    "bitsandbytes-library-missing": Message(
        en="bitsandbytes has no library for the CUDA version it chose: BNB_CUDA_VERSION names another, or a source"
        " folder"
        " is imported in place of the wheel",
        zh="bitsandbytes 没有所选 CUDA 版本的库：BNB_CUDA_VERSION 指定了别的版本，或导入的是源码目录而非安装包",
        hints=("env -u BNB_CUDA_VERSION python -m bitsandbytes",),
    ),
}

_COMPILERS: Final[Mapping[str, Message]] = {
    "toolkit-differs-from-torch": Message(
        en="nvcc is of CUDA {toolkit}, torch was built with CUDA {torch_cuda}: extensions need the same major",
        zh="nvcc 为 CUDA {toolkit}，而 torch 使用 CUDA {torch_cuda} 构建：编译扩展需要相同的主版本",
        hints=("gpuenv detect", "gpuenv plan"),
    ),
    "toolkit-too-old-for-architecture": Message(
        en="nvcc (CUDA {toolkit}) is too old for {architecture}: a newer toolkit compiles for it",
        zh="nvcc（CUDA {toolkit}）过旧，不支持 {architecture}：需要更新的工具包",
        hints=("gpuenv matrix show", "nvcc --version"),
    ),
    "toolkit-dropped-architecture": Message(
        en="nvcc (CUDA {toolkit}) no longer compiles for {architecture}, which the project names: build for the"
        " GPU that is"
        " there",
        zh="nvcc（CUDA {toolkit}）已不再支持项目所指定的 {architecture}：请改为针对实际 GPU 编译",
        hints=("gpuenv detect", "nvcc --version"),
    ),
    "ptxas-too-old-for-gpu": Message(
        en="Triton's own ptxas does not know the GPU's architecture: a newer Triton, so a newer torch, or a newer"
        " ptxas by"
        " TRITON_PTXAS_PATH",
        zh="Triton 自带的 ptxas 不认识该 GPU 架构：需要更新的 Triton（即更新的 torch），或通过 TRITON_PTXAS_PATH"
        " 指定更新的 ptxas",
        hints=("gpuenv install -U",),
    ),
    "ptxas-newer-than-driver": Message(
        en="Triton's ptxas writes code that is newer than the driver ({driver}): a newer driver, or a torch build of an"
        " older CUDA",
        zh="Triton 的 ptxas 生成的代码比驱动（{driver}）更新：请更新驱动，或使用较旧 CUDA 的 torch 构建",
        hints=("gpuenv install", "gpuenv detect"),
    ),
    "host-compiler-newer-than-toolkit": Message(
        en="the C++ compiler is newer than nvcc accepts: name an older one for the build",
        zh="C++ 编译器版本高于 nvcc 所支持的范围：请为编译指定较旧的编译器",
        hints=("nvcc --version", "gcc --version"),
    ),
    "torch-headers-need-newer-cxx": Message(
        en="torch's headers ask for {standard}; the extension's build sets an older standard",
        zh="torch 的头文件要求 {standard}，而扩展的编译选项设定了更旧的标准",
        hints=("gpuenv plan 'torch<2.10'",),
    ),
    "half-arithmetic-needs-sm53": Message(
        en="the build aims at an architecture below 5.3, which has no f16 arithmetic: take it out of"
        " TORCH_CUDA_ARCH_LIST",
        zh="编译目标包含低于 5.3 的架构，不支持 f16 运算：请将其从 TORCH_CUDA_ARCH_LIST 中去掉",
        hints=("gpuenv detect",),
    ),
    "no-gpu-at-build-time": Message(
        en="no GPU was seen while the extension was compiled and no architecture was named: set TORCH_CUDA_ARCH_LIST",
        zh="编译扩展时没有检测到 GPU，也没有指定架构：请设置 TORCH_CUDA_ARCH_LIST",
        hints=("gpuenv detect",),
    ),
    "toolkit-not-found": Message(
        en="the CUDA toolkit with nvcc was not found: extensions are compiled with it, wheels do not need it",
        zh="没有找到带 nvcc 的 CUDA 工具包：编译扩展需要它，而使用安装包则不需要",
        hints=("nvcc --version", "gpuenv detect"),
    ),
    "triton-gpu-too-old": Message(
        en="Triton needs compute capability 7.0 (this GPU: {capability}): switch torch.compile off, nothing has to be"
        " reinstalled",
        zh="Triton 需要计算能力 7.0（此 GPU：{capability}）：请关闭 torch.compile，无需重装",
        hints=("env TORCHDYNAMO_DISABLE=1 gpuenv verify",),
    ),
    "triton-too-old-for-toolkit": Message(
        en="this Triton does not know so new a CUDA version, whatever its message says: take the Triton that belongs to"
        " the installed torch",
        zh="此 Triton 不认识如此新的 CUDA 版本（提示文字恰好相反）：请使用与已安装 torch 匹配的 Triton",
        hints=("gpuenv install",),
    ),
    "triton-without-compiler": Message(
        en="Triton compiles a small C file at run time and found no C compiler",
        zh="Triton 运行时需要编译一小段 C 代码，但没有找到 C 编译器",
        hints=("sudo apt-get install gcc", "env CC=gcc gpuenv verify"),
    ),
    "triton-not-installed": Message(
        en="Triton is not installed: torch.compile needs it, the rest of PyTorch does not",
        zh="没有安装 Triton：torch.compile 需要它，PyTorch 的其他部分不需要",
        hints=("env TORCHDYNAMO_DISABLE=1 gpuenv verify",),
    ),
}

_INSTALLER: Final[Mapping[str, Message]] = {
    "installer-hash-mismatch": Message(
        en="a downloaded file is not the one that the requirements name: a damaged download or cache, or a changed"
        " file",
        zh="下载的文件与要求的哈希不符：可能是下载或缓存损坏，或文件已更改",
        hints=("pip cache purge", "uv cache clean torch"),
    ),
    "installer-network-failed": Message(
        en="the installer could not reach the package index",
        zh="安装程序无法访问软件包索引",
        hints=("gpuenv plan -v", "pip config list"),
    ),
    "installer-disk-full": Message(
        en="the disk is full: a CUDA build of torch takes 5 GB and more",
        zh="磁盘已满：CUDA 版 torch 需要 5 GB 以上空间",
        hints=("pip cache purge", "df -h"),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {**_LIBRARIES, **_COMPILERS, **_INSTALLER}
