"""What the tests share: one service for all, a key for each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from certificates import Chain
from gate import Gate
from service import Key, Service

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service"))
    yield service
    service.close()


@pytest.fixture
def key(service: Service) -> Key:
    return service.new_key()


@pytest.fixture
def gate(service: Service) -> Iterator[Gate]:
    gate = Gate(service)
    yield gate
    gate.close()


@pytest.fixture(scope="session")
def _chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(tmp_path_factory.mktemp("trusted"))


@pytest.fixture
def chain(_chain: Chain, monkeypatch: pytest.MonkeyPatch) -> Chain:
    """Certificates that are trusted as those of the system are."""
    monkeypatch.setenv("SSL_CERT_FILE", str(_chain.file))
    return _chain


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Certificates that nobody trusts."""
    return Chain(tmp_path_factory.mktemp("untrusted"))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in [name for name in os.environ if name.startswith("API_") and name != "API_ANALYTICS_BIN"]:
        monkeypatch.delenv(name)
    # These are tests of a client that reports.
    monkeypatch.setenv("API_ANALYTICS_ENABLED", "true")
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
