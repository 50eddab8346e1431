"""Reports the requests of a web application to API Analytics, at almost no cost to the application.

The middlewares are in `asgi`, `wsgi`, `django` and `middleware`; the engine under them is `Client`.
What all clients do alike, in whatever language, is specified in `docs/clients.md` of the repository.
"""

from ._version import __version__
from .client import Client
from .event import Event
from .stats import Stats

__all__ = ["Client", "Event", "Stats", "__version__"]
