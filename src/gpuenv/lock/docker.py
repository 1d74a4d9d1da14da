"""Writes a Dockerfile that installs a lock for a described machine, without a CUDA base image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv import __version__
from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gpuenv.errors import ContextValue
    from gpuenv.lock.header import LockHeader

_PROCESSORS: Final = {"linux-x86_64": "linux/amd64", "linux-aarch64": "linux/arm64"}
_BASES: Final = (((2, 36), "bookworm"), ((2, 41), "trixie"))
"""glibc of Debian's releases, oldest first; official Python images exist for each."""
_ENVIRONMENT: Final = "/opt/venv"


def render_dockerfile(header: LockHeader, *, lock: str, say: Callable[[str, Mapping[str, ContextValue]], str]) -> str:
    """Make the text; `lock` is the name of the lock in the same folder, `say` words the comments by code.

    The wheels bring CUDA and cuDNN themselves, so a plain Python image is enough; the driver comes from the host.
    Raises `docker-platform-unknown` for a target that is not Linux, and `docker-glibc-unknown` for one that is newer
    than every known image.
    """
    return "\n".join(_lines(header, lock, say)) + "\n"


def _lines(header: LockHeader, lock: str, say: Callable[[str, Mapping[str, ContextValue]], str]) -> Iterator[str]:
    processor = _PROCESSORS.get(header.platform.name)
    if processor is None:
        raise GpuenvError("docker-platform-unknown", platform=header.platform.name)
    target = ",".join(dict.fromkeys(str(one.sm) for gpu in header.gpus for one in gpu.capabilities)) or "cpu"
    cards = ", ".join(gpu.name for gpu in header.gpus)
    yield f"# {say('docker-made-by', {'version': __version__})}"
    if header.gpus:
        yield f"# {say('docker-made-for', {'gpus': cards})}"
        driver = str(header.minimum_driver) if header.minimum_driver is not None else None
        yield f"# {say('docker-needs-host', {'driver': driver})}"
        yield "#     docker build -t app . && docker run --gpus all --shm-size 1g app"
        yield f"# {say('docker-no-cuda-image', {})}"
        yield f"# {say('docker-compiler', {})}"
    else:
        yield f"# {say('docker-made-for-any' if header.is_for_any_gpu else 'docker-made-for-cpu', {})}"
    yield f"FROM --platform={processor} python:{header.python}-slim-{_base(header)}"
    if header.gpus:
        yield "ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility"
    yield f"ENV PATH={_ENVIRONMENT}/bin:$PATH VIRTUAL_ENV={_ENVIRONMENT} PYTHONUNBUFFERED=1"
    yield f"# {say('docker-uv', {})}"
    yield f"RUN python -m venv /opt/gpuenv && /opt/gpuenv/bin/pip install --no-cache-dir gpuenv=={__version__}"
    yield f"COPY {lock} /opt/{lock}"
    yield f"# {say('docker-install', {})}"
    install = f"/opt/gpuenv/bin/gpuenv install --locked /opt/{lock} --venv {_ENVIRONMENT}"
    yield "RUN --mount=type=cache,target=/root/.cache \\"
    yield f"    UV_LINK_MODE=copy {install} --target {target} --platform {header.platform.name}"
    yield "WORKDIR /app"
    yield "COPY . ."
    yield 'CMD ["python"]'


def _base(header: LockHeader) -> str:
    wanted = header.platform.glibc or (2, 17)
    for glibc, name in _BASES:
        if wanted <= glibc:
            return name
    raise GpuenvError("docker-glibc-unknown", glibc=f"{wanted[0]}.{wanted[1]}")
