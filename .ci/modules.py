"""Finds circles among the modules of one crate. Not for the order of crates: see `layers`.

A module is a source file. It depends on another one if it uses an item that is defined there. A re-export is no use:
a name counts for the file that defines it, however it is reached, so `mod x;` and `pub use x::Name;` make no
dependency unless the file uses `Name` itself. `use x::*;` depends on `x`. What a macro's text names counts for the
file that the macro is in. Code under `#[cfg(test)]` and modules called `tests` are left out.

Not seen: calls of methods (`state.finish()` does not say where the method is), and paths in attributes' strings.

`modules_test` proves that circles are found, and nothing else.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

LITERAL = re.compile(
    r"""//[^\n]* | /\* | \b[bc]?r(\#*)".*?"\1 | "(?:\\.|[^"\\])*" | '(?:\\[^\n][^'\n]*|[^\\'\n])'""",
    re.VERBOSE | re.DOTALL,
)
TEST = re.compile(r"#\[cfg\(test\)\]")
MODULE = re.compile(r"\bmod\s+(\w+)\s*([;{])")
ITEM = re.compile(
    r"(?<!')\b(?:fn|struct|enum|union|trait|type|const(?!\s+fn\b)|static(?:\s+mut)?|macro_rules!)\s+(\w+)"
)
EXPORTED = re.compile(r"#\[macro_export\b[^\]]*\]\s*macro_rules!\s+(\w+)")
USE = re.compile(r"(\bpub\b(?:\([^)]*\))?\s+)?\buse\s+([^;:][^;]*);")
PATH = re.compile(r"(?<![\w:$])(?:\$crate|[a-zA-Z_]\w*)(?:::\w+)+")


@dataclass
class Module:
    """The module of a file, or one in braces within a file."""

    file: Path
    code: str  # of the whole file, with blanks for what is not this module's and for `use`
    items: set[str]
    names: dict[str, list[str]] = field(default_factory=dict)  # what `use` makes known, with its path
    uses: list[tuple[list[str], str, int, bool]] = field(default_factory=list)  # path, name, offset, re-export?


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def without(text, start, end):
    """Blanks from `start` to `end`: all else keeps its place."""
    return text[:start] + blank(text[start:end]) + text[end:]


def end_of_item(text, start):
    """The end of the item that begins at `start`: its `;`, its closing brace, or that of what it is in."""
    depth = 0
    for mark in re.compile(r"[(\[{}\]);]").finditer(text, start):
        depth += 1 if mark[0] in "([{" else -1 if mark[0] in ")]}" else 0
        if depth < 0:
            return mark.start()
        if depth == 0 and mark[0] in ";}":
            return mark.end()
    return len(text)


def code_of(file):
    """The file's text with blanks for comments, literals and tests."""
    text, at = file.read_text(), 0
    while found := LITERAL.search(text, at):
        at = found.end()
        depth = found[0] == "/*"
        while depth and (mark := re.compile(r"/\*|\*/").search(text, at)):
            depth += 1 if mark[0] == "/*" else -1
            at = mark.end()
        text = without(text, found.start(), at)
    while found := TEST.search(text):
        text = without(text, found.start(), end_of_item(text, found.end()))
    return text


def outermost(text):
    """The text with blanks for everything in braces."""
    kept, depth = [], 0
    for character in text:
        depth -= character == "}"
        kept.append(character if depth == 0 or character == "\n" else " ")
        depth += character == "{"
    return "".join(kept)


def use_tree(tree, start):
    """Each path of a `use`, with the name that it makes known and the offset of its last part."""
    tokens = [(token[0], start + token.start()) for token in re.finditer(r"\$?\w+|[{},*]", tree)] + [(",", 0)]
    path, groups, at = [], [0], 0
    while at < len(tokens):
        token, offset = tokens[at]
        if token == "{":
            groups.append(len(path))
        elif token in "},":
            groups = groups[:-1] if token == "}" else groups
            path = path[: groups[-1]]
        else:
            path.append(token)
            follows = tokens[at + 1][0]
            if follows == "as" or follows in "},":
                found = path[:-1] if token == "self" and len(path) > 1 else path[:]
                yield found, tokens[at + 2][0] if follows == "as" else found[-1], offset
            at += 2 if follows == "as" else 0
        at += 1


class Crate:
    """The modules of one crate by their paths: `()` is the root, `("a", "b")` is `crate::a::b`."""

    def __init__(self, root):
        self.modules, self.faults = {}, []
        self.read((), root, code_of(root), root.parent)
        for path, module in self.modules.items():
            for names, _, offset, is_public in [use for use in module.uses if use[1] == "*"]:
                target = self.find(path, names[:-1])
                if target and target[1] is None:
                    for item in {*self.modules[target[0]].items, *self.modules[target[0]].names} - {"*"}:
                        module.names.setdefault(item, [*names[:-1], item])
                        module.uses += [([*names[:-1], item], item, offset, True)] * is_public

    def read(self, path, file, text, folder):
        """Takes in a module and all below it. Modules that are files of their own lie in the folder."""
        top = outermost(text)
        module = self.modules[path] = Module(file, text, set(ITEM.findall(top)))
        for macro in EXPORTED.findall(top) if path else []:
            self.modules[()].names[macro] = ["crate", *path, macro]
        for name, kind, start in [(child[1], child[2], child.end()) for child in MODULE.finditer(top)]:
            below = (*path, name)
            files = [folder / f"{name}.rs", folder / name / "mod.rs"]
            if kind == "{":
                end = end_of_item(text, start - 1) - 1
                module.code = without(module.code, start, end)
                self.read(below, file, without(without(text, 0, start), end, len(text)), folder / name)
            elif other := next((other for other in files if other.is_file()), None):
                if name != "tests":
                    self.read(below, other, code_of(other), folder / name)
            else:
                self.faults.append(f"{file}: no file of the module {name}")
        for use in USE.finditer(module.code):
            for names, name, offset in use_tree(use[2], use.start(2)):
                module.uses.append((names, name, offset, bool(use[1])))
                module.names[name] = names
        module.code = USE.sub(lambda use: blank(use[0]), module.code)

    def find(self, at, names, seen=frozenset()):
        """The module that a path seen from the module `at` leads to, and the item that it names there (`None`: the
        module itself); `None` if it leads out of the crate."""
        if names[0] in ("crate", "$crate"):
            at, names = (), names[1:]
        elif names[0] in ("self", "super"):
            ups = next((i for i, name in enumerate(names) if name not in ("self", "super")), len(names))
            at, names = at[: len(at) - names[:ups].count("super")], names[ups:]
        elif (*at, names[0]) not in self.modules:
            known = self.modules[at]
            if names[0] not in known.items and names[0] not in known.names:
                return None
        for i, name in enumerate(names):
            module, child, rest = self.modules[at], (*at, name), names[i + 1 :]
            is_elsewhere = name in module.names and name not in module.items and (at, name) not in seen
            # A module and an item may share a name: `mod search; pub use source::search;`.
            if child in self.modules and (rest or not is_elsewhere and name not in module.items):
                at = child
            elif is_elsewhere:
                return self.find(at, module.names[name] + rest, seen | {(at, name)})
            else:
                return at, name
        return at, None

    def dependencies(self):
        """For each file those that it depends on, each with the offset and the name of one use."""
        found = {module.file: {} for module in self.modules.values()}
        for path, module in self.modules.items():
            paths = []
            for names, name, offset, is_public in module.uses:
                if not is_public:
                    paths.append((names, offset))
                elif name not in "*_":
                    # Passed on; is it used here as well? Neither a field nor part of a path.
                    word = rf"(?<![\w:$])(?<![^.]\.){name}\b(?!\s*:[^:])"
                    paths += [(names, own.start()) for own in re.finditer(word, module.code)]
            paths += [(names[0].split("::"), names.start()) for names in PATH.finditer(module.code)]
            for names, offset in paths:
                is_glob = names[-1] == "*"
                target = self.find(path, names[:-1] if is_glob else names)
                if target and (target[1] or is_glob) and self.modules[target[0]].file != module.file:
                    found[module.file].setdefault(self.modules[target[0]].file, (offset, target[1] or "*"))
        return found


def shortest_way(edges, start, goal):
    """The files on the way, both ends included; at least one step, also from a file to itself."""
    ways, seen = [[start]], set()
    for way in ways:
        for other in sorted(edges[way[-1]]):
            if other == goal:
                return [*way, other]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return None


def circles(root, base):
    """A text for each circle of the crate with this root file, files named from `base`."""
    crate = Crate(root)
    edges = crate.dependencies()
    faults, done = list(crate.faults), set()
    for file in sorted(edges):
        if file in done or not shortest_way(edges, file, file):
            continue
        ring = [other for other in edges if shortest_way(edges, file, other) and shortest_way(edges, other, file)]
        done.update(ring)
        way = min((shortest_way(edges, member, member) for member in sorted(ring)), key=len)
        lines = [f"{len(ring)} modules import each other in a circle:"]
        for user, owner in zip(way, way[1:]):
            offset, name = edges[user][owner]
            line = user.read_text().count("\n", 0, offset) + 1
            lines.append(f"  {user.relative_to(base)}:{line} uses `{name}` of {owner.relative_to(base)}")
        rest = [str(other.relative_to(base)) for other in sorted(ring) if other not in way]
        faults.append("\n".join(lines + ["  also in it: " + ", ".join(rest)] * bool(rest)))
    return faults
