"""Templates of routes: nothing that a caller writes gets into them, and regular expressions are readable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi import routing as fastapi_routing
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router

from api_analytics_client import flush
from api_analytics_client.asgi import AnalyticsMiddleware
from api_analytics_client.django_routes import template
from requests_of import request

if TYPE_CHECKING:
    from service import Key


async def plain(_request: Any) -> PlainTextResponse:
    return PlainTextResponse("plain")


def routes_of(app: Any, key: Key, *paths: str, **scope: Any) -> list[str | None]:
    tracked = AnalyticsMiddleware(app, api_key=key.text, server_url=key.service.url)
    for path in paths:
        request(tracked, path, query_string=b"", **scope)
    assert flush(20)
    return [event.get("route") for event in key.events()]


def starlette() -> Any:
    inner: list[Any] = [Route("/users/{id}", plain), Mount("/{kind}/own", routes=[Route("/{x:int}", plain)])]
    return Starlette(
        routes=[Mount("/tenants/{tenant}", app=Starlette(routes=inner)), Mount("/{any}", routes=inner)]
    )


def fastapi() -> Any:
    sub = FastAPI()
    sub.get("/users/{id}")(lambda id: id)  # noqa: A006, the name of the parameter
    deeper = FastAPI()
    deeper.get("/{x}")(lambda x: x)
    sub.mount("/{kind}/own", deeper)
    app = FastAPI()
    app.mount("/tenants/{tenant}", sub)
    app.mount("/{any}", sub)
    return app


@pytest.mark.parametrize("make", [starlette, fastapi])
def test_values_that_look_like_the_route_do_not_change_it(key: Key, make: Any) -> None:
    paths = (
        "/tenants/tenants/users/tenants",
        "/tenants/users/users/users",
        "/tenants/1/1/own/1",
        "/own/own/own/5",
    )
    assert [str(route).replace(":int", "") for route in routes_of(make(), key, *paths)] == [
        "/tenants/{tenant}/users/{id}",
        "/tenants/{tenant}/users/{id}",
        "/tenants/{tenant}/{kind}/own/{x}",
        "/{any}/{kind}/own/{x}",
    ]


@pytest.mark.skipif(not hasattr(fastapi_routing, "_IncludedRouter"), reason="older versions leave such mounts out")
def test_the_mounts_of_an_included_router_are_found(key: Key) -> None:
    router = APIRouter()
    router.mount("/in/{tenant}", Starlette(routes=[Route("/users/{id}", plain)]))
    router.get("/plain/{id}")(lambda id: id)  # noqa: A006
    app = FastAPI()
    app.include_router(router)
    found = routes_of(app, key, "/in/in/users/users", "/plain/plain")
    assert found == ["/in/{tenant}/users/{id}", "/plain/{id}"]


def test_a_mount_that_nobody_can_look_into_has_no_route_rather_than_a_wrong_one(key: Key) -> None:
    inner = Router(routes=[Mount("/deep/{x}", routes=[Route("/{y}", plain)])])

    class Opaque:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await inner(scope, receive, send)

    app = Starlette(routes=[Mount("/tenants/{tenant}", app=Opaque())])
    assert routes_of(app, key, "/tenants/deep/deep/deep/deep") == [None]


def test_the_root_path_of_a_server_or_an_application_is_no_mount(key: Key) -> None:
    app = FastAPI(root_path="/api")
    app.get("/users/{id}")(lambda id: id)  # noqa: A006
    app.mount("/tenants/{tenant}", Starlette(routes=[Route("/users/{id}", plain)]))
    assert routes_of(app, key, "/users/7", "/api/tenants/api/users/7") == [
        "/users/{id}",
        "/tenants/{tenant}/users/{id}",
    ]
    other = key.service.new_key()
    tracked = starlette()
    assert routes_of(tracked, other, "/v1/tenants/v1/users/7", root_path="/v1") == ["/tenants/{tenant}/users/{id}"]


@pytest.mark.parametrize(
    ("route", "readable"),
    [
        ("items/<int:pk>/", "items/<int:pk>/"),
        ("robots.txt", "robots.txt"),
        (r"^years/(?P<year>[0-9]{4})/$", "years/<year>/"),
        (r"^(?P<a>\w+)/(?P<b>(x|y(z))+)/?$", "<a>/<b>/"),
        (r"^users\.(?P<format>[a-z0-9]+)/?$", "users.<format>/"),
        (r"api/^books/(?P<pk>[^/.]+)/$", "api/books/<pk>/"),
        (r"^(\d+)/(?:page-(?P<n>[0-9)]+)/)?$", "<var>/page-<n>/"),
        (r"^(?:json|xml)/[a-z]{2,3}/.*$", "<var>/<var>/<var>"),
        (r"^a(?=b)(?i)\Ab\-c\d+?\Z", "ab-c<var>"),
        (r"^(unclosed/[a-z", "<var>"),
        ("^trailing\\", "trailing"),
        ("nested/<slug:s>/^(?P<x>.+)$", "nested/<slug:s>/<x>"),
    ],
)
def test_regular_expressions_of_django_become_templates(route: str, readable: str) -> None:
    assert template(route) == readable
