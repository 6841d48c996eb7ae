from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from engine.adapters.certificates import tls_context
from engine.events import Channel


def test_certificates(tmp_path: Path) -> None:
    assert tls_context(Channel()).verify_mode is ssl.CERT_REQUIRED
    open_one = tls_context(Channel(verify=False))
    assert (open_one.verify_mode, open_one.check_hostname) == (ssl.CERT_NONE, False)
    for channel in (Channel(ca_file=str(tmp_path / "x")), Channel(cert_file=str(tmp_path / "x"))):
        with pytest.raises(FileNotFoundError):
            tls_context(channel)


def test_certificates_are_relative_to_the_site(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        tls_context(Channel(ca_file="certs/ca.pem"), tmp_path)
    assert caught.value.filename == "certs/ca.pem"
    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(ssl.SSLError):
        tls_context(Channel(ca_file="ca.pem"), tmp_path)
