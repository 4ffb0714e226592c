"""The environment of every process: addresses of other processes, and values that differ from the defaults."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from run import secrets
from run.addresses import Embedded, Real
from run.layout import ROOT, SERVICES, Home, Ports

_KEPT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "TZ")


@dataclass(frozen=True)
class Settings:
    """The options of one system. `extra`: `NAME=value` for all processes, or `orders.NAME=value` for one service."""

    home: Home
    ports: Ports
    extra: Mapping[str, str] = field(default_factory=dict)
    #: Services (or `sandbox`) that are not started here.
    without: frozenset[str] = frozenset()
    #: The folder of the real engines; None for the embedded ones.
    engines: Path | None = None

    @cached_property
    def addresses(self) -> Embedded | Real:
        return Real(self.engines) if self.engines else Embedded(self.home, self.ports)

    @property
    def services(self) -> list[str]:
        return [name for name in SERVICES if name not in self.without]

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.gateway}"

    @property
    def staff_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.staff}"

    def url_of(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports.of(service)}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.sandbox}"

    # Environments

    def service(self, name: str, port: int = 0) -> dict[str, str]:
        """Return the environment of one service's processes; `port` is for an additional web process."""
        kept = secrets.read(self.home)
        own = {
            **self._common(),
            **_shared_secrets(kept),
            "DJANGO_SETTINGS_MODULE": f"{name}.config.settings",
            "SECRET_KEY": kept[f"SECRET_KEY_{name.upper()}"],
            **{secret: kept[secret] for secret, holders in secrets.BETWEEN.items() if name in holders},
            **self.addresses.of(name),
            "INSTANCE_ADDRESS": f"127.0.0.1:{port or self.ports.of(name)}",
            "WORKER_RUNS_RELAY_AND_BEAT": "true",
            "METRICS_LISTEN": f"127.0.0.1:{self.ports.metrics_of(name)}",
            "HEARTBEAT_DIR": str(self.home.state),
            "JWKS_URL": f"{self.url_of('users')}/.well-known/jwks.json",
            "STATIC_ROOT": str(self.home.static),
            "MEDIA_ROOT": str(self.home.media),
            **self._neighbors(),
        }
        return own | self._extra(name)

    def sandbox(self) -> dict[str, str]:
        """Return the environment of the sandbox providers."""
        return {
            **self._common(),
            **_shared_secrets(secrets.read(self.home)),
            "SANDBOX_HOME": str(self.home.sandbox),
            "SANDBOX_PORT": str(self.ports.sandbox),
            "SANDBOX_SMTP_PORT": str(self.ports.smtp),
            "SANDBOX_PUBLIC_URL": f"{self.public_url}/sandbox",
            # A parcel takes five steps, and the demo should be short.
            "COURIER_STEP_SECONDS": "1",
            "SANDBOX_PAYMENT_WEBHOOK_URL": f"{self.public_url}/api/v1/payment-webhooks/sandbox/",
            "SANDBOX_PAYPAL_WEBHOOK_URL": f"{self.public_url}/api/v1/payment-webhooks/paypal/",
            "SANDBOX_STRIPE_WEBHOOK_URL": f"{self.public_url}/api/v1/payment-webhooks/stripe/",
            **self._stripe(),
            **self._paypal(),
            "COURIER_WEBHOOK_URL": f"{self.public_url}/api/v1/carrier-webhooks/sandbox/",
        } | self._extra("sandbox")

    def gateway(self) -> dict[str, str]:
        """Return the environment of the gateway."""
        return {
            **self._common(),
            "PYTHONPATH": str(ROOT / "gateway"),
            "GATEWAY_HOME": str(self.home.gateway),
            "GATEWAY_PORT": str(self.ports.gateway),
            "GATEWAY_STAFF_PORT": str(self.ports.staff),
            **{f"{name.upper()}_UPSTREAM": f"127.0.0.1:{self.ports.of(name)}" for name in SERVICES},
            "CONSUL_DNS": self.addresses.consul_dns,
            "SANDBOX_UPSTREAM": f"127.0.0.1:{self.ports.sandbox}",
            "STATIC_ROOT": str(self.home.static),
            "MEDIA_ROOT": str(self.home.media),
        } | self._extra("gateway")

    def _neighbors(self) -> dict[str, str]:
        """Return the addresses of other services; a service ignores those that it does not read."""
        return {
            "PUBLIC_URL": self.public_url,
            "SHOP_URL": self.public_url,
            "PAYMENT_RETURN_URL": f"{self.public_url}/account/orders/{{order_id}}/",
            "STAFF_URL": self.staff_url,
            "ADMIN_SERVICES": ",".join(SERVICES),
            "PERSONAL_DATA_SERVICES": ",".join(SERVICES),
            "SHIPPING_JWKS_URL": f"{self.url_of('shipping')}/api/v1/shipping/jwks.json",
            "SANDBOX_URL": self.sandbox_url,
            "PAYMENT_PROVIDERS": "sandbox,stripe,paypal,prepayment,invoice,cash_on_delivery",
            "BANK_TRANSFER_TO": "Souk Demo Shop, DE02 1203 0000 0000 2020 51",
            "SANDBOX_PAYMENT_URL": f"{self.sandbox_url}/payments",
            **self._stripe(),
            **self._paypal(),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.ports.smtp}",
            "JWT_KEYS_DIR": str(self.home.keys / "users"),
            "QUOTE_SIGNING_KEY_FILE": str(self.home.keys / "shipping.pem"),
        }

    def _stripe(self) -> dict[str, str]:
        """Return what the payment service and Stripe's stand-in have to agree on, beside the webhooks' secret."""
        return {
            "STRIPE_API_BASE": f"{self.sandbox_url}/stripe",
            "STRIPE_API_KEY": "sk_test_souk",
            "STRIPE_PUBLISHABLE_KEY": "pk_test_souk",
        }

    def _paypal(self) -> dict[str, str]:
        """Return what the payment service and PayPal's stand-in have to agree on, beside the secret."""
        return {
            "PAYPAL_API_BASE": f"{self.sandbox_url}/paypal",
            "PAYPAL_CLIENT_ID": "souk",
            "PAYPAL_WEBHOOK_ID": "SOUKWEBHOOK",
            "PAYPAL_AUTHORITY_FILE": str(self.home.sandbox / "paypal-authority.pem"),
        }

    def _common(self) -> dict[str, str]:
        """Return the common variables; of the developer's shell only paths of programs and certificates."""
        inherited = {name: os.environ[name] for name in _KEPT if name in os.environ}
        scripts = str(Path(sys.executable).parent)
        return {
            **inherited,
            "PATH": f"{scripts}:{inherited.get('PATH', '/usr/bin:/bin')}",
            "PYTHONUNBUFFERED": "1",
            # Otherwise each thread gets a memory arena.
            "MALLOC_ARENA_MAX": "2",
            # Return the 19 MB of a password hash to the system at once.
            "MALLOC_MMAP_THRESHOLD_": "131072",
            "MALLOC_TRIM_THRESHOLD_": "131072",
            # Marks the owner of a process: see run.ports. Not SOUK_HOME, which a person may have set in the shell.
            "SOUK_SYSTEM": str(self.home.path),
        }

    def _extra(self, name: str) -> dict[str, str]:
        chosen = {key: value for key, value in self.extra.items() if "." not in key}
        prefix = f"{name}."
        return chosen | {key.removeprefix(prefix): value for key, value in self.extra.items() if key.startswith(prefix)}


def _shared_secrets(kept: Mapping[str, str]) -> dict[str, str]:
    return {name: kept[name] for name in secrets.SHARED}
