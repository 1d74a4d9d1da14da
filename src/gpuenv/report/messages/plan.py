"""The sentences of planning: reasons of steps, and what a target lacks."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final[Mapping[str, Message]] = {
    "chosen": Message(en="chosen for this target", zh="为该目标选定"),
    "works-already": Message(en="works already", zh="已可正常工作"),
    "dependency": Message(en="dependency", zh="依赖"),
    "requested": Message(en="requested", zh="用户指定"),
    "onnxruntime-loads": Message(en="onnxruntime-gpu loads it", zh="onnxruntime-gpu 会加载它"),
    "installed-copy-broken": Message(
        en="the installed copy is broken ({problems})", zh="已安装的副本损坏（{problems}）"
    ),
    "shared-folder-damaged": Message(
        en="another package wrote into its folder {folder}/", zh="另一个包写入了它的目录 {folder}/"
    ),
    "other-build": Message(
        en="the installed build is {installed}, wanted is {wanted}", zh="已安装的构建为 {installed}，需要 {wanted}"
    ),
    "other-version": Message(en="in place of {installed}", zh="替换 {installed}"),
    "shares-folder": Message(
        en="owns the same folder {folder}/ as {other}: with both, neither works",
        zh="与 {other} 共用目录 {folder}/：两者并存时都无法工作",
    ),
    "no-pair": Message(en="there is no build that pairs with torch {torch}", zh="没有与 torch {torch} 配套的构建"),
    "no-gpu": Message(
        en="this machine has no NVIDIA GPU",
        zh="本机没有 NVIDIA 显卡",
        hints=("{command}",),
    ),
    "gpu-unusable": Message(
        en="there is an NVIDIA GPU ({gpus}), and it cannot be used",
        zh="检测到 NVIDIA 显卡（{gpus}），但无法使用",
    ),
    "use-cpu": Message(en="install CPU builds on purpose", zh="明确选择安装 CPU 版本", hints=("{command}",)),
    "cpu-because-no-gpu": Message(
        en="this machine has no NVIDIA GPU: CPU builds are installed, nothing will run on a GPU",
        zh="本机没有 NVIDIA 显卡：将安装 CPU 版本，所有计算都不会使用 GPU",
    ),
    "environment-passed-over": Message(
        en="planned as for a new environment: {path} is not looked at for a described target unless --venv names it",
        zh="按新环境规划：对于指定的目标，除非用 --venv 指明，否则不会查看 {path}",
        hints=("{typed:--venv {path}}",),
    ),
    "needs-unknown-offline": Message(
        en="offline, and neither the environment nor uv's cache tells what {packages} needs: taken to need torch",
        zh="离线，且环境与 uv 缓存中都没有 {packages} 的依赖信息：按需要 torch 处理",
    ),
    "platform-of-card": Message(
        en="{gpus}: sold with Arm processors only, so planned for {platform}, not for this machine's {here} (--platform"
        " says otherwise)",
        zh="{gpus} 只与 Arm 处理器搭配出售：按 {platform}（而非本机的 {here}）规划；可用 --platform 另行指定",
    ),
    "platform-unlikely": Message(
        en="no machine with {gpus} is {platform}: such cards come with Arm processors, so --platform linux-aarch64 is"
        " likely what is meant",
        zh="不存在搭载 {gpus} 的 {platform} 机器：这类 GPU 只与 Arm 处理器搭配，"
        "您要的很可能是 --platform linux-aarch64",
    ),
    "vgpu-as-its-card": Message(
        en="{gpu} is a virtual GPU, planned for as the card that it is a part of ({card}); profiles of series C and Q"
        " run CUDA, those of series A and B do not",
        zh="{gpu} 是虚拟 GPU，按其所属的显卡（{card}）规划；C 与 Q 系列的 vGPU 配置可运行 CUDA，A 与 B 系列不能",
    ),
    "vgpu-without-cuda": Message(
        en="{gpu} is a virtual GPU of series {series}, which runs no CUDA: torch will not see it until the machine is"
        " given a profile of series C or Q (planned for as {card})",
        zh="{gpu} 是 {series} 系列的虚拟 GPU，不能运行 CUDA：在虚拟机改用 C 或 Q 系列的 vGPU 配置之前，torch 看不到它"
        "（按 {card} 规划）",
    ),
    "target-mixed": Message(
        en="{word} cannot stand beside other names in --target: one environment is for one of them, and a build for a"
        " GPU computes on the CPU too",
        zh="--target 中的 {word} 不能与其他名称并列：一个环境只能对应其中之一，而 GPU 版本同样可以在 CPU 上计算",
        hints=("{typed:--target {gpus}}", "{typed:--target {word}}", "{typed:-o locks/}"),
    ),
    "range-is-for-lock": Message(
        en="{target} names no machine: a range, from one compute capability to another, is for `gpuenv lock`",
        zh="{target} 不是一台机器：计算能力的范围（从一个到另一个）只用于 `gpuenv lock`",
        hints=("{typed:@lock}", "{typed:--target {first}}"),
    ),
    "gpu-beside-cpu-target": Message(
        en="--gpu {selectors} chooses among GPUs, and --target cpu means none",
        zh="--gpu {selectors} 用于选择 GPU，而 --target cpu 表示不使用 GPU",
        hints=("{typed:~--gpu}", "{typed:~--target}"),
    ),
    "unknown-gpu-selector": Message(
        en="there is no GPU {selector} in the target; there are: {known}",
        zh="目标中没有编号为 {selector} 的 GPU；可选：{known}",
        hints=("gpuenv detect",),
    ),
    "batch-line-invalid": Message(
        en="line {line} of the batch cannot be used: {problem}",
        zh="批处理文件第 {line} 行无法使用：{problem}",
        hints=("gpuenv detect --save machines.jsonl",),
    ),
    "why-needs-torch": Message(
        en="--why explains versions of torch and onnxruntime-gpu, such as torch==2.15.0; this is {requirement}",
        zh="--why 只能解释 torch 和 onnxruntime-gpu 的版本，例如 torch==2.15.0；收到的是 {requirement}",
        hints=("{typed:--why torch==2.15.0}",),
    ),
    "serves": Message(en="{build} from {source} serves: {how}", zh="{build}（来源 {source}）可用：{how}"),
    "serves-with-fit": Message(
        en="{build} from {source} serves: {how}; driver fit {fit}",
        zh="{build}（来源 {source}）可用：{how}；驱动适配 {fit}",
    ),
    "why-unknown-version": Message(
        en="the matrix has no build that {requirement} admits",
        zh="矩阵中没有满足 {requirement} 的构建",
        hints=("gpuenv matrix show",),
    ),
    "driver-version-invalid": Message(
        en="{driver} is not a driver version; 580.95.05 is one",
        zh="{driver} 不是有效的驱动版本号；例如 580.95.05",
        hints=("nvidia-smi --query-gpu=driver_version --format=csv,noheader",),
    ),
    "python-version-invalid": Message(
        en="{python} is neither a Python version such as 3.12 nor an interpreter",
        zh="{python} 既不是 Python 版本号（如 3.12），也不是解释器路径",
        hints=("{typed:--python 3.12}",),
    ),
    "onnxruntime-becomes-gpu": Message(
        en="{requirement} is the CPU package: onnxruntime-gpu takes its place on a GPU target",
        zh="{requirement} 是 CPU 版：GPU 目标改用 onnxruntime-gpu",
    ),
    "onnxruntime-becomes-cpu": Message(
        en="{requirement} is the GPU package: onnxruntime takes its place on a CPU target",
        zh="{requirement} 是 GPU 版：CPU 目标改用 onnxruntime",
    ),
    "family-by-address": Message(
        en="{requirement} is asked for by the address of a file, and gpuenv chooses its build itself: ask for a"
        " version, or name the folder or page of the file by --indexes",
        zh="{requirement} 是以文件地址指定的，而其构建由 gpuenv 选择：请指定版本，或用 --indexes 指定该文件所在的目录"
        "或页面",
        hints=("{typed:&{exact}}",),
    ),
    "index-left-out": Message(
        en="an index could not be used ({reason}: {url}); going on without it",
        zh="某个索引无法使用（{reason}：{url}）；跳过该索引继续",
    ),
    "reading-index": Message(en="reading the index: {tag}/{project}", zh="读取索引：{tag}/{project}"),
    "resolving-dependencies": Message(en="resolving dependencies", zh="解析依赖"),
    "needs-consent": Message(
        en="packages outside the GPU family would change ({packages}); nothing was changed",
        zh="GPU 相关包以外的软件包也会改变（{packages}）；未作任何更改",
        hints=("{command}",),
    ),
    "declined": Message(en="not confirmed; nothing was changed", zh="未确认；未作任何更改"),
    "foreign-changes": Message(
        en="packages outside the GPU family will change: {packages}",
        zh="GPU 相关包以外的软件包将会改变：{packages}",
    ),
    "go-on": Message(en="go on? [y/N]", zh="是否继续？[y/N]"),
    "creating-environment": Message(en="creating {environment}", zh="创建 {environment}"),
    "inspecting-libraries": Message(en="reading the GPU code of every library", zh="读取所有原生库中的 GPU 代码"),
    "installed": Message(
        en="done: {environment} is as planned and proven", zh="完成：{environment} 与计划一致并已验证"
    ),
    "installed-as-planned": Message(en="done: {environment} is as planned", zh="完成：{environment} 与计划一致"),
    "unverified": Message(
        en="done, not proven: the target is not this machine; run `gpuenv verify` there",
        zh="完成，但未验证：目标不是本机；请在目标机器上运行 `gpuenv verify`",
    ),
    "verification-failed": Message(
        en="what was installed failed its proof",
        zh="安装的内容未通过验证",
        hints=("{diagnose}",),
    ),
    "state-before-restored": Message(
        en="the environment is as it was before (log: {log})", zh="环境已恢复到之前的状态（日志：{log}）"
    ),
    "others-not-planned": Message(
        en="nothing of the GPU family is needed; what else has to be installed is not listed here",
        zh="不需要 GPU 系列软件包；其余需要安装的软件包未在此列出",
    ),
    "nothing-to-do": Message(en="nothing to do", zh="无需任何操作"),
}
