from __future__ import annotations

import pytest

from gpuenv.index.mirror import within_mirror

WHEEL = "cu130/torch-2.9.0%2Bcu130-cp312-cp312-manylinux_2_28_x86_64.whl"


@pytest.mark.parametrize("host", ["https://download.pytorch.org", "https://download-r2.pytorch.org"])
@pytest.mark.parametrize("base", ["https://mirror.example/pytorch/wheels", "https://mirror.example/pytorch/wheels/"])
def test_links_upstream_are_led_to_the_mirror(host: str, base: str) -> None:
    assert within_mirror(f"{host}/whl/{WHEEL}", base) == f"https://mirror.example/pytorch/wheels/{WHEEL}"


def test_links_from_the_root_of_the_mirror_are_led_below_its_base() -> None:
    link = f"https://mirror.example/whl/{WHEEL}"
    assert within_mirror(link, "https://mirror.example/pytorch") == f"https://mirror.example/pytorch/{WHEEL}"


@pytest.mark.parametrize(
    ("link", "base"),
    [
        (f"https://mirror.example/whl/{WHEEL}", "https://mirror.example/whl"),
        (f"https://mirror.example/whl/whl/{WHEEL}", "https://mirror.example/whl"),
        (f"https://mirror.example/files/{WHEEL}", "https://mirror.example/pytorch"),
        ("https://pypi.nvidia.com/whl/nvidia_cublas-13.whl", "https://mirror.example/pytorch"),
        (f"https://other.example/whl/{WHEEL}", "https://mirror.example/pytorch"),
    ],
)
def test_other_links_stay(link: str, base: str) -> None:
    assert within_mirror(link, base) == link
