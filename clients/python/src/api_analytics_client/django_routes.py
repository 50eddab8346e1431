"""Templates of Django's routes: what `re_path` and older routers write as regular expressions, made readable.

A route is put together from the patterns of all that include each other, so both kinds may stand in one text:
`api/^users/(?P<pk>[^/.]+)/$` becomes `api/users/<pk>/`, as Django's own documentation pages write it.
"""

from __future__ import annotations

import re
from functools import lru_cache

VARIABLE = "<var>"
_REGEX = re.compile(r"[\^$\\(\[*+|]")
_NAMED = re.compile(r"\(\?P<(\w+)>")
_CONVERTER = re.compile(r"<[^<>]*>")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\[dDwWsS]")
_REPEATED = re.compile(r"(?:[*+?]|\{\d*,?\d*\})[?+]?")
_IGNORED = re.compile(r"\(\?(?:[=!#]|<[=!])")
_INNER = re.compile(r"\(\?(?:[aiLmsux-]*:|>)")


@lru_cache(maxsize=4096)
def template(route: str) -> str:
    """Return the template of a route."""
    return _simple(route) if _REGEX.search(route) else route


def _simple(route: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(route):
        if route.startswith("(", at):
            end = _end_of_group(route, at)
            parts.append(_group(route[at:end]))
            at = _after_repeat(route, end)
        elif (match := _CONVERTER.match(route, at)) is not None:
            parts.append(match.group())
            at = match.end()
        elif (match := _CLASS.match(route, at)) is not None:
            parts.append(VARIABLE)
            at = _after_repeat(route, match.end())
        elif route[at] in "^$":
            at += 1
        elif route[at] == "\\":
            # Places (`\A`, `\b`) are no text; all else stands for itself.
            parts.append("" if route[at + 1 : at + 2] in "AZbB" else route[at + 1 : at + 2])
            at = _after_repeat(route, at + 2)
        elif route[at] == "." and route[at + 1 : at + 2] in ("*", "+"):
            parts.append(VARIABLE)
            at = _after_repeat(route, at + 1)
        else:
            parts.append(route[at])
            at = _after_repeat(route, at + 1)
    return "".join(parts)


def _group(text: str) -> str:
    named = _NAMED.match(text)
    if named is not None:
        return f"<{named.group(1)}>"
    if _IGNORED.match(text) or re.fullmatch(r"\(\?[aiLmsux]+\)", text):
        return ""
    inner = _INNER.match(text)
    if inner is None:
        return VARIABLE
    content = text[inner.end() : -1]
    # Of several ways, none is the template.
    return VARIABLE if "|" in content else _simple(content)


def _end_of_group(route: str, start: int) -> int:
    depth, at = 0, start
    while at < len(route):
        found = _CLASS.match(route, at) if route[at] == "[" else None
        if found is not None:
            at = found.end()
            continue
        if route[at] == "\\":
            at += 2
            continue
        depth += {"(": 1, ")": -1}.get(route[at], 0)
        at += 1
        if depth == 0:
            break
    return min(at, len(route))


def _after_repeat(route: str, at: int) -> int:
    match = _REPEATED.match(route, at)
    return at if match is None else match.end()
