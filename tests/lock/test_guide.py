"""INSTALL-GPU.md: each card with its file and one line, in both languages, whoever makes it."""

# ruff: noqa: RUF001 - Chinese punctuation

from __future__ import annotations

from packaging.version import Version

from gpuenv.lock.guide import GuideCard, GuideLock, render_guide
from gpuenv.lock.header import LockHeader
from gpuenv.models.cuda import DriverVersion
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.report.lock_wording import file_wording


def lock(file: str, torch: str, tag: str, driver: str | None) -> GuideLock:
    return GuideLock(
        file=file,
        header=LockHeader(
            gpus=(),
            minimum_driver=DriverVersion.parse(driver) if driver else None,
            platform=Platform(name="linux-x86_64"),
            python=PythonVersion(major=3, minor=12),
            matrix="2026.11",
            torch=Version(torch),
            tag=tag,
        ),
    )


def card(name: str, capability: str, *files: str, models: tuple[str, ...] = (), generation: str = "") -> GuideCard:
    return GuideCard(
        name=name,
        capability=capability,
        generation=generation,
        models=models,
        platform="linux-x86_64",
        python="3.12",
        files=files,
    )


NEW, OLD, CPU = (
    lock("new.txt", "2.15.0", "cu132", "580.65.06"),
    lock("old.txt", "2.14.1+cu126", "cu126", "525.60.13"),
    lock("cpu.txt", "2.15.0+cpu", "cpu", None),
)
EXPECTED = """\
# Which file for which graphics card / 哪块显卡用哪个文件

Find your card, and run its line in a virtual environment, in the folder of this file. / \
找到您的显卡，在虚拟环境中、于本文件所在文件夹运行对应命令。

## linux-x86_64, Python 3.12

| card / 显卡 | compute capability / 计算能力 | file / 文件 | command / 命令 |
|---|---|---|---|
| **sm_37** | 3.7 | no build serves it / 没有可用的构建 | - |
| **sm_61** Pascal: GeForce GTX 1080 Ti, TITAN X | 6.1 | `old.txt` | `python -m pip install -r old.txt` |
| **sm_86** | 8.6 | `new.txt` (driver 580.65.06 or newer; below: `old.txt`) \
/ （驱动 580.65.06 或更新；更旧的驱动：`old.txt`） \
| `python -m pip install -r new.txt` |
| **cpu** | - | `cpu.txt` | `python -m pip install -r cpu.txt` |

`old.txt`: torch 2.14.1+cu126, NVIDIA driver 525.60.13 or newer / torch 2.14.1+cu126，NVIDIA 驱动 525.60.13 或更新

    python -m pip install -r old.txt

`new.txt`: torch 2.15.0 (cu132), NVIDIA driver 580.65.06 or newer / torch 2.15.0 (cu132)，NVIDIA 驱动 580.65.06 或更新

    python -m pip install -r new.txt

`cpu.txt`: torch 2.15.0+cpu, without a GPU / torch 2.15.0+cpu，不使用 GPU

    python -m pip install -r cpu.txt
"""


def test_each_card_has_a_row_and_each_file_a_line() -> None:
    cards = [
        card("sm_37", "3.7"),
        card("sm_61", "6.1", "old.txt", models=("NVIDIA GeForce GTX 1080 Ti", "NVIDIA TITAN X"), generation="Pascal"),
        card("sm_86", "8.6", "new.txt", "old.txt"),
        card("cpu", "", "cpu.txt"),
    ]
    assert render_guide(cards, [NEW, OLD, CPU], say=file_wording) == EXPECTED
