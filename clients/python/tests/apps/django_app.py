"""A Django application, for WSGI and ASGI."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.exceptions import PermissionDenied
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path

from api_analytics_client import set_consumer
from api_analytics_client.lifespan import FlushAtShutdown
from apps.flush import flush

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

settings.configure(
    SECRET_KEY="for tests",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
    MIDDLEWARE=["api_analytics_client.django.AnalyticsMiddleware", "django.middleware.common.CommonMiddleware"],
    API_ANALYTICS={
        "EXCLUDE": ["/flush", "/aflush"],
        "CONSUMER": lambda request: request.headers.get("X-Consumer"),
    },
)


def flush_all(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(flush())


def item(_request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(f"item {pk}")


def add_item(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)), status=201)


def broken(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken")


def denied(_request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def stream(_request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        for _ in range(4):
            yield b"12345"

    return StreamingHttpResponse(parts())


async def astream(_request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0.01)
            yield b"12345"

    return StreamingHttpResponse(parts())


async def anever(_request: HttpRequest) -> HttpResponse:
    await asyncio.Event().wait()
    return HttpResponse("never")


def whoami(request: HttpRequest) -> HttpResponse:
    set_consumer(request, "acme")
    return HttpResponse("acme")


async def awhoami(request: HttpRequest) -> HttpResponse:
    return whoami(request)


def _router() -> Any:
    # Django has to be set up before the framework's views are imported.
    from rest_framework.response import Response  # noqa: PLC0415
    from rest_framework.routers import DefaultRouter  # noqa: PLC0415
    from rest_framework.viewsets import ViewSet  # noqa: PLC0415

    class Books(ViewSet):  # type: ignore[misc]
        def retrieve(self, _request: Any, pk: str, **_: Any) -> Any:
            return Response(pk)

    router = DefaultRouter()
    router.register("books", Books, basename="book")
    return router.urls


wsgi = get_wsgi_application()
nested: list[Any] = [path("things/<str:name>/", lambda _request, name: HttpResponse(name))]
urlpatterns = [
    path("flush", flush_all),
    path("aflush", sync_to_async(flush_all)),
    path("items/<int:pk>/", item),
    path("items", add_item),
    path("broken", broken),
    path("denied", denied),
    path("stream", stream),
    path("astream", astream),
    path("anever", anever),
    path("whoami", whoami),
    path("awhoami", awhoami),
    path("nested/", include(nested)),
    path("api/", include(_router())),
    re_path(r"^years/(?P<year>[0-9]{4})/$", lambda _request, year: HttpResponse(year)),
]
asgi = get_asgi_application()
flushed = FlushAtShutdown(asgi)
