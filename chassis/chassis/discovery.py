"""An instance tells Consul that it is there, and that it is leaving. Without CONSUL_URL it tells nobody.

Consul asks the instance every second whether it lives; who asks Consul (nginx, by DNS) hears of those that do.
Consul being away stops nothing: an instance tries until it is back. https://developer.hashicorp.com/consul/api-docs
"""

from __future__ import annotations

import http.client
import json
import signal
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chassis.http.shutdown import before_shutdown

log = structlog.get_logger(__name__)

#: Seconds between two looks at whether Consul still knows us: it may have come back empty.
LOOK = 2.0
_TIMEOUT = 2.0


@dataclass(frozen=True, kw_only=True)
class Instance:
    service: str
    host: str
    port: int
    version: str

    @property
    def id(self) -> str:
        return f"{self.service}-{self.host}-{self.port}"

    def registration(self) -> dict[str, Any]:
        """As the agent's API wants it.

        The check is the live one: were it the ready one, a database that is away would take the last
        instance from its routes, and with it the answer that says so.
        """
        return {
            "ID": self.id,
            "Name": self.service,
            "Address": self.host,
            "Port": self.port,
            "Tags": ["souk", "http"],
            "Meta": {"version": self.version},
            "Check": {
                "Name": "answers",
                # A Consul that has just come back would call everybody critical until it has asked.
                "Status": "passing",
                "HTTP": f"http://{self.host}:{self.port}/health/live",
                "Interval": "1s",
                "Timeout": "5s",
                # One that is gone refuses at once; one that is only busy may miss a second.
                "FailuresBeforeCritical": 2,
                "DeregisterCriticalServiceAfter": "1m",
            },
        }


#: `urllib` tells of an answer that breaks off by an exception that is no OSError.
_AWAY = (OSError, http.client.HTTPException)


class Membership:
    """One instance's place in Consul's catalogue."""

    def __init__(self, url: str, instance: Instance, *, token: str = "") -> None:
        self.instance = instance
        self._headers = {"X-Consul-Token": token} if token else {}
        self._agent = f"{url.rstrip('/')}/v1/agent/service"
        self._left = threading.Event()
        self._turn = threading.Lock()

    def keep(self) -> None:
        """Be registered until `leave`. For a thread."""
        while not self._left.is_set():
            self.look()
            self._left.wait(LOOK)

    def look(self) -> None:
        """Register, when Consul does not know us."""
        with self._turn:
            try:
                if not self._left.is_set() and not self._known():
                    self._send("PUT", "register", self.instance.registration())
                    log.info("registered", instance=self.instance.id)
            except _AWAY as error:
                log.warning("consul_away", error=str(error))

    def leave(self) -> None:
        """Be asked for nothing new from now on."""
        self._left.set()
        with self._turn:
            try:
                self._send("PUT", f"deregister/{self.instance.id}")
                log.info("deregistered", instance=self.instance.id)
            except _AWAY as error:
                log.warning("consul_away", error=str(error))

    def _known(self) -> bool:
        try:
            self._send("GET", self.instance.id)
            return True
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return False
            raise

    def _send(self, method: str, what: str, document: dict[str, Any] | None = None) -> None:
        """Raises one of _AWAY: Consul is away, or refuses."""
        body = json.dumps(document).encode() if document else None
        request = urllib.request.Request(f"{self._agent}/{what}", body, self._headers, method=method)  # noqa: S310 (settings)
        urllib.request.urlopen(request, timeout=_TIMEOUT).close()  # noqa: S310


def announce(*, ended_by: signal.Signals | None = None) -> None:
    """For `config/wsgi.py`: only what answers requests is an instance, and leaves in order (see `before_shutdown`).

    Raises ImproperlyConfigured when CONSUL_URL is set and INSTANCE_ADDRESS (`host:port`, as others reach us) is not.
    """
    membership = _membership()
    if membership:
        threading.Thread(target=membership.keep, name="discovery", daemon=True).start()
    before_shutdown(membership.leave if membership else _tell_nobody, settings.LEAVE_SECONDS, ended_by=ended_by)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """For `config/asgi.py`: announces when the server has begun; it sets its signal handlers after the import."""
    await receive()
    # After SIGTERM uvicorn ends as if the signal had killed it, after SIGINT with status 0.
    announce(ended_by=signal.SIGINT)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _membership() -> Membership | None:
    if not settings.CONSUL_URL:
        return None
    host, _, port = settings.INSTANCE_ADDRESS.rpartition(":")
    if not host or not port.isdigit():
        raise ImproperlyConfigured("INSTANCE_ADDRESS must be host:port, as Consul and the gateway reach this process.")
    version = settings.SPECTACULAR_SETTINGS["VERSION"]
    instance = Instance(service=settings.SERVICE_NAME, host=host, port=int(port), version=version)
    return Membership(settings.CONSUL_URL, instance, token=settings.CONSUL_TOKEN)


def _tell_nobody() -> None:
    """Without Consul, whoever asks whether we are ready hears of it."""
