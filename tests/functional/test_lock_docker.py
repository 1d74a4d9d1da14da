"""`gpuenv lock --format docker`: a Dockerfile and its lock, for the machine that was described."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv import __version__
from gpuenv.cli.main import command_parser
from gpuenv.lock.reading import read_lock
from support.in_process import gpuenv_here as gpuenv
from support.lock_index import lock_index, user_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Ran
    from support.index_server import IndexServer

CARD = ("--target", "gtx-1080-ti", "--platform", "linux-x86_64", "--python", "3.11")
EXPECTED = f"""\
# Made by gpuenv {__version__}.
# For: NVIDIA GeForce GTX 1080 Ti.
# The host needs the NVIDIA driver 525.60.13 or newer and the NVIDIA Container Toolkit; then:
#     docker build -t app . && docker run --gpus all --shm-size 1g app
# No CUDA base image: the wheels bring CUDA and cuDNN, the host brings the driver.
# torch.compile needs a C compiler at run time: add `RUN apt-get update && apt-get install -y gcc` for it.
FROM --platform=linux/amd64 python:3.11-slim-bookworm
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv PYTHONUNBUFFERED=1
# gpuenv brings uv; both stay out of the application's environment.
RUN python -m venv /opt/gpuenv && /opt/gpuenv/bin/pip install --no-cache-dir gpuenv=={__version__}
COPY requirements-gpu.txt /opt/requirements-gpu.txt
# There is no GPU during a build: the libraries are checked against the target instead.
RUN --mount=type=cache,target=/root/.cache \\
    UV_LINK_MODE=copy /opt/gpuenv/bin/gpuenv install --locked /opt/requirements-gpu.txt --venv /opt/venv \
--target sm_61 --platform linux-x86_64
WORKDIR /app
COPY . .
CMD ["python"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    with lock_index(tmp_path_factory.mktemp("wheels")) as server:
        yield server


def lock(server: IndexServer, folder: Path, *arguments: str) -> Ran:
    shared = ("--indexes", server.pytorch_url, "--format", "docker", "--json")
    return gpuenv("lock", "torch", *shared, *arguments, cwd=folder, environ=user_of(server, folder))


def test_the_folder_of_copies_is_used_with_the_lock_beside_the_dockerfile(server: IndexServer, tmp_path: Path) -> None:
    given = ("--indexes", server.pytorch_url, "--format", "docker", "--vendor", "my wheels")
    ran = gpuenv("lock", "torch", *given, *CARD, cwd=tmp_path, environ=user_of(server, tmp_path))
    command = f'gpuenv install --locked {tmp_path}/requirements-gpu.txt --indexes "{tmp_path}/my wheels" --offline'
    assert (ran.exit_code, ran.stdout.splitlines()[-1].strip()) == (0, command)


def test_the_image_needs_no_cuda_and_installs_the_lock(server: IndexServer, tmp_path: Path) -> None:
    ran = lock(server, tmp_path, *CARD)
    assert ran.exit_code == 0, ran.stdout
    assert (tmp_path / "Dockerfile").read_text() == EXPECTED
    content = read_lock(tmp_path / "requirements-gpu.txt")
    assert (str(content.header.torch), content.header.platform.name) == ("2.14.1+cu126", "linux-x86_64")
    assert lock(server, tmp_path, *CARD, "--check").exit_code == 0
    (tmp_path / "requirements-gpu.txt").unlink()
    checked = lock(server, tmp_path, *CARD, "--check")
    assert [(one["file"], one["kind"]) for one in checked.envelope["data"]["differences"]] == [
        ("requirements-gpu.txt", "missing")
    ]


def test_the_command_in_the_image_is_one_of_ours() -> None:
    words = EXPECTED.partition("/opt/gpuenv/bin/gpuenv install ")[2].partition("\n")[0].split()
    parser = command_parser("install")
    known = {option for action in parser._actions for option in action.option_strings}
    if "--locked" not in known:
        pytest.skip("install takes no lock yet")
    parsed = parser.parse_args(words)
    assert (parsed.locked, parsed.target) == ("/opt/requirements-gpu.txt", "sm_61")


def test_a_machine_without_a_gpu_gets_no_gpu_settings(server: IndexServer, tmp_path: Path) -> None:
    assert lock(server, tmp_path, "--target", "cpu", *CARD[2:], "-o", "image/Dockerfile").exit_code == 0
    text = (tmp_path / "image" / "Dockerfile").read_text()
    assert "# For machines without a GPU.\n" in text
    assert "NVIDIA" not in text
    assert "--target cpu --platform linux-x86_64\n" in text
    assert (tmp_path / "image" / "requirements-gpu.txt").is_file()


def test_an_image_is_linux(server: IndexServer, tmp_path: Path) -> None:
    ran = lock(server, tmp_path, "--target", "gtx-1080-ti", "--platform", "windows-x86_64", "--python", "3.11")
    assert (ran.exit_code, [error["code"] for error in ran.envelope["errors"]]) == (1, ["docker-platform-unknown"])
    assert not (tmp_path / "Dockerfile").exists()
