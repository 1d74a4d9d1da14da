"""The words at the beginning of lines, and the values that lines name by a word."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.report.messages.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # talk
    "error": ("error: ", "错误："),
    "warning": ("warning: ", "警告："),
    "note": ("note: ", "说明："),
    "hint": ("hint: ", "提示："),
    "way-out": ("way out: ", "解决办法："),
    # a plan
    "target": ("target", "目标"),
    "chosen": ("chosen", "选定"),
    "covers": ("covers", "支持"),
    "driver": ("driver", "驱动"),
    "not": ("not", "未选"),
    "install": ("install", "安装"),
    "remove": ("remove", "移除"),
    "build": ("build", "编译"),
    "keep": ("keep", "保留"),
    "kept": ("kept", "保留不变"),
    "applies": ("applies", "应用"),
    "code": ("code", "代码"),
    "evidence": ("evidence", "依据"),
    "direct": ("direct", "直接匹配"),
    "minor": ("minor", "次版本兼容"),
    "forward-compat": ("forward-compat", "前向兼容"),
    # an application
    "requires": ("requires", "需要"),
    "keeps-out": ("keeps out", "排除"),
    "builds": ("builds", "构建"),
    "proves": ("proves", "验证"),
    "sets": ("sets", "设置"),
    "may-turn-on": ("may turn on", "可启用"),
    "limit": ("limit", "限制"),
    # a machine
    "gpu": ("GPU", "GPU"),
    "mig": ("MIG", "MIG"),
    "platform": ("platform", "平台"),
    "source": ("source", "来源"),
    "python": ("python", "Python"),
    "package": ("package", "软件包"),
    "folder": ("folder", "目录"),
    "system": ("system", "系统"),
    "toolkit": ("toolkit", "工具包"),
    "compiler": ("compiler", "编译器"),
    "cudnn": ("cuDNN", "cuDNN"),
    "or": (" or ", " 或 "),
    "editable": ("editable", "可编辑安装"),
    "no-glibc": ("no glibc", "无 glibc"),
    # a diagnosis
    "high": ("high", "高"),
    "medium": ("medium", "中"),
    "low": ("low", "低"),
    # a verification
    "passed": ("passed", "通过"),
    "failed": ("failed", "失败"),
    "skipped": ("skipped", "跳过"),
    "ok": ("ok", "正常"),
    "fails": ("fails", "失败"),
    "unsupported": ("unsupported", "不支持"),
    "absent": ("absent", "未安装"),
    "untested": ("untested", "未测试"),
    "cause": ("cause: ", "原因："),
    "instead": ("instead: ", "替代办法："),
    # libraries
    "library": ("library", "库"),
    "native": ("native", "原生"),
    "objects": ("objects", "代码对象"),
    "also": ("a few kernels also", "少数内核另有"),
    "none": ("no", "无"),
    "optional": ("optional", "可选"),
}
"""English, Chinese. A colon belongs to the word: Chinese has its own, without a space behind it."""

_LINES: Final[Mapping[str, Message]] = {
    "target-machine": Message(
        en="{gpus}, driver {driver}, {platform}, Python {python}",
        zh="{gpus}，驱动 {driver}，{platform}，Python {python}",
    ),
    "target-machine-without-driver": Message(
        en="{gpus}, {platform}, Python {python}", zh="{gpus}，{platform}，Python {python}"
    ),
    "covered-by": Message(en="{gpu} by {via}", zh="{gpu}：通过 {via}"),
    "driver-at-least": Message(en="{driver} or newer", zh="{driver} 或更新"),
    "driver-at-least-with-fit": Message(en="{driver} or newer, fit {fit}", zh="{driver} 或更新，匹配方式：{fit}"),
    "more-rejected": Message(en="... {count} more with -v", zh="…… 另有 {count} 个，-v 可全部列出"),
    "more-dependencies": Message(en="{count} dependencies (-v lists them)", zh="{count} 个依赖（-v 可全部列出）"),
    "driver-version": Message(en="driver {version}", zh="驱动 {version}"),
    "kernel-modules": Message(en="{kind} kernel modules", zh="{kind} 内核模块"),
    "gpu-line": Message(
        en="{place}{name}, compute capability {capabilities}{memory}{mig}",
        zh="{place}{name}，计算能力 {capabilities}{memory}{mig}",
    ),
    "kernel-version": Message(en="kernel {kernel}", zh="内核 {kernel}"),
    "disk-free": Message(en="{size} GiB free on disk", zh="磁盘剩余 {size} GiB"),
    "toolkit-accepts": Message(en="up to {compilers}", zh="最高支持 {compilers}"),
    "container-kind": Message(en="container {kind}", zh="容器 {kind}"),
    "vc-runtime": Message(en="VC++ runtime {version}", zh="VC++ 运行库 {version}"),
    "failed-the-same-way": Message(en="the same way: {checks}", zh="原因相同：{checks}"),
    "checks-not-reached": Message(en="{count} checks after it", zh="其后 {count} 项检查"),
    "checks-counted": Message(
        en="{passed} passed, {failed} failed, {skipped} skipped", zh="通过 {passed}，失败 {failed}，跳过 {skipped}"
    ),
    "built-from": Message(en="{package} from {source}", zh="{package}，来自 {source}"),
}

MESSAGES: Final[Mapping[str, Message]] = {
    **{f"label-{name}": Message(en=en, zh=zh) for name, (en, zh) in _WORDS.items()},
    **_LINES,
}
