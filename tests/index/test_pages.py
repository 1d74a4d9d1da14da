from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.index.pages import read_project_page
from gpuenv.models.index import ProjectPage, Source, SourceKind
from gpuenv.models.settings import IndexSettings
from support.index_server import Fault, IndexServer
from support.wheels import make_wheel, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAGS = "cp312-cp312-manylinux_2_28_x86_64"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    with IndexServer() as running:
        running.add(make_wheel(tmp_path / "wheels", "torch", "2.9.0+cu128", tags=TAGS), "cu128")
        running.add(make_wheel(tmp_path / "wheels", "torchvision", "0.24.0+cu128", tags=TAGS), "cu128")
        yield running


def read(
    base: str,
    tag: str | None = "cu128",
    project: str = "torch",
    *,
    kind: SourceKind = SourceKind.PYTORCH,
    settings: IndexSettings | None = None,
    cache: Path | None = None,
    now: float | None = None,
) -> ProjectPage:
    source = Source(kind=kind, location=base)
    return read_project_page(
        source, tag, project, settings=settings or IndexSettings(), cache=cache, now=now, sleep=lambda _: None
    )


def fault_of(base: str, tag: str | None = "cu128", project: str = "torch", **rest: object) -> GpuenvError:
    with pytest.raises(GpuenvError) as caught:
        read(base, tag, project, **rest)  # type: ignore[arg-type]
    return caught.value


def versions(page: ProjectPage) -> list[str]:
    return [str(wheel.version) for wheel in page.wheels]


def test_the_real_listing_of_torch_for_cu130_is_read() -> None:
    with IndexServer(listings=True) as server:
        page = read(server.pytorch_url, "cu130")
        pypi = read(server.simple_url, None)
    assert len(page.wheels) == 145
    without_hash = {str(wheel.version) for wheel in page.wheels if wheel.sha256 is None}
    assert without_hash == {"2.13.0+cu130"}
    assert {wheel.version.local for wheel in page.wheels} == {"cu130"}
    assert {wheel.build for wheel in pypi.wheels if wheel.version == Version("2.10.0")} >= {(3, "")}


@pytest.mark.parametrize("speaks_json", [False, True], ids=["html", "json"])
def test_html_and_json_say_the_same(tmp_path: Path, speaks_json: bool) -> None:  # noqa: FBT001 - a parameter of the test
    wheel = make_wheel(tmp_path, "torch", "2.9.0+cu128", tags=TAGS)
    with IndexServer(speaks_json=speaks_json) as server:
        server.add(wheel, "cu128", yanked="hangs", requires_python=">=3.10")
        (found,) = read(server.pytorch_url).wheels
        assert found.url == f"{server.pytorch_url}/cu128/{wheel.name.replace('+', '%2B')}"
    assert (found.filename, found.sha256) == (wheel.name, sha256_of(wheel))
    assert (found.is_yanked, found.requires_python) == (True, SpecifierSet(">=3.10"))
    assert found.size_bytes == (wheel.stat().st_size if speaks_json else None)


def test_a_project_that_the_index_does_not_have_is_an_empty_page(server: IndexServer) -> None:
    assert read(server.pytorch_url, "cu128", "torchaudio").wheels == ()
    assert server.paths == ["/whl/cu128/torchaudio/", "/whl/cu128/"]


def test_a_tag_that_the_base_does_not_have_is_an_empty_page(server: IndexServer) -> None:
    assert read(server.pytorch_url, "cu118").wheels == ()
    assert server.paths == ["/whl/cu118/torch/", "/whl/cu118/", "/whl/"]


@pytest.mark.parametrize(("status", "code"), [(403, "index-forbidden"), (404, "index-not-found")])
def test_an_index_that_shows_nothing_at_all_is_no_empty_page(server: IndexServer, status: int, code: str) -> None:
    server.fail("/whl/", Fault(status=status))
    error = fault_of(server.pytorch_url)
    assert (error.code, error.context) == (code, {"url": f"{server.pytorch_url}/"})


def test_a_page_that_its_index_lists_and_does_not_show_is_forbidden(server: IndexServer) -> None:
    server.fail("/whl/cu128/torch/", Fault(status=403))
    error = fault_of(server.pytorch_url)
    assert (error.code, error.context) == ("index-forbidden", {"url": f"{server.pytorch_url}/cu128/torch/"})


def test_an_address_that_is_some_other_website_is_no_index(server: IndexServer) -> None:
    server.fail("/whl/cu128/", Fault(status=404))
    server.fail("/whl/", Fault(body=b'<title>Welcome</title><a href="about/">about</a>'))
    server.fail("/whl/cu128/", Fault(status=404))
    assert fault_of(server.pytorch_url).code == "index-not-an-index"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(body=b"<html><h1>Please log in</h1><a href='login'>log in</a></html>"),
        Fault(body=b"\x00\xff\xfe garbage", content_type="application/octet-stream"),
        Fault(body=b""),
        Fault(body=b"<html>", content_type="application/vnd.pypi.simple.v1+json"),
        Fault(body=b'{"detail": "hello"}', content_type="application/json"),
        Fault(corrupt=True),
    ],
    ids=["login page", "bytes", "nothing", "html as json", "other json", "corrupt"],
)
def test_garbage_is_no_index(server: IndexServer, fault: Fault, tmp_path: Path) -> None:
    server.fail("/whl/cu128/torch/", fault)
    error = fault_of(server.pytorch_url, cache=tmp_path / "cache")
    assert (error.code, error.context["url"]) == ("index-not-an-index", f"{server.pytorch_url}/cu128/torch/")
    server.heal()
    assert versions(read(server.pytorch_url, cache=tmp_path / "cache")) == ["2.9.0+cu128"]


def test_links_upstream_lead_to_the_mirror(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "torch", "2.9.0+cu128", tags=TAGS)
    with IndexServer(links_to="https://download-r2.pytorch.org/whl") as server:
        server.add(wheel, "cu128")
        (found,) = read(server.pytorch_url).wheels
        assert found.url == f"{server.pytorch_url}/cu128/{wheel.name.replace('+', '%2B')}"


def test_links_to_other_hosts_stay(tmp_path: Path) -> None:
    with IndexServer(links_to="https://files.example.com/whl") as server:
        server.add(make_wheel(tmp_path, "torch", "2.9.0+cu128", tags=TAGS), "cu128")
        (found,) = read(server.pytorch_url).wheels
    assert found.url.startswith("https://files.example.com/whl/cu128/torch-2.9.0%2Bcu128")


def test_a_mirror_with_one_flat_page_per_tag_is_read(server: IndexServer) -> None:
    names = (
        "torch-2.6.0%2Bcu126-cp312-cp312-linux_x86_64.whl",
        "torchvision-0.21.0%2Bcu126-cp312-cp312-linux_x86_64.whl",
    )
    body = "<h1>Index of /cu126/</h1>" + "".join(f'<a href="{name}">{name}</a>' for name in names)
    server.fail("/whl/cu126/", Fault(body=body.encode()))
    server.fail("/whl/cu126/torch/", Fault(status=404))
    page = read(server.pytorch_url, "cu126")
    assert (versions(page), page.is_flat) == (["2.6.0+cu126"], True)
    assert page.wheels[0].url == f"{server.pytorch_url}/cu126/{names[0]}"


def test_a_find_links_page_gives_the_project_asked_for(server: IndexServer) -> None:
    page = read(server.flat_url, None, kind=SourceKind.FIND_LINKS)
    assert (versions(page), page.is_flat) == (["2.9.0+cu128"], True)
    assert page.wheels[0].url.startswith(f"{server.url}/flat/files/torch-2.9.0%2Bcu128")


@pytest.mark.parametrize(("status", "code"), [(403, "index-forbidden"), (404, "index-not-found")])
def test_a_find_links_page_that_is_not_there_is_an_error(server: IndexServer, status: int, code: str) -> None:
    server.fail("/flat/", Fault(status=status))
    assert fault_of(server.flat_url, None, kind=SourceKind.FIND_LINKS).code == code


def test_an_unchanged_page_is_not_sent_again(server: IndexServer, tmp_path: Path) -> None:
    first = read(server.pytorch_url, cache=tmp_path)
    assert read(server.pytorch_url, cache=tmp_path) == first
    assert [request.status for request in server.log] == [200, 304]


def test_a_changed_page_is_read_anew(server: IndexServer, tmp_path: Path) -> None:
    read(server.pytorch_url, cache=tmp_path)
    server.add(make_wheel(tmp_path / "wheels", "torch", "2.9.1+cu128", tags=TAGS), "cu128")
    assert versions(read(server.pytorch_url, cache=tmp_path)) == ["2.9.0+cu128", "2.9.1+cu128"]


def test_a_page_that_the_server_said_would_hold_is_not_asked_for(tmp_path: Path) -> None:
    with IndexServer(cache_control="public, max-age=60") as server:
        server.add(make_wheel(tmp_path / "wheels", "torch", "2.9.0+cu128", tags=TAGS), "cu128")
        for now in (1000.0, 1059.9, 1060.0, 1119.0, 1121.0):
            assert versions(read(server.pytorch_url, cache=tmp_path / "pages", now=now)) == ["2.9.0+cu128"]
        asked = [request.status for request in server.log]
    # 304 says anew how long it holds: that of second 1060 does until 1120
    assert asked == [200, 304, 304]


@pytest.mark.parametrize("now", [None, 999.9, 2000.0], ids=["nobody says", "the clock was set back", "later"])
def test_a_page_is_asked_for_again_where_it_is_not_sure_that_it_holds(tmp_path: Path, now: float | None) -> None:
    with IndexServer(cache_control="max-age=900") as server:
        server.add(make_wheel(tmp_path / "wheels", "torch", "2.9.0+cu128", tags=TAGS), "cu128")
        read(server.pytorch_url, cache=tmp_path / "pages", now=1000.0)
        read(server.pytorch_url, cache=tmp_path / "pages", now=now)
        assert [request.status for request in server.log] == [200, 304]


def test_what_the_server_forbids_to_believe_is_asked_for_each_time(tmp_path: Path) -> None:
    with IndexServer(cache_control="no-cache, no-store, must-revalidate") as server:
        server.add(make_wheel(tmp_path / "wheels", "torch", "2.9.0+cu128", tags=TAGS), "cu128")
        for _ in range(2):
            read(server.pytorch_url, cache=tmp_path / "pages", now=1000.0)
        assert [request.status for request in server.log] == [200, 304]


def test_a_damaged_cache_entry_is_fetched_again(server: IndexServer, tmp_path: Path) -> None:
    first = read(server.pytorch_url, cache=tmp_path / "cache")
    for kept in (tmp_path / "cache").iterdir():
        kept.write_bytes(b"{broken")
    assert read(server.pytorch_url, cache=tmp_path / "cache") == first


def test_credentials_of_the_address_are_sent_and_stay_with_its_wheels_only(server: IndexServer) -> None:
    server.fail("/whl/", Fault(credentials="me:p@ss/word"))
    base = server.pytorch_url.replace("://", "://me:p%40ss%2Fword@")
    page = read(base)
    assert page.wheels[0].url.startswith(f"{base}/cu128/torch-2.9.0%2Bcu128")
    assert "word" not in repr(page)


def test_credentials_of_netrc_are_sent(server: IndexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.fail("/whl/", Fault(credentials="me:secret"))
    assert versions(read(server.pytorch_url)) == ["2.9.0+cu128"]


def test_missing_or_wrong_credentials_are_told_without_showing_them(server: IndexServer) -> None:
    server.fail("/whl/", Fault(credentials="me:secret"))
    error = fault_of(server.pytorch_url.replace("://", "://me:wrong@"))
    assert (error.code, error.context) == ("index-needs-credentials", {"url": f"{server.pytorch_url}/cu128/torch/"})


def test_no_error_shows_credentials() -> None:
    error = fault_of("http://me:secret@127.0.0.1:1/whl")
    assert error.code == "index-unreachable"
    assert "secret" not in f"{error!r} {error} {error.__cause__!r}"


def test_the_default_index_is_never_read() -> None:
    with pytest.raises(ValueError, match="PYPI"):
        read_project_page(Source(kind=SourceKind.PYPI), None, "torch", settings=IndexSettings(), cache=None)
