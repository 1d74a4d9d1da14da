"""The sentences of the station `verify`: what a failed check means, what could not be checked, `run`."""
# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message
from gpuenv.report.messages.verify_workarounds import WORKAROUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEND: Final = "gpuenv install --venv {venv}"
_EXPLAIN: Final = "gpuenv diagnose --venv {venv}"

_BUILD_DOES_NOT_SERVE: Final[Mapping[str, Message]] = {
    "check-no-kernel-image": Message(
        en="the build has no code for {gpu}: {checks} ended with `no kernel image is available`",
        zh="该构建不含适用于 {gpu} 的代码：{checks} 报错 `no kernel image is available`",
        hints=(_MEND, _EXPLAIN),
    ),
    "other-build-wanted": Message(
        en="{packages}: the version that was chosen has no kernels for this GPU, whatever is written of it",
        zh="{packages}：所选版本实际上没有适用于该 GPU 的内核",
        hints=("{other}",),
    ),
    "check-no-code-in-build": Message(
        en="the build's architectures do not serve {gpu}: {detail}",
        zh="该构建的架构列表不支持 {gpu}：{detail}",
        hints=(_MEND,),
    ),
    "check-kernel-built-for-other-gpu": Message(
        en="kernels for another GPU ran on {gpu} and computed nothing, without an exception: {checks} ({detail})",
        zh="在 {gpu} 上运行了为其他 GPU 编译的内核，未抛异常也未计算：{checks}（{detail}）",
        hints=(_MEND,),
    ),
    "check-cpu-build-on-gpu-target": Message(
        en="the installed torch cannot use {gpu}: {detail}",
        zh="已安装的 torch 无法使用 {gpu}：{detail}",
        hints=(_MEND,),
    ),
    "check-nvrtc-failed": Message(
        en="NVRTC of this environment cannot compile for {gpu}: {checks} ({detail})",
        zh="该环境中的 NVRTC 无法为 {gpu} 编译：{checks}（{detail}）",
        hints=(_MEND, _EXPLAIN),
    ),
    "check-wrong-numbers": Message(
        en="{checks} gave wrong numbers on {gpu}: {detail}",
        zh="{checks} 在 {gpu} 上的计算结果错误：{detail}",
        hints=(_EXPLAIN,),
    ),
    "check-silent-cpu-session": Message(
        en="ONNX Runtime was asked for CUDA and took the CPU: {detail}",
        zh="要求 ONNX Runtime 使用 CUDA，它却改用了 CPU：{detail}",
        hints=(_EXPLAIN,),
    ),
    "check-onnxruntime-is-cpu-package": Message(
        en="the installed ONNX Runtime is a CPU package: {detail}",
        zh="已安装的 ONNX Runtime 是 CPU 包：{detail}",
        hints=("gpuenv install onnxruntime-gpu --venv {venv}",),
    ),
    "check-onnxruntime-needs-preload": Message(
        en="ONNX Runtime finds its CUDA libraries only if the program calls onnxruntime.preload_dlls() first: {detail}",
        zh="程序须先调用 onnxruntime.preload_dlls()，ONNX Runtime 才能找到 CUDA 库：{detail}",
        hints=(_EXPLAIN,),
    ),
}

_DRIVER: Final[Mapping[str, Message]] = {
    "check-driver-too-old": Message(
        en="the NVIDIA driver is too old for this build: {detail}",
        zh="NVIDIA 驱动对该构建而言过旧：{detail}",
        hints=(_MEND,),
    ),
    "check-ptx-newer-than-driver": Message(
        en="the driver cannot compile PTX of this build's CUDA version: {checks} ({detail})",
        zh="驱动无法编译该构建所用 CUDA 版本的 PTX：{checks}（{detail}）",
        hints=(_MEND,),
    ),
    "check-driver-mismatch": Message(
        en="libcuda and the loaded kernel driver differ: restart, or take libcuda out of the image ({detail})",
        zh="libcuda 与已加载的内核驱动版本不一致：请重启机器，或移除镜像内的 libcuda（{detail}）",
        hints=("nvidia-smi",),
    ),
    "check-forward-compat-refused": Message(
        en="a cuda-compat libcuda is loaded, which GeForce cards refuse: {detail}",
        zh="加载了 cuda-compat 的 libcuda，而 GeForce 显卡不支持它：{detail}",
        hints=(_EXPLAIN,),
    ),
    "check-no-driver": Message(
        en="CUDA finds no NVIDIA driver: {detail}", zh="CUDA 找不到 NVIDIA 驱动：{detail}", hints=("gpuenv detect",)
    ),
    "check-no-cuda-device": Message(
        en="CUDA shows no device although {gpu} was detected: {detail}",
        zh="已检测到 {gpu}，但 CUDA 看不到任何设备：{detail}",
        hints=("gpuenv detect",),
    ),
    "check-out-of-memory": Message(
        en="{gpu} had no memory left for {checks}: {detail}",
        zh="{gpu} 显存不足，{checks} 无法运行：{detail}",
        hints=("nvidia-smi",),
    ),
    "check-device-fault": Message(
        en="a kernel faulted on {gpu}: {checks} ({detail})",
        zh="内核在 {gpu} 上出错：{checks}（{detail}）",
        hints=(_EXPLAIN,),
    ),
}

_LIBRARIES: Final[Mapping[str, Message]] = {
    "check-library-missing": Message(
        en="a shared library is missing: {checks} ({detail})",
        zh="缺少共享库：{checks}（{detail}）",
        hints=(_MEND, _EXPLAIN),
    ),
    "check-symbol-missing": Message(
        en="two libraries do not fit together: {checks} ({detail})",
        zh="两个库互不兼容：{checks}（{detail}）",
        hints=(_MEND, _EXPLAIN),
    ),
    "check-module-missing": Message(
        en="a Python module is missing: {checks} ({detail})",
        zh="缺少 Python 模块：{checks}（{detail}）",
        hints=("gpuenv install {package} --venv {venv}", _EXPLAIN),
    ),
    "check-torchvision-mismatch": Message(
        en="torchvision is not the pair of this torch: {detail}",
        zh="torchvision 与该 torch 不配套：{detail}",
        hints=("gpuenv install torch torchvision --venv {venv}",),
    ),
    "check-compiler-missing": Message(
        en="a C compiler with Python's headers is needed to compile at run time: {checks} ({detail})",
        zh="运行时编译需要 C 编译器和 Python 头文件：{checks}（{detail}）",
        hints=("sudo apt-get install -y gcc python3-dev",),
    ),
    "check-no-operator-for-gpu": Message(
        en="xFormers has no kernel for {gpu}, or was built for another torch: {checks} ({detail})",
        zh="xFormers 没有适用于 {gpu} 的内核，或是为其他 torch 版本构建的：{checks}（{detail}）",
        hints=("gpuenv build xformers --venv {venv}", _EXPLAIN),
    ),
    "check-library-uses-cpu": Message(
        en="a library does not use {gpu}: {detail}", zh="有库未使用 {gpu}：{detail}", hints=(_EXPLAIN,)
    ),
    **{
        f"check-{library.lower()}-failed": Message(
            en=f"{library} failed on {{gpu}}: {{checks}} ({{detail}})",
            zh=f"{library} 在 {{gpu}} 上出错：{{checks}}（{{detail}}）",
            hints=(_EXPLAIN,),
        )
        for library in ("cuDNN", "cuBLAS", "cuSOLVER", "cuSPARSE", "cuFFT", "NCCL")
    },
    "check-raised": Message(
        en="{checks} failed on {gpu}: {detail}", zh="{checks} 在 {gpu} 上失败：{detail}", hints=(_EXPLAIN,)
    ),
    "check-crashed": Message(
        en="{checks} crashed the process on {gpu}: {detail}",
        zh="{checks} 在 {gpu} 上使进程崩溃：{detail}",
        hints=(_EXPLAIN,),
    ),
    "check-timed-out": Message(
        en="{checks} did not end on {gpu}: {detail}",
        zh="{checks} 在 {gpu} 上未能结束：{detail}",
        hints=("{typed:--timeout {longer}}", "gpuenv verify --venv {untyped} --timeout {longer}"),
    ),
    "check-interpreter-failed": Message(
        en="the environment's Python cannot run the checks: {detail}", zh="该环境的 Python 无法运行检查：{detail}"
    ),
}

_SKIPPED: Final[Mapping[str, Message]] = {
    "check-capability-too-low": Message(en="{detail}", zh="GPU 计算能力不足：{detail}"),
    "check-not-in-this-build": Message(en="{detail}", zh="该构建不含此功能：{detail}"),
    "check-served-by-ptx": Message(
        en="the build has no machine code for it: the driver compiles its PTX",
        zh="该构建没有对应的机器码，由驱动即时编译其 PTX",
    ),
    "check-needs-ptx-jit": Message(
        en="{checks}: the driver was forbidden to compile PTX ({detail})", zh="{checks}：驱动被禁止编译 PTX（{detail}）"
    ),
    "check-not-installed": Message(en="{detail}", zh="未安装：{detail}"),
    "check-not-reached": Message(en="not reached", zh="未执行到"),
    "check-architectures-not-listed": Message(en="{detail}", zh="该构建未列出其架构：{detail}"),
}

_COMMANDS: Final[Mapping[str, Message]] = {
    "check-command-failed": Message(
        en="{checks} failed on {gpu}: {detail}", zh="{checks} 在 {gpu} 上失败：{detail}", hints=(_EXPLAIN,)
    ),
    "check-command-printed-error": Message(
        en="{checks} ended with 0, but what it printed shows a fault of the GPU's libraries: {detail}",
        zh="{checks} 虽以 0 结束，但其输出表明 GPU 相关的库有故障：{detail}",
        hints=(_EXPLAIN,),
    ),
    "check-command-fell-back-to-cpu": Message(
        en="{checks} ended well, but ran on the CPU: {detail}",
        zh="{checks} 虽正常结束，但实际在 CPU 上运行：{detail}",
        hints=(_EXPLAIN,),
    ),
    "check-program-not-found": Message(en="{checks}: there is no such program", zh="{checks}：没有这个程序"),
    "check-program-not-startable": Message(en="{checks}: {detail}", zh="{checks}：无法启动（{detail}）"),
    "own-proof-waits": Message(
        en="{extensions} still has to be built for this torch: the project's own proof was not run",
        zh="{extensions} 尚需针对此 torch 构建：未运行项目自己的验证",
        hints=("{build}", "{verify}"),
    ),
    "verifying-extension": Message(en="importing {extension}", zh="正在导入：{extension}"),
    "verifying-command": Message(en="running {command}", zh="正在运行：{command}"),
    "verifying": Message(en="checking on {on}", zh="正在检查：{on}"),
    "nothing-to-check": Message(
        en="{venv} has neither torch nor ONNX Runtime: there is nothing to check",
        zh="{venv} 中既没有 torch 也没有 ONNX Runtime：没有可检查的内容",
        hints=("gpuenv install --venv {venv}",),
    ),
    "no-gpu-to-check": Message(
        en="there is no usable GPU to check {venv} on",
        zh="没有可用的 GPU 来检查 {venv}",
        hints=("gpuenv verify --venv {venv} --target cpu",),
    ),
    "checked-on-cpu": Message(
        en="this machine has no NVIDIA GPU: only the CPU checks were run",
        zh="本机没有 NVIDIA 显卡：仅运行了 CPU 检查",
    ),
    "capability-not-proven": Message(
        en="required and not proven: {capabilities}", zh="要求但未能证明：{capabilities}", hints=(_EXPLAIN,)
    ),
    "capability-needs-gpu": Message(
        en="required, and proven on a GPU only: {capabilities}; these were the checks of the CPU",
        zh="要求的能力只能在 GPU 上证明：{capabilities}；以上只是 CPU 检查",
        hints=("{typed:--target current-gpu}",),
    ),
    "capability-absent": Message(
        en="required and not there: {capabilities} (not installed: {packages})",
        zh="要求但不存在：{capabilities}（未安装：{packages}）",
        hints=("gpuenv install {packages} --venv {venv}",),
    ),
    "seed-invalid": Message(
        en="--seed takes a whole number from 0 to 2147483647, not {value}",
        zh="--seed 应为 0 到 2147483647 的整数，而不是 {value}",
        hints=("{typed:--seed 1}",),
    ),
    "unknown-capability": Message(
        en="there is no capability {capability}; did you mean one of these: {near}",
        zh="没有名为 {capability} 的能力；是否想用其中之一：{near}",
        hints=("{typed:--require {meant}}",),
    ),
    "verify-target-not-here": Message(
        en="kernels can only run on this machine: --target {target} is neither current-gpu, auto nor cpu",
        zh="内核只能在本机运行:--target {target} 不是 current-gpu、auto 或 cpu",
        hints=("{typed:--target current-gpu}", "{inspect}"),
    ),
    "timeout-invalid": Message(
        en="--timeout takes a number of seconds above 0, not {value}",
        zh="--timeout 应为大于 0 的秒数，而不是 {value}",
        hints=("{typed:--timeout 600}",),
    ),
    "profile-not-kept": Message(
        en="the result could not be kept in {path}: {detail}", zh="无法将结果保存到 {path}：{detail}"
    ),
    "nothing-to-run": Message(
        en="there is no command to run", zh="没有要运行的命令", hints=("{typed:-- python}", "{typed:--print sh}")
    ),
    "own-value-kept": Message(
        en="{variable} keeps your value {value}; the GPUs of this machine need {needed}",
        zh="{variable} 保留您设置的值 {value}；本机 GPU 需要 {needed}",
    ),
    "run-prints-or-runs": Message(
        en="--print and --json show the variables; they run no command",
        zh="--print 和 --json 只显示变量，不运行命令",
        hints=("{typed:~--}", "{typed:~--print ~--json}"),
    ),
}

MESSAGES: Final[Mapping[str, Message]] = {
    **_BUILD_DOES_NOT_SERVE,
    **_DRIVER,
    **_LIBRARIES,
    **_SKIPPED,
    **_COMMANDS,
    **WORKAROUNDS,
}
