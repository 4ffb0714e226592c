"""Registration of an instance with Consul, when CONSUL_URL is set.

Consul checks the instance every second, and answers nginx (by DNS) with those that are healthy. An instance without
Consul keeps working and retries. https://developer.hashicorp.com/consul/api-docs
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

#: Seconds between two checks that Consul still has the registration: it may have restarted empty.
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
        """Return the registration for the agent's API.

        It uses the liveness check: with the readiness check, an unavailable database would remove the last instance
        from its routes, and with it the response that says so.
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
                # Otherwise a restarted Consul reports every instance as critical until the first check.
                "Status": "passing",
                "HTTP": f"http://{self.host}:{self.port}/health/live",
                "Interval": "1s",
                "Timeout": "5s",
                # A stopped instance refuses at once; a busy one may miss one check.
                "FailuresBeforeCritical": 2,
                "DeregisterCriticalServiceAfter": "1m",
            },
        }


#: `urllib` raises HTTPException for a truncated response.
_UNAVAILABLE = (OSError, http.client.HTTPException)


class Membership:
    """The registration of one instance with Consul."""

    def __init__(self, url: str, instance: Instance, *, token: str = "") -> None:
        self.instance = instance
        self._headers = {"X-Consul-Token": token} if token else {}
        self._agent = f"{url.rstrip('/')}/v1/agent/service"
        self._left = threading.Event()
        self._lock = threading.Lock()

    def keep(self) -> None:
        """Keep the registration until `leave`; runs in a thread."""
        while not self._left.is_set():
            self.look()
            self._left.wait(LOOK)

    def look(self) -> None:
        """Register if Consul does not have the registration."""
        with self._lock:
            try:
                if not self._left.is_set() and not self._known():
                    self._send("PUT", "register", self.instance.registration())
                    log.info("registered", instance=self.instance.id)
            except _UNAVAILABLE as error:
                log.warning("consul_unavailable", error=str(error))

    def leave(self) -> None:
        """Remove the registration, so that no new requests arrive."""
        self._left.set()
        with self._lock:
            try:
                self._send("PUT", f"deregister/{self.instance.id}")
                log.info("deregistered", instance=self.instance.id)
            except _UNAVAILABLE as error:
                log.warning("consul_unavailable", error=str(error))

    def _known(self) -> bool:
        try:
            self._send("GET", self.instance.id)
            return True
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return False
            raise

    def _send(self, method: str, what: str, document: dict[str, Any] | None = None) -> None:
        """Send a request to the agent. Raises one of _UNAVAILABLE."""
        body = json.dumps(document).encode() if document else None
        request = urllib.request.Request(f"{self._agent}/{what}", body, self._headers, method=method)  # noqa: S310 (settings)
        urllib.request.urlopen(request, timeout=_TIMEOUT).close()  # noqa: S310


def announce(*, ended_by: signal.Signals | None = None) -> None:
    """Register this web process, and remove the registration before shutdown (`before_shutdown`). For `config/wsgi.py`.

    Raises ImproperlyConfigured when CONSUL_URL is set and INSTANCE_ADDRESS (`host:port` for clients) is not.
    """
    membership = _membership()
    if membership:
        threading.Thread(target=membership.keep, name="discovery", daemon=True).start()
    before_shutdown(membership.leave if membership else _no_registration, settings.LEAVE_SECONDS, ended_by=ended_by)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Call `announce` when the ASGI server starts: it sets its signal handlers after the import."""
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


def _no_registration() -> None:
    """Without Consul, only the readiness check reports the shutdown."""
