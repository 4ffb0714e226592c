"""HTTP and sockets in one process: `uvicorn notifications.config.asgi:application`.

The views are synchronous. Django's own ASGI handler would give each request a new thread and a
new database connection; so they run as WSGI in a few lasting threads, as in the other services.
"""

import os

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.wsgi import get_wsgi_application
from django.urls import path

from chassis import discovery
from chassis.http.shutdown import close_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notifications.config.settings")

django_application = get_wsgi_application()

from notifications.api.socket import LiveSocket, refuse  # noqa: E402 (needs the applications)

application = ProtocolTypeRouter(
    {
        "http": close_connections(WSGIMiddleware(django_application, workers=4)),  # type: ignore[arg-type]
        "lifespan": discovery.lifespan,
        "websocket": URLRouter([path("ws/", LiveSocket.as_asgi()), path("<path:rest>", refuse)]),  # type: ignore[arg-type]
    }
)
