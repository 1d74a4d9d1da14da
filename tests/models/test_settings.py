from __future__ import annotations

import pytest

from gpuenv.models.settings import IndexSettings, redact_url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:secret@example.com/simple", "https://example.com/simple"),
        ("https://token@example.com:8443/simple/", "https://example.com:8443/simple/"),
        ("http://user:p@ss@example.com/simple", "http://example.com/simple"),
        (
            "GET https://u:p@a.example/x from git+https://t@b.example/y",
            "GET https://a.example/x from git+https://b.example/y",
        ),
        ("https://example.com/@scope/name", "https://example.com/@scope/name"),
        ("https://example.com/simple?mail=a@b.example", "https://example.com/simple?mail=a@b.example"),
        (
            "https://a.example/x.whl?X-Amz-Date=1&X-Amz-Signature=ab%2F1&v=2#sha256=9",
            "https://a.example/x.whl?X-Amz-Date=1&X-Amz-Signature=***&v=2#sha256=9",
        ),
        ("with url: /x.whl?access_token=abc (refused)", "with url: /x.whl?access_token=*** (refused)"),
        ("https://a.example/x?keyword=abc&monkey=2", "https://a.example/x?keyword=abc&monkey=2"),
        ("C:\\wheels", "C:\\wheels"),
        ("someone@example.com", "someone@example.com"),
    ],
)
def test_redaction_takes_credentials_out_of_urls_and_nothing_else(text: str, shown: str) -> None:
    assert redact_url(text) == shown


def test_the_repr_of_settings_shows_no_address() -> None:
    settings = IndexSettings(
        index_url="https://u:secret@example.com",
        extra_index_urls=("https://u:secret@example.com",),
        find_links=("https://u:secret@example.com",),
        proxy="http://u:secret@example.com",
    )
    assert "secret" not in repr(settings)
