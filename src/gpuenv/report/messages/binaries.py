"""The sentences of the station `binaries`."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "file-unreadable": Message(
        en="{path} cannot be read: {detail}", zh="无法读取 {path}：{detail}", hints=("ls -la {path}",)
    ),
    "binary-format-unknown": Message(
        en="{path} is no native library, object file or wheel",
        zh="{path} 不是原生库、目标文件或 wheel",
        hints=("file {path}",),
    ),
    "binary-damaged": Message(
        en="{path} is damaged: what its headers say is not there ({fault}, at byte {offset})",
        zh="{path} 已损坏：内容与文件头不符（{fault}，位于第 {offset} 字节）",
        hints=("ls -la {path}",),
    ),
    "wheel-damaged": Message(
        en="{path} is no wheel that can be read: {detail}",
        zh="{path} 不是可读取的 wheel：{detail}",
        hints=("python -m zipfile -t {path}",),
    ),
    "wheel-too-large": Message(
        en="the libraries in {path} are announced with more bytes than there can be (the limit is {limit_bytes})",
        zh="{path} 声称其中的库大小超出可能的范围（上限为 {limit_bytes} 字节）",
        hints=("python -m zipfile -l {path}",),
    ),
    "remote-file-unreachable": Message(
        en="{url} cannot be reached: {detail}",
        zh="无法访问 {url}：{detail}",
        hints=("python -m pip config debug",),
    ),
    "remote-file-refused": Message(
        en="the server refuses {url} (status {status})",
        zh="服务器拒绝访问 {url}（状态码 {status}）",
        hints=("curl -I {url}",),
    ),
    "remote-file-changed": Message(
        en="{url} changed while it was read: run the command again",
        zh="{url} 在读取过程中发生了变化：请重新运行命令",
        hints=("{typed}",),
    ),
    "remote-file-broken": Message(
        en="the answer for {url} is incomplete: {came} came instead of {wanted}",
        zh="{url} 的响应不完整：应为 {wanted}，实际为 {came}",
        hints=("{typed}",),
    ),
    "remote-file-not-stored": Message(
        en="{url} has to be downloaded, and the temporary folder cannot take it: {detail}",
        zh="{url} 需要下载，但临时目录无法保存：{detail}",
        hints=("df -h", "TMPDIR=$HOME {typed}"),
    ),
    "remote-file-without-ranges": Message(
        en="the server of {url} cannot send parts of a file: all of it was downloaded ({bytes} bytes)",
        zh="{url} 所在的服务器不支持部分下载：已下载整个文件（{bytes} 字节）",
    ),
    "reading-remote-wheel": Message(
        en="reading {url}",
        zh="正在读取 {url}",
    ),
    "inspect-needs-gpu": Message(
        en="the target {target} has no GPU to judge the libraries for",
        zh="目标 {target} 没有可供判断的 GPU",
        hints=("{typed:~--target}",),
    ),
    "no-gpu-code": Message(
        en="there is no GPU code in {files}: it runs on the CPU only",
        zh="{files} 中没有 GPU 代码：只能在 CPU 上运行",
        hints=("{plan}",),
    ),
    "inspected-file-not-found": Message(
        en="there is no file or folder {path}",
        zh="没有 {path} 这个文件或文件夹",
        hints=("gpuenv inspect {near}", "gpuenv inspect {folder}"),
    ),
    "no-native-library": Message(
        en="there is no native library in {places}: nothing was inspected",
        zh="{places} 中没有任何原生库：未检查任何内容",
    ),
    "libraries-lack-gpu": Message(
        en="no code for {gpu} in {files}",
        zh="{files} 中没有适用于 {gpu} 的代码",
        hints=("{build}", "{other}", "{plan}"),
    ),
    "unasked-libraries-lack-gpu": Message(
        en="{packages}: no code for {gpus} in {files}; nothing that was asked for needs it",
        zh="{packages}：{files} 中没有适用于 {gpus} 的代码；本次请求并不需要它",
        hints=("{build}",),
    ),
    "library-ptx-needs-newer-driver": Message(
        en="{files} hold only PTX for {gpu}, and a driver that speaks CUDA {driver_cuda} cannot compile it: it"
        " needs one that speaks CUDA {cuda}",
        zh="{files} 中只有适用于 {gpu} 的 PTX，支持 CUDA {driver_cuda} 的驱动无法编译：需要支持 CUDA {cuda} 的驱动",
        hints=("{build}", "{other}", "{plan}"),
    ),
    "nvrtc-lacks-gpu": Message(
        en="{library} (CUDA {cuda}) does not compile for {gpu}, only for {architectures}: kernels that are written"
        " while programs run (complex abs, jiterator) fail",
        zh="{library}（CUDA {cuda}）不能为 {gpu} 编译，"
        "只支持 {architectures}：运行时生成的内核（复数 abs、jiterator）会失败",
        hints=("{plan}",),
    ),
    "ptxas-lacks-gpu": Message(
        en="Triton's {program} (CUDA {cuda}) does not compile for {gpu}: torch.compile fails there",
        zh="Triton 的 {program}（CUDA {cuda}）不能为 {gpu} 编译：torch.compile 会失败",
    ),
    "assembler-newer-than-driver": Message(
        en="Triton's {program} is of CUDA {cuda}, and the driver for {gpu} speaks CUDA {driver_cuda}: it refuses what"
        " torch.compile makes",
        zh="Triton 的 {program} 属于 CUDA {cuda}，而 {gpu} 的驱动只支持 CUDA {driver_cuda}："
        "驱动会拒绝 torch.compile 生成的代码",
    ),
    "gpu-library-cannot-load": Message(
        en="{file} cannot be loaded: nothing provides {libraries}",
        zh="无法加载 {file}：缺少 {libraries}",
        hints=("uv pip install --python {environment} {packages}",),
    ),
    "msvc-runtime-not-found": Message(
        en="the Microsoft Visual C++ runtime is missing: nothing provides {libraries}",
        zh="缺少 Microsoft Visual C++ 运行库：找不到 {libraries}",
        hints=("winget install --id Microsoft.VCRedist.2015+.x64",),
    ),
    "cuda-majors-mixed": Message(
        en="the libraries of this environment are built for different CUDA majors, of which one process can load one:"
        " {majors}",
        zh="此环境中的库针对不同的 CUDA 主版本构建，而一个进程只能加载其中一个：{majors}",
    ),
    "packages-share-files": Message(
        en="{packages} install their libraries to the same place ({path}): what lies there is of only one of them",
        zh="{packages} 把库安装到同一位置（{path}）：那里只有其中一个包的文件",
    ),
    "system-library-first": Message(
        en="LD_LIBRARY_PATH puts {library} before the environment's own; needed by {needed_by}",
        zh="LD_LIBRARY_PATH 使 {library} 优先于环境自带的库：{needed_by} 需要它",
        hints=("unset LD_LIBRARY_PATH",),
    ),
    "inspection-cache-damaged": Message(
        en="{path} is damaged: the libraries were read again",
        zh="{path} 已损坏：已重新读取所有库",
    ),
    "code-generator": Message(
        en="{name} is of CUDA {cuda}",
        zh="{name} 属于 CUDA {cuda}",
    ),
    "code-generator-compiles": Message(
        en="{name} is of CUDA {cuda} and compiles for {architectures}",
        zh="{name} 属于 CUDA {cuda}，可为以下架构编译：{architectures}",
    ),
    "shared-library-missing": Message(
        en="nothing provides {library}; needed by {needed_by}",
        zh="缺少 {library}：{needed_by} 需要它",
    ),
    "inspected": Message(
        en="{with_code} of {examined} libraries hold GPU code",
        zh="{examined} 个库中有 {with_code} 个含有 GPU 代码",
    ),
    "inspected-optional": Message(
        en="{count} more that programs can do without have machine code for all of these GPUs (-v lists them)",
        zh="另有 {count} 个非必需的库含有适用于上述所有 GPU 的机器码（用 -v 列出）",
    ),
    "missing-for-optional": Message(
        en="{count} shared libraries that only optional parts are linked with are not there (-v names them)",
        zh="缺少 {count} 个仅由可选部分链接的共享库（用 -v 列出）",
    ),
    "inspected-nothing": Message(
        en="none of {examined} libraries holds GPU code",
        zh="{examined} 个库中都没有 GPU 代码",
    ),
    "inspected-partially": Message(
        en="...: only the first part was read; it proves what is there, not what is missing (--full reads all)",
        zh="...：只读取了前一部分；可以证明有什么，不能证明缺什么（--full 读取全部）",
    ),
    "bytes-fetched": Message(
        en="{megabytes} MB fetched",
        zh="已获取 {megabytes} MB",
    ),
}
