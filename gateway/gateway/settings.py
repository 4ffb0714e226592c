"""Settings of the gateway. This is the only module that reads the environment; see `.env.example`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: The services behind the gateway. An image has `services.toml` where the repository has it: above the project.
SERVICES: Mapping[str, Mapping[str, Any]] = tomllib.loads((Path(__file__).parents[2] / "services.toml").read_text())
MESSAGES = Path(__file__).parents[2] / "docs" / "events"


class BadSetting(Exception):
    """A variable is not valid; the text names it and says what is expected."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    #: Folder of the configuration, the caches, the logs and the pid file.
    home: Path
    #: Name of the shop on its pages.
    shop_name: str = "Souk"
    listen: str = "127.0.0.1"
    public_port: int = 8080
    staff_port: int = 8081
    #: Addresses (`host:port`) of each service's instances, where they are set.
    known_upstreams: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys(SERVICES, ()))
    #: Consul's DNS (`host:port`). When it is set, instances change without a reload; `known_upstreams` are used only
    #: while Consul knows no instance.
    consul_dns: str = ""
    #: A DNS server, such as a cluster's, that resolves the names in `known_upstreams` repeatedly; empty with Consul.
    resolver: str = ""
    #: Address of the sandbox providers; empty without them.
    sandbox: str = ""
    static_root: Path
    media_root: Path
    #: The message reference, a folder of JSON documents; its page says so where it is missing.
    messages_root: Path = MESSAGES
    #: Requests per second; 0 disables a limit. A burst of twice as many passes at once.
    client_rate: int = 100
    account_rate: int = 50
    sign_in_rate: int = 20
    #: Seconds for which the result of a token check is reused: a revoked token is accepted as long.
    token_check_seconds: int = 4
    #: Milliseconds that a request waits for that check; then the services decide alone.
    token_check_wait: int = 250
    #: Seconds for which an anonymous read is cached when its service does not say.
    cache_seconds: int = 2
    header_seconds: int = 10
    body_seconds: int = 15
    answer_seconds: int = 30
    body_limit: str = "1m"
    staff_body_limit: str = "10m"
    #: Headers in which providers sign their webhooks.
    webhook_headers: tuple[str, ...] = ()
    #: Addresses of proxies in front whose X-Forwarded-For is trusted.
    trusted_proxies: tuple[str, ...] = ()
    #: The scheme that services see; `$scheme` is that of the client's connection.
    forwarded_proto: str = "$scheme"
    tls_certificate: str = ""
    tls_key: str = ""
    workers: int = 1
    #: User of nginx's workers when root starts it.
    user: str = ""

    @property
    def https(self) -> bool:
        """Whether clients use TLS, here or at a proxy in front."""
        return bool(self.tls_key) or self.forwarded_proto == "https"

    @property
    def upstreams(self) -> dict[str, tuple[str, ...]]:
        """The addresses of each service's instances: those of the settings, or its port on a developer's machine."""
        return {
            name: self.known_upstreams[name] or (f"127.0.0.1:{8080 + service['port']}",)
            for name, service in SERVICES.items()
        }


def from_environment(source: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the environment. Raises BadSetting."""
    home = Path(_text(source, "GATEWAY_HOME", "var/gateway")).absolute()
    rates_off = _text(source, "RATE_LIMIT", "on") == "off"
    settings = Settings(
        home=home,
        shop_name=_text(source, "SHOP_NAME", Settings.shop_name),
        listen=_text(source, "GATEWAY_LISTEN", Settings.listen),
        public_port=_number(source, "GATEWAY_PORT", Settings.public_port),
        staff_port=_number(source, "GATEWAY_STAFF_PORT", Settings.staff_port),
        known_upstreams={name: _texts(source, f"{name.upper()}_UPSTREAM", "") for name in SERVICES},
        consul_dns=_text(source, "CONSUL_DNS", ""),
        resolver=_text(source, "RESOLVER", ""),
        sandbox=_text(source, "SANDBOX_UPSTREAM", ""),
        static_root=Path(_text(source, "STATIC_ROOT", str(home.parent / "static"))).absolute(),
        media_root=Path(_text(source, "MEDIA_ROOT", str(home.parent / "media"))).absolute(),
        messages_root=Path(_text(source, "MESSAGES_ROOT", str(MESSAGES))).absolute(),
        client_rate=0 if rates_off else _number(source, "RATE_LIMIT_CLIENT", Settings.client_rate),
        account_rate=0 if rates_off else _number(source, "RATE_LIMIT_ACCOUNT", Settings.account_rate),
        sign_in_rate=0 if rates_off else _number(source, "RATE_LIMIT_SIGN_IN", Settings.sign_in_rate),
        token_check_seconds=_number(source, "TOKEN_CHECK_SECONDS", Settings.token_check_seconds),
        token_check_wait=_number(source, "TOKEN_CHECK_MILLISECONDS", Settings.token_check_wait),
        cache_seconds=_number(source, "CACHE_SECONDS", Settings.cache_seconds),
        header_seconds=_number(source, "HEADER_SECONDS", Settings.header_seconds),
        body_seconds=_number(source, "BODY_SECONDS", Settings.body_seconds),
        answer_seconds=_number(source, "ANSWER_SECONDS", Settings.answer_seconds),
        body_limit=_text(source, "BODY_LIMIT", Settings.body_limit),
        staff_body_limit=_text(source, "STAFF_BODY_LIMIT", Settings.staff_body_limit),
        webhook_headers=_texts(source, "WEBHOOK_HEADERS", DEFAULT_WEBHOOK_HEADERS),
        trusted_proxies=_texts(source, "TRUSTED_PROXIES", ""),
        forwarded_proto=_text(source, "FORWARDED_PROTO", Settings.forwarded_proto),
        tls_certificate=_text(source, "TLS_CERTIFICATE", ""),
        tls_key=_text(source, "TLS_KEY", ""),
        workers=_number(source, "GATEWAY_WORKERS", Settings.workers),
        user=_text(source, "GATEWAY_USER", ""),
    )
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise BadSetting("TLS_CERTIFICATE and TLS_KEY go together; only one of them is set.")
    if settings.consul_dns and settings.resolver:
        raise BadSetting("RESOLVER and CONSUL_DNS exclude each other: instances are found by the one or by the other.")
    return settings


DEFAULT_WEBHOOK_HEADERS = (
    "Stripe-Signature,"
    "PayPal-Auth-Algo,PayPal-Cert-Url,PayPal-Transmission-Id,PayPal-Transmission-Sig,PayPal-Transmission-Time,"
    "Sandbox-Signature,Courier-Signature"
)


def _text(source: Mapping[str, str], name: str, default: str) -> str:
    value = source.get(name, "") or default
    # The value becomes part of nginx's configuration, where a line break or a brace would be syntax.
    if any(character in value for character in '\n\r;{}"'):
        raise BadSetting(f"{name} contains a character that nginx would take for syntax.")
    return value


def _texts(source: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _text(source, name, default).split(",") if part.strip())


def _number(source: Mapping[str, str], name: str, default: int) -> int:
    value = _text(source, name, str(default))
    if not value.isascii() or not value.isdigit():
        raise BadSetting(f"{name} must be a whole number, not {value!r}.")
    return int(value)
