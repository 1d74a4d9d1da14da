"""Makes a certificate authority and a server certificate for 127.0.0.1, with the `openssl` program."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the program openssl is not installed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Paths of PEM files."""

    authority: Path
    """What a client has to trust."""
    server: tuple[Path, Path]
    """Certificate and key."""


def make_certificates(folder: Path) -> Certificates:
    """Make them in `folder`; valid for a day."""
    folder.mkdir(parents=True, exist_ok=True)
    authority, key, request, server, server_key, extensions = (
        folder / name for name in ("ca.pem", "ca.key", "server.csr", "server.pem", "server.key", "extensions")
    )
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    usage = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    subject = ("-subj", "/CN=gpuenv test authority")
    _openssl("req", "-x509", *curve, "-days", "1", *subject, *usage, "-keyout", str(key), "-out", str(authority))
    _openssl("req", *curve, "-subj", "/CN=127.0.0.1", "-keyout", str(server_key), "-out", str(request))
    extensions.write_text(
        "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
        "extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
        encoding="utf-8",
    )
    signing = ("-CA", str(authority), "-CAkey", str(key), "-CAcreateserial", "-days", "1", "-extfile", str(extensions))
    _openssl("x509", "-req", "-in", str(request), *signing, "-out", str(server))
    return Certificates(authority=authority, server=(server, server_key))


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
