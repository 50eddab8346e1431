"""What the tests share: one service for all, a key for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("API_ANALYTICS_KEY", "API_ANALYTICS_URL", "API_BASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
