"""The template of the route that an ASGI request took, read off the scope once the application has run.

Frameworks leave it there in different ways, and none in a documented one that all share:
Litestar a `path_template`, FastAPI and newer Starlettes a `route`, older Starlettes only the endpoint.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

MAX_KNOWN = 4096


class RouteFinder:
    """Finds templates; remembers what it had to search for."""

    def __init__(self) -> None:
        self._by_endpoint: dict[tuple[int, int], list[tuple[re.Pattern[str], str]]] = {}

    def find(self, scope: MutableMapping[str, Any], path: str, root_path: str) -> str | None:
        """Return the template; `path` and `root_path` are those of the scope before the application ran."""
        route = scope.get("route")
        if route is None:
            template: str | None = scope.get("path_template")
            return self._search(scope, _inner(path, _base(scope, root_path))) if template is None else template
        fastapi = scope.get("fastapi")
        if fastapi:
            # An included router's own context has the prefixes that its routes lack. It may be that of a mount.
            context = fastapi.get("effective_route_context")
            if getattr(context, "original_route", None) is route:
                route = context
        base = _base(scope, root_path)
        mounted = scope.get("root_path", "")[len(base) :]
        if not mounted and not hasattr(route, "routes"):
            return _template(route)
        routes = getattr(scope.get("router"), "routes", ())
        mount = mount_template(routes, _inner(path, base), len(mounted))
        if mount is None:
            return None
        # A mount that is itself the last route has no more to say.
        return f"{mount}/{{path}}" if hasattr(route, "routes") else f"{mount}{_template(route) or ''}"

    def _search(self, scope: MutableMapping[str, Any], path: str) -> str | None:
        endpoint, router = scope.get("endpoint"), scope.get("router")
        if endpoint is None or router is None:
            return None
        key = (id(router), id(endpoint))
        known = self._by_endpoint.get(key)
        if known is None:
            if len(self._by_endpoint) >= MAX_KNOWN:
                self._by_endpoint.clear()
            known = self._by_endpoint[key] = list(_templates_of(endpoint, router.routes, "", ""))
        # One function may serve several routes.
        return next((template for pattern, template in known if pattern.match(path)), None)


def _template(route: Any) -> str | None:
    template = getattr(route, "path_format", None) or getattr(route, "path", None)
    return template if isinstance(template, str) else None


def _base(scope: MutableMapping[str, Any], root_path: str) -> str:
    """Return what of the root path is no mount: what the server has put there, or the application itself."""
    base = scope.get("app_root_path")
    if base is None:
        own = getattr(scope.get("app"), "root_path", None)
        base = own if own and own == scope.get("root_path") else root_path
    return str(base)


def _inner(path: str, base: str) -> str:
    return path[len(base) :] if base and path.startswith(base) else path


def mount_template(routes: Iterable[Any], path: str, length: int) -> str | None:
    """Return the template of the mounts that have taken so much of the path; none if they cannot be found.

    Starlette tells only the text that they took, in which a caller may write what he wants; so they are matched
    once more.
    """
    template = ""
    while length > 0:
        found = next(iter(_matching_mounts(routes, path)), None)
        if found is None:
            return None
        mount, taken = found
        if not 0 < taken <= length:
            return None
        template += (_template(mount) or "").rpartition("/{")[0]
        path, length = path[taken:], length - taken
        routes = getattr(mount, "routes", ())
    return template


def _matching_mounts(routes: Iterable[Any], path: str) -> Iterable[tuple[Any, int]]:
    for route in routes:
        candidates = getattr(route, "effective_candidates", None)
        if candidates is not None:  # a router that FastAPI has included
            yield from _matching_mounts(candidates(), path)
            continue
        mount = getattr(route, "starlette_route", None) or route
        regex = getattr(mount, "path_regex", None)
        if regex is None or not hasattr(mount, "routes"):
            continue
        match = regex.match(path)
        if match is not None:
            yield mount, match.start("path") - 1


def _templates_of(
    endpoint: Any, routes: Iterable[Any], prefix: str, pattern: str
) -> Iterable[tuple[re.Pattern[str], str]]:
    for route in routes:
        regex, template = getattr(route, "path_regex", None), _template(route)
        if regex is None or template is None:
            continue
        inner: Iterable[Any] | None = getattr(route, "routes", None)
        if inner is not None:
            # "^/mount/(?P<path>.*)$" goes on with the pattern of the route within.
            outer = regex.pattern.lstrip("^").rpartition("/(?P<path>")[0]
            yield from _templates_of(endpoint, inner, prefix + template.rpartition("/{")[0], pattern + outer)
        elif getattr(route, "endpoint", None) is endpoint:
            whole = pattern + regex.pattern.lstrip("^")
            # The names of groups are not needed, and may be there twice.
            yield re.compile(re.sub(r"\(\?P<\w+>", "(?:", whole)), prefix + template
