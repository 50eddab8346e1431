"""Certificates for services of the tests: a root, one between, and the service's own."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


class Chain:
    """A root authority in a file, and what a server under it needs."""

    def __init__(self, folder: Path) -> None:
        root = trustme.CA()
        self.file = folder / "root.pem"
        root.cert_pem.write_to_path(str(self.file))
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        root.create_child_ca().issue_cert("localhost", "127.0.0.1").configure_cert(self.server)
