from __future__ import annotations

import pytest

from gpuenv.index.credentials import with_credentials_of, without_credentials


def test_credentials_are_split_off_and_decoded() -> None:
    assert without_credentials("https://us%40er:p%2Fw@example.com:8443/whl?x=1") == (
        "https://example.com:8443/whl?x=1",
        ("us@er", "p/w"),
    )


def test_a_url_without_credentials_stays() -> None:
    assert without_credentials("https://example.com/@whl") == ("https://example.com/@whl", None)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/whl/a.whl", "https://u:p%2Fw@example.com/whl/a.whl"),
        ("https://example.com:8443/whl/a.whl", "https://example.com:8443/whl/a.whl"),
        ("http://example.com/whl/a.whl", "http://example.com/whl/a.whl"),
        ("https://files.example.com/whl/a.whl", "https://files.example.com/whl/a.whl"),
    ],
)
def test_credentials_go_to_the_very_host_that_they_were_given_for(url: str, expected: str) -> None:
    assert with_credentials_of(url, "https://u:p%2Fw@example.com/whl") == expected
