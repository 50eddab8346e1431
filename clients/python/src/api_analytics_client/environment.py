"""Where settings come from that are no arguments: the environment, and a `.env` file for key and address."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

PREFIX = "API_ANALYTICS_"
TEST_VARIABLES = ("PYTEST_VERSION", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER")
"""Variables of pytest, which the processes that tests start inherit."""
TEST_PROGRAMS = frozenset({"pytest", "py.test"})
TEST_MODULES = frozenset({"pytest", "pytest.__main__", "unittest", "unittest.__main__"})
MANAGEMENT_PROGRAMS = frozenset({"manage.py", "django-admin"})


def variable(name: str) -> str | None:
    """Read the variable of an option; an empty one counts as absent."""
    return os.environ.get(PREFIX + name.upper()) or None


def first_of(names: tuple[str, ...]) -> str | None:
    """Read the first of these variables that is set, in the environment, else in the `.env` file."""
    found = next((os.environ[name] for name in names if os.environ.get(name)), None)
    if found is not None:
        return found
    file = read_env_file()
    return next((file[name] for name in names if file.get(name)), None)


def is_test_run() -> bool:
    """Return whether this process runs tests, or was started by some that do."""
    if any(os.environ.get(name) for name in TEST_VARIABLES):
        return True
    program = Path(sys.argv[0] if sys.argv else "").name
    main = getattr(getattr(sys.modules.get("__main__"), "__spec__", None), "name", None)
    if program.removesuffix(".exe") in TEST_PROGRAMS or main in TEST_MODULES:
        return True
    manages = program in MANAGEMENT_PROGRAMS or main == "django.__main__"
    return manages and sys.argv[1:2] == ["test"]


def read_env_file() -> dict[str, str]:
    """Read the first `.env` in the working folder or above it; empty if there is none or it cannot be read."""
    try:
        folder = Path.cwd()
        for path in (folder / ".env", *(parent / ".env" for parent in folder.parents)):
            if path.is_file():
                return parse_env(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        pass
    return {}


def parse_env(text: str) -> dict[str, str]:
    """Read lines of the form `NAME=value`, with `export`, quotes and comments."""
    values = {}
    for line in text.splitlines():
        match = re.fullmatch(r"\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*", line)
        if match is None:
            continue
        name, value = match.groups()
        quoted = re.match(r"""(["'])(.*?)\1""", value)
        values[name] = quoted.group(2) if quoted else re.split(r"(?:^|\s+)#", value)[0]
    return values
