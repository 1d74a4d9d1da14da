from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.index.listing import Link, Listing, NotAListingError, parse_html, parse_json

DATA = Path(__file__).parent.parent / "data" / "index"
PAGE = "https://download.pytorch.org/whl/cu130/torch/"
LINUX = "torch-2.9.0+cu130-cp312-cp312-manylinux_2_28_x86_64.whl"
WINDOWS = "torch-2.9.0+cu130-cp313-cp313-win_amd64.whl"
LINUX_SHA256 = "cc241ffb20428f6a44c299ca06b934445606cf1fa48f3b68ef3af0a04c86bc3b"
WINDOWS_SHA256 = "7d83c2439d01aefc8ffea61cae2b8288cded5a90f60e034bc9830a7dc8029d84"


def test_a_page_of_the_pytorch_index_is_read_with_all_its_oddities() -> None:
    text = (DATA / "torch-cu130.html").read_text(encoding="utf-8")
    assert parse_html(text, PAGE) == Listing(
        links=(
            Link(
                filename=LINUX,
                url="https://download.pytorch.org/whl/cu130/torch-2.9.0%2Bcu130-cp312-cp312-manylinux_2_28_x86_64.whl",
                sha256=LINUX_SHA256,
            ),
            Link(
                filename=WINDOWS,
                url="https://download-r2.pytorch.org/whl/cu130/torch-2.9.0%2Bcu130-cp313-cp313-win_amd64.whl",
                sha256=WINDOWS_SHA256,
            ),
            Link(
                filename="torch-2.13.0+cu130-cp313-cp313-manylinux_2_28_x86_64.whl",
                url="https://download-r2.pytorch.org/whl/cu130/torch-2.13.0%2Bcu130-cp313-cp313-manylinux_2_28_x86_64.whl",
            ),
            Link(
                filename="torch-2.10.0-3-cp311-cp311-manylinux_2_28_x86_64.whl",
                url="https://download.pytorch.org/whl/cu130/torch-2.10.0-3-cp311-cp311-manylinux_2_28_x86_64.whl",
                requires_python=">=3.10",
                is_yanked=True,
            ),
            Link(
                filename="torch-1.0.0.dev20181002-py3.7-linux.whl",
                url="https://download.pytorch.org/whl/cu130/torch-1.0.0.dev20181002-py3.7-linux.whl",
            ),
            Link(
                filename="nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl",
                url="https://files.example.com/nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl",
            ),
        ),
        is_declared=True,
    )


def test_a_json_page_is_read() -> None:
    assert parse_json((DATA / "torch-cu130.json").read_bytes(), PAGE) == Listing(
        links=(
            Link(
                filename=LINUX,
                url="https://download.pytorch.org/whl/cu130/torch-2.9.0%2Bcu130-cp312-cp312-manylinux_2_28_x86_64.whl",
                sha256=LINUX_SHA256,
                size_bytes=614900000,
                requires_python=">=3.10",
            ),
            Link(
                filename="torch-2.10.0-3-cp311-cp311-manylinux_2_28_x86_64.whl",
                url="https://download.pytorch.org/whl/cu130/torch/torch-2.10.0-3-cp311-cp311-manylinux_2_28_x86_64.whl",
                is_yanked=True,
            ),
            Link(
                filename=WINDOWS,
                url="https://download-r2.pytorch.org/whl/cu130/torch-2.9.0%2Bcu130-cp313-cp313-win_amd64.whl",
            ),
        ),
        is_declared=True,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"meta": {"api-version": "2.0"}, "files": []}',
        '{"meta": {"api-version": "1.0"}, "files": [{}]}',
        '{"meta": {"api-version": "1.0"}, "files": [{"filename": "x", "url": "y", "hashes": []}]}',
        '{"meta": {"api-version": "1.0"}, "files": null}',
    ],
)
def test_json_that_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(NotAListingError):
        parse_json(text, PAGE)


def test_a_json_root_lists_its_projects() -> None:
    text = '{"meta": {"api-version": "1.1"}, "projects": [{"name": "Torch"}, {"name": "nvidia_cublas"}]}'
    assert parse_json(text, PAGE).children == {"torch", "nvidia-cublas"}


def test_children_are_the_pages_directly_below() -> None:
    text = """
        <a href="torch/">torch</a> <a href="./torchvision">torchvision</a> <a href="/whl/cu130/Triton/">Triton</a>
        <a href="../cpu/">elsewhere</a> <a href="a/b/">too deep</a> <a href="https://example.com/x/">abroad</a>
        <a href="?C=N;O=D">sorted</a> <a href="#top">top</a> <a>nothing</a> <a href="http://[broken/">broken</a>
    """
    page = parse_html(text, "https://download.pytorch.org/whl/cu130/")
    assert page == Listing(children=frozenset({"torch", "torchvision", "triton"}))


def test_a_base_element_moves_the_links() -> None:
    text = '<base href="https://files.example.com/"><a href="six-1.17.0-py3-none-any.whl">six</a>'
    assert parse_html(text, PAGE).links == (
        Link(filename="six-1.17.0-py3-none-any.whl", url="https://files.example.com/six-1.17.0-py3-none-any.whl"),
    )


@pytest.mark.parametrize(
    "heading",
    [
        "<h1>Links for torch</h1>",
        "<title>Index of /whl/cu130/torch/</title>",
        "<title>Directory listing for /cu130/torch/</title>",
        '<meta name="pypi:repository-version" content="1.1">',
    ],
)
def test_an_empty_listing_that_says_what_it_is_is_a_listing(heading: str) -> None:
    assert parse_html(f"<html>{heading}</html>", PAGE).is_listing


@pytest.mark.parametrize(
    "text", ["", "\x00\x01\x02", "<h1>Log in</h1><a href='/login'>Log in</a>", "<title>403 Forbidden</title>", "{}"]
)
def test_other_pages_are_no_listing(text: str) -> None:
    assert not parse_html(text, PAGE).is_listing
