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
        self._by_route: dict[int, tuple[Any, str | None]] = {}
        """By the identity of the object, which is kept, lest another one gets it."""
        self._by_endpoint: dict[tuple[int, int], list[tuple[re.Pattern[str], str]]] = {}

    def find(self, scope: MutableMapping[str, Any], path: str, root_path: str) -> str | None:
        """Return the template; `path` and `root_path` are those of the scope before the application ran."""
        route = scope.get("route")
        if route is None:
            template: str | None = scope.get("path_template")
            return self._search(scope, path, root_path) if template is None else template
        fastapi = scope.get("fastapi")
        if fastapi:
            # An included router's own context has the prefixes that its routes lack.
            route = fastapi.get("effective_route_context") or route
        known = self._by_route.get(id(route))
        if known is None:
            known = self._remember(route)
        inner_root: str = scope.get("root_path", "")
        if inner_root == root_path or not inner_root.startswith(root_path):
            return known[1]
        mount = _mount_template(inner_root[len(root_path) :], scope.get("path_params") or {})
        # A mount that is itself the last route has no more to say.
        return f"{mount}/{{path}}" if hasattr(route, "routes") else f"{mount}{known[1] or ''}"

    def _remember(self, route: Any) -> tuple[Any, str | None]:
        if len(self._by_route) >= MAX_KNOWN:
            self._by_route.clear()
        known = self._by_route[id(route)] = (route, _template(route))
        return known

    def _search(self, scope: MutableMapping[str, Any], path: str, root_path: str) -> str | None:
        endpoint, router = scope.get("endpoint"), scope.get("router")
        if endpoint is None or router is None:
            return None
        key = (id(router), id(endpoint))
        known = self._by_endpoint.get(key)
        if known is None:
            if len(self._by_endpoint) >= MAX_KNOWN:
                self._by_endpoint.clear()
            known = self._by_endpoint[key] = list(_templates_of(endpoint, router.routes, "", ""))
        inner = path[len(root_path) :] if root_path and path.startswith(root_path) else path
        # One function may serve several routes.
        return next((template for pattern, template in known if pattern.match(inner)), None)


def _template(route: Any) -> str | None:
    template = getattr(route, "path_format", None) or getattr(route, "path", None)
    return template if isinstance(template, str) else None


def _mount_template(root: str, path_params: MutableMapping[str, Any]) -> str:
    """Put the names of parameters back into the place where an application is mounted."""
    names = {str(value): f"{{{name}}}" for name, value in path_params.items()}
    return "/".join(names.get(part, part) for part in root.split("/"))


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
