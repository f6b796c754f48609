"""Certificates that sign themselves, as those of a house's own CA do."""

import ssl
import subprocess
from pathlib import Path


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for `name` ("IP:127.0.0.1", "DNS:…"), and a server's use of it."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    asked = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    asked += ["-subj", "/CN=netbox", "-addext", f"subjectAltName={name}"]
    subprocess.run([*asked, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context
