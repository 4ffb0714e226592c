"""The client of a request, for the limits: its network as a keyed hash, so that no address is stored."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from chassis.http.authentication import client_ip
from orders.domain.limits import network_of


def client_of(request: Request | HttpRequest) -> str:
    """Return the hash of the client's network; empty if the address is not readable."""
    network = network_of(client_ip(request))
    return salted_hmac("orders.client", network, algorithm="sha256").hexdigest() if network else ""
