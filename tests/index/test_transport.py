from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from gpuenv import __version__
from gpuenv.errors import GpuenvError
from gpuenv.index.transport import Answer, Transport, fresh_seconds
from gpuenv.models.settings import IndexSettings
from support.certificates import Certificates, make_certificates, needs_openssl
from support.index_server import Fault, IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = "/whl/"


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer(has_validators=False) as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


class Pauses:
    """Hears how long a transport would have slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def get(url: str, settings: IndexSettings | None = None, pauses: Pauses | None = None) -> Answer:
    with Transport(settings or IndexSettings(), sleep=pauses or Pauses()) as transport:
        return transport.get(url, headers={"Accept": "text/html"})


def fault_of(url: str, settings: IndexSettings | None = None, pauses: Pauses | None = None) -> GpuenvError:
    with pytest.raises(GpuenvError) as caught:
        get(url, settings, pauses)
    return caught.value


def test_an_answer_is_given_as_it_came(server: IndexServer) -> None:
    server.fail(PATH, Fault(body=b"<html>", content_type="Text/HTML; charset=utf-8"))
    assert get(f"{server.url}/whl/") == Answer(
        url=f"{server.url}/whl/", status=200, content_type="text/html", body=b"<html>"
    )
    (request,) = server.log
    assert (request.headers["accept"], request.headers["user-agent"]) == ("text/html", f"gpuenv/{__version__}")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"Cache-Control": "max-age=600, public"}, 600.0),
        ({"Cache-Control": 'Public, Max-Age="60"'}, 60.0),
        ({"Cache-Control": "max-age=600", "Age": "590"}, 10.0),
        ({"Cache-Control": "max-age=600", "Age": "700"}, 0.0),
        ({"Cache-Control": "max-age=600", "Age": "soon"}, 0.0),
        ({"Cache-Control": "max-age=600, no-cache"}, 0.0),
        ({"Cache-Control": "no-store, max-age=600"}, 0.0),
        ({"Cache-Control": 'no-cache="set-cookie", max-age=600'}, 0.0),
        ({"Cache-Control": "max-age=-1"}, 0.0),
        ({"Cache-Control": "max-age=²"}, 0.0),
        ({"Cache-Control": "max-age"}, 0.0),
        ({"Cache-Control": "s-maxage=600"}, 0.0),
        ({"Last-Modified": "Sat, 21 Nov 2020 08:00:00 GMT"}, 0.0),
    ],
    ids=repr,
)
def test_an_answer_holds_as_long_as_the_server_says(headers: dict[str, str], seconds: float) -> None:
    assert fresh_seconds(headers) == seconds


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418])
def test_a_refusal_is_an_answer_and_not_asked_for_twice(server: IndexServer, status: int) -> None:
    server.fail(PATH, Fault(status=status))
    assert get(f"{server.url}/whl/").status == status
    assert len(server.log) == 1


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(status=503), Fault(status=429), Fault(drop=True)])
def test_what_can_pass_is_tried_again_after_a_growing_pause(server: IndexServer, fault: Fault) -> None:
    server.fail(PATH, fault, times=2)
    pauses = Pauses()
    assert get(f"{server.url}/whl/", pauses=pauses).status == 200
    assert pauses.seconds == [0.5, 1.5]


def test_a_body_that_breaks_off_is_fetched_again(server: IndexServer) -> None:
    server.fail(PATH, Fault(truncate_to=3), times=1)
    assert get(f"{server.url}/whl/").body.endswith(b"</html>\n")
    assert len(server.log) == 2


def test_a_body_that_always_breaks_off_is_no_answer(server: IndexServer) -> None:
    server.fail(PATH, Fault(truncate_to=3))
    error = fault_of(f"{server.url}/whl/")
    assert (error.code, error.context["url"]) == ("index-unreachable", f"{server.url}/whl/")


def test_a_server_that_always_fails_is_told_with_its_status(server: IndexServer) -> None:
    server.fail(PATH, Fault(status=502))
    error = fault_of(f"{server.url}/whl/")
    assert (error.code, error.context) == ("index-answered-error", {"url": f"{server.url}/whl/", "status": 502})
    assert len(server.log) == 3


def test_a_server_may_ask_for_a_longer_pause(server: IndexServer) -> None:
    server.fail(PATH, Fault(status=503, retry_after="4"), times=1)
    pauses = Pauses()
    assert get(f"{server.url}/whl/", pauses=pauses).status == 200
    assert pauses.seconds == [4.0]


def test_a_server_that_asks_for_an_hour_is_not_waited_for(server: IndexServer) -> None:
    server.fail(PATH, Fault(status=429, retry_after="3600"))
    pauses = Pauses()
    assert fault_of(f"{server.url}/whl/", pauses=pauses).context["status"] == 429
    assert (pauses.seconds, len(server.log)) == ([], 1)


def test_silence_ends_with_the_time_out_of_the_settings(server: IndexServer) -> None:
    server.fail(PATH, Fault(hang_s=30))
    pauses = Pauses()
    error = fault_of(f"{server.url}/whl/", IndexSettings(timeout_s=0.1), pauses)
    assert (error.code, error.context) == ("index-timed-out", {"url": f"{server.url}/whl/", "timeout_s": 0.1})
    assert pauses.seconds == [0.5, 1.5]


def test_patience_has_an_end_however_long_each_time_out_is(server: IndexServer) -> None:
    server.fail(PATH, Fault(status=500))
    now = iter(range(0, 10_000, 40))
    with (
        Transport(IndexSettings(), sleep=Pauses(), clock=lambda: float(next(now))) as transport,
        pytest.raises(GpuenvError),
    ):
        transport.get(f"{server.url}/whl/", headers={})
    assert len(server.log) == 1


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it, and nobody answers
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/whl/"
        error = fault_of(url)
    assert (error.code, error.context["url"]) == ("index-unreachable", url)
    assert "Connection refused" in str(error.context["detail"]) or "refused" in str(error.context["detail"])


def test_a_host_that_does_not_exist_is_told_at_once() -> None:
    pauses = Pauses()
    error = fault_of("http://mirror.invalid/whl/", pauses=pauses)
    assert (error.code, pauses.seconds) == ("index-unreachable", [])
    assert error.context["url"] == "http://mirror.invalid/whl/"


@pytest.mark.parametrize(
    "url", ["http:///whl/", "http://[broken/whl/", "ftp://127.0.0.1/whl/", "http://127.0.0.1:99999/"]
)
def test_what_is_no_address_is_told(url: str) -> None:
    assert fault_of(url).code == "index-url-invalid"


def test_a_redirect_is_followed_and_its_end_is_named(server: IndexServer) -> None:
    server.fail("/whl/old/", Fault(location="/whl/"))
    assert get(f"{server.url}/whl/old/").url == f"{server.url}/whl/"


def test_a_redirect_in_circles_ends(server: IndexServer) -> None:
    server.fail(PATH, Fault(location="/whl/"))
    assert fault_of(f"{server.url}/whl/").code == "index-unreachable"


def test_a_redirect_to_another_host_does_not_carry_credentials(server: IndexServer) -> None:
    with IndexServer() as other:
        server.fail(PATH, Fault(location=f"http://localhost:{other.port}/whl/"))
        get(f"{server.url}/whl/".replace("://", "://me:secret@"))
        assert "authorization" in server.log[0].headers
        assert "authorization" not in other.log[0].headers


def test_requests_go_through_the_proxy_of_the_settings_before_that_of_the_environment(
    server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    answer = get("http://index.invalid/whl/", IndexSettings(proxy=f"127.0.0.1:{server.port}"))
    assert (answer.status, server.log[0].was_proxied) == (200, True)


def test_a_proxy_that_is_not_there_is_told_as_such() -> None:
    error = fault_of("http://index.invalid/whl/", IndexSettings(proxy="http://me:secret@127.0.0.1:1"))
    assert error.code == "index-proxy-failed"
    assert "secret" not in repr(error)


@needs_openssl
def test_a_certificate_of_an_unknown_authority_is_refused_at_once(certificates: Certificates) -> None:
    pauses = Pauses()
    with IndexServer(certificate=certificates.server) as secure:
        assert fault_of(f"{secure.url}/whl/", pauses=pauses).code == "index-tls-failed"
    assert pauses.seconds == []


@needs_openssl
def test_the_authority_of_the_settings_is_trusted_whatever_the_environment_says(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing.pem"))
    with IndexServer(certificate=certificates.server) as secure:
        assert get(f"{secure.url}/whl/", IndexSettings(cert=str(certificates.authority))).status == 200


@needs_openssl
@pytest.mark.parametrize("with_port", [False, True])
def test_a_trusted_host_needs_no_certificate(certificates: Certificates, with_port: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with IndexServer(certificate=certificates.server) as secure:
        host = f"127.0.0.1:{secure.port}" if with_port else "127.0.0.1"
        assert get(f"{secure.url}/whl/", IndexSettings(trusted_hosts=(host,))).status == 200


@pytest.mark.parametrize("setting", ["cert", "client_cert"])
def test_a_certificate_file_that_is_missing_is_named(setting: str, tmp_path: Path) -> None:
    path = str(tmp_path / "missing.pem")
    settings = IndexSettings(cert=path) if setting == "cert" else IndexSettings(client_cert=path)
    error = fault_of("https://127.0.0.1:1/", settings)
    assert (error.code, error.context) == ("certificate-missing", {"path": path})


def test_a_bundle_that_the_environment_names_and_that_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing.pem"))
    error = fault_of("https://127.0.0.1:1/")
    assert error.code == "index-tls-failed"
    assert "nothing.pem" in str(error.context["detail"])
