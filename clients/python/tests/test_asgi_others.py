"""What is recorded of other ASGI applications, and in the original's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from servers import AppServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service import Service


@pytest.fixture(scope="module")
def starlette(service: Service) -> Iterator[AppServer]:
    server = AppServer.uvicorn("apps.starlette_app:app", service.new_key(), "--no-proxy-headers")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def litestar(service: Service) -> Iterator[AppServer]:
    server = AppServer.uvicorn("apps.litestar_app:app", service.new_key())
    yield server
    server.stop()


@pytest.fixture(scope="module")
def dropin(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = AppServer.uvicorn("apps.dropin_app:app", service.new_key())
    yield server
    server.stop()


def test_starlette_routes_have_their_templates(starlette: AppServer) -> None:
    starlette.http.post("/hello/ann")
    event = starlette.event("/hello/ann")
    assert (event["method"], event["status_code"], event["route"]) == ("POST", 200, "/hello/{name}")


def test_an_exception_passes_through_a_wrapped_application(starlette: AppServer) -> None:
    assert starlette.http.get("/broken").status_code == 500
    event = starlette.event("/broken")
    # Starlette answers before it lets the exception go on to the server.
    assert (event["status_code"], event["response_bytes"]) == (500, len("Internal Server Error"))


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ([], "127.0.0.0"),
        (["203.0.113.77"], "203.0.113.0"),
        (["6.6.6.6, 203.0.113.77, 10.1.1.1"], "203.0.113.0"),
        (["6.6.6.6", "203.0.113.77"], "203.0.113.0"),
        (["10.9.8.7, 10.1.1.1"], "10.9.8.0"),
        (["203.0.113.77:4711"], "203.0.113.0"),
        (["[2001:db8:1:2:3::4]:443"], "2001:db8:1::"),
        (["6.6.6.6, unknown"], None),
    ],
)
def test_the_address_is_the_nearest_hop_that_is_no_trusted_proxy(
    starlette: AppServer, forwarded: list[str], address: str | None
) -> None:
    path = f"/hello/{'-'.join(forwarded).replace(' ', '')}"
    starlette.http.get(path, headers=[("X-Forwarded-For", value) for value in forwarded])
    assert starlette.event(path)["ip"] == address


def test_litestar_is_recorded_by_wrapping_it(litestar: AppServer) -> None:
    for path in ("/items/3", "/items/none", "/secret"):
        litestar.http.get(path)
    found = litestar.event("/items/3")
    assert (found["status_code"], found["route"]) == (200, "/items/{item_id}")
    assert litestar.event("/items/none")["status_code"] == 404
    assert litestar.event("/secret")["status_code"] == 401


def test_the_original_form_records_the_same(dropin: AppServer) -> None:
    # The first request is served by the function, all others by what it puts in its place.
    for path in ("/items/1", "/items/2"):
        assert dropin.http.post(path, content=b"12345678").status_code == 200
        event = dropin.event(path)
        del event["id"], event["created_at"], event["process_time"]
        assert event == {
            "method": "POST",
            "endpoint": path,
            "route": "/items/{item_id}",
            "status_code": 200,
            "ip": "127.0.0.1",
            "user_agent": "tester/1",
            "hostname": "127.0.0.1",
            "consumer": path[1:],
            "request_bytes": 8,
            "response_bytes": len('{"item":1,"bytes":8}'),
        }


@pytest.mark.parametrize("app", ["app", "stubborn"])
def test_the_original_form_records_every_end_whether_it_can_be_replaced_or_not(service: Service, app: str) -> None:
    with AppServer.uvicorn(f"apps.dropin_app:{app}", service.new_key()) as server:
        assert server.http.get("/stream").content == b"12345" * 4
        assert server.http.get("/stream").content == b"12345" * 4
        assert [event["response_bytes"] for event in server.events("/stream")] == [20, 20]
        for path, status in (("/broken", 500), ("/nowhere", 404)):
            assert server.http.get(path).status_code == status
            event = server.event(path)
            assert (event["status_code"], event["consumer"]) == (status, path[1:])
        replaced = server.http.get("/replaced").text
        assert replaced == str(app == "app")
