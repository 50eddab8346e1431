"""Reports the requests of a web application to API Analytics, at almost no cost to the application.

The middlewares are in `asgi`, `wsgi`, `django`, `aiohttp` and `middleware`; the engine under them is `Client`.
What all clients do alike, in whatever language, is specified in `docs/clients.md` of the repository.
"""

from ._version import __version__
from .client import Client
from .event import Event
from .naming import set_consumer
from .options import Options
from .process import close_on_sigterm
from .settings import HEALTH_CHECKS
from .shared import flush, shutdown
from .stats import Stats

__all__ = [
    "HEALTH_CHECKS",
    "Client",
    "Event",
    "Options",
    "Stats",
    "__version__",
    "close_on_sigterm",
    "flush",
    "set_consumer",
    "shutdown",
]
