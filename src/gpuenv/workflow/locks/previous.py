"""Reads what a lock pins so far, so that the pins stay as they are unless something speaks against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.lock.reading import is_pylock, parse_lock
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gpuenv.lock.reading import LockContent
    from gpuenv.models.execution import LockedPackage
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.options import Options

_TORCH_FAMILY = frozenset({"torch", "torchvision", "torchaudio"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """What is on the disk, and what of it is to stay."""

    text: str | None = None
    """None: there is no file."""
    packages: tuple[LockedPackage, ...] = ()
    limits: tuple[str, ...] = ()
    """The family as it is pinned: `torch==2.14.1+cu126`."""


def read_previous(path: Path | None, options: Options, asked: LockOptions) -> Previous:
    """Read the file that a lock is to be written to.

    A file that is not ours is not written over: `lock-not-ours`. One of ours that was damaged gives no pins.
    Raises `lock-not-readable`.
    """
    if path is None or not path.exists():
        return Previous()
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise GpuenvError("lock-not-readable", path=str(path), detail=str(error)) from error
    try:
        content = parse_lock(text, is_pylock=is_pylock(path))
    except GpuenvError as error:
        if error.code == "lock-header-missing" and text.strip() and not asked.is_check:
            better = path.with_name(f"{path.stem}-gpu{path.suffix}").name
            raise UsageError("lock-not-ours", path=str(path), better=better) from error
        return Previous(text=text)
    if options.upgrade:
        return Previous(text=text)
    return Previous(text=text, packages=content.packages, limits=tuple(_limits(content, asked.upgraded)))


def _limits(content: LockContent, upgraded: Sequence[str]) -> Iterator[str]:
    """Limit the family to what is pinned; torch and its companions move together."""
    named = {canonicalize_name(name) for name in upgraded}
    moving = named | (_TORCH_FAMILY if named & _TORCH_FAMILY else set())
    for package in content.packages:
        if package.project not in GPU_FAMILY or package.project in moving:
            continue
        label = ""
        if package.project == "torch" and content.header.tag is not None:
            label = f"+{content.header.tag.removeprefix('nightly/')}"
        yield f"{package.project}=={package.version.public}{label}"
