"""Render the settings and templates into the files that nginx reads."""

from __future__ import annotations

import getpass
import hashlib
import html
import json
import os
import shutil
import stat
import string
from collections.abc import Iterable, Mapping
from pathlib import Path

from gateway.settings import SERVICES, Settings

_TEMPLATES = Path(__file__).parent / "templates"
_PAGES = Path(__file__).parents[1] / "pages"

#: Problem documents of nginx itself: status -> (code, title, detail, Retry-After in seconds or 0).
PROBLEMS: Mapping[int, tuple[str, str, str, int]] = {
    400: ("bad_request", "The request is not valid", "The request could not be read.", 0),
    401: ("not_authenticated", "Sign in first", "The access token is missing, has expired or was revoked.", 0),
    404: ("not_found", "Not found", "Not found.", 0),
    405: ("method_not_allowed", "Method not allowed", "This address does not take that method.", 0),
    408: ("request_timeout", "Too slow", "The request did not arrive in time.", 0),
    411: ("length_required", "The request is not valid", "The request must say how long its body is.", 0),
    412: ("precondition_failed", "Not possible in the present state", "A condition of the request does not hold.", 0),
    413: ("too_large", "Too large", "The request body is too large.", 0),
    414: ("uri_too_long", "Too large", "The address is too long.", 0),
    415: ("unsupported_media_type", "Media type not supported", "The body is of a type that is not read here.", 0),
    416: ("range_not_satisfiable", "The request is not valid", "The file has no such range.", 0),
    421: ("misdirected_request", "The request is not valid", "This host is not served on this connection.", 0),
    429: ("too_many_requests", "Too many requests", "Wait a moment, then try again.", 1),
    431: ("headers_too_large", "Too large", "The request headers are too large.", 0),
    500: ("internal_error", "Something broke on our side", "Quote the request id if you contact us.", 0),
    503: ("unavailable", "Not available at the moment", "Please try again in a few seconds.", 5),
}
#: Status of nginx -> status that the client gets, where they differ.
_TOLD_AS: Mapping[int, int] = {
    403: 404,  # a folder, or a file that nginx may not read
    494: 431,
    495: 400,
    496: 400,
    497: 400,  # plain HTTP on the TLS port
    # The client's fault: a transfer encoding or a version of HTTP that is not supported.
    501: 400,
    505: 400,
    # An unavailable service.
    502: 503,
    504: 503,
}


#: Connections to services. An idle one is closed here first, also when a service shuts down (after its
#: LEAVE_SECONDS), so that no service closes one at the moment at which a request is sent on it.
_KEPT_OPEN = ("keepalive 16;", "keepalive_timeout 1s;")


class Template(string.Template):
    """Placeholders are `%{name}`, because nginx uses the dollar sign."""

    delimiter = "%"


def render(settings: Settings) -> Path:
    """Write the configuration into `home` and return the path of nginx.conf."""
    for folder in ("routes", "cache", "temp", "logs"):
        (settings.home / folder).mkdir(parents=True, exist_ok=True)
    values = _values(settings)
    shutil.copytree(_PAGES, settings.home / "pages", dirs_exist_ok=True)
    if settings.messages_root.is_dir():
        shutil.copytree(settings.messages_root, settings.home / "pages/docs/messages", dirs_exist_ok=True)
    for page in (settings.home / "pages").rglob("*.html"):
        page.write_text(Template(page.read_text()).safe_substitute(_links(settings)))
    for template in sorted(_TEMPLATES.rglob("*.conf")):
        target = settings.home / template.relative_to(_TEMPLATES)
        target.write_text(Template(template.read_text()).substitute(values))
    (settings.home / "upstreams.conf").write_text(_upstreams(settings))
    (settings.home / "problems.conf").write_text(_problem_locations())
    (settings.home / "problem_pages.conf").write_text(_problem_pages())
    (settings.home / "each_service.conf").write_text(_each_service(settings))
    if not settings.sandbox:
        (settings.home / "routes/sandbox.conf").write_text("# No sandbox here.\n")
        (settings.home / "staff_sandbox.conf").write_text("# No sandbox here.\n")
    return settings.home / "nginx.conf"


def _values(settings: Settings) -> dict[str, str]:
    return {
        "user": _user(settings),
        "workers": str(settings.workers),
        "public_listen": _listen(settings, settings.public_port),
        "staff_listen": _listen(settings, settings.staff_port),
        "tls": _tls(settings),
        "hsts": _lines(['add_header Strict-Transport-Security "max-age=31536000" always;'] if settings.https else []),
        "real_ip": _real_ip(settings),
        "forwarded_proto": settings.forwarded_proto,
        "static_root": str(settings.static_root),
        "media_root": str(settings.media_root),
        "client_rate": str(settings.client_rate or 1),
        "account_rate": str(settings.account_rate or 1),
        "sign_in_rate": str(settings.sign_in_rate or 1),
        "limits": _limits(client=settings.client_rate, account=settings.account_rate),
        "sign_in_limits": _limits(client=settings.client_rate, sign_in=settings.sign_in_rate),
        "token_check_seconds": str(settings.token_check_seconds),
        "token_check_wait": str(settings.token_check_wait),
        "cache": str(_cache(settings.home)),
        "cache_seconds": str(settings.cache_seconds),
        "header_seconds": str(settings.header_seconds),
        "body_seconds": str(settings.body_seconds),
        "answer_seconds": str(settings.answer_seconds),
        "body_limit": settings.body_limit,
        "staff_body_limit": settings.staff_body_limit,
        "webhook_headers": _lines(f"proxy_set_header {name} {_variable(name)};" for name in settings.webhook_headers),
    }


def _cache(home: Path, memory: Path = Path("/dev/shm")) -> Path:
    """Return a cache folder in memory, safe from a full disk; in `home` if there is none or another user made it."""
    folder = memory / f"souk-cache-{os.geteuid()}-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    try:
        # nginx creates the content, readable only by its workers, which may run as another user.
        folder.mkdir(mode=0o711, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return home / "cache"
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return folder if ours else home / "cache"


def _links(settings: Settings) -> dict[str, str]:
    """Return the links of the pages. The public page shows the staff address in the embedded run only."""
    scheme = "https" if settings.tls_key else "http"
    staff = f"{scheme}://{settings.listen}:{settings.staff_port}/"
    mailbox = '<li><a href="/mailbox/"><strong>Mailbox</strong><span>The mails that customers receive.</span></a></li>'
    hint = f'<p class="soft">Sandbox: all mails are in <a href="{staff}mailbox/">this mailbox</a>.</p>'
    return {
        "shop_name": html.escape(settings.shop_name),
        "public_url": f"{scheme}://{settings.listen}:{settings.public_port}",
        "staff_link": f'<a class="button" href="{staff}">Staff</a>' if settings.sandbox else "",
        "mailbox_link": mailbox if settings.sandbox else "",
        "mailbox_hint": hint if settings.sandbox else "",
        "api_cards": _cards("/api/docs/?service={}"),
        "admin_cards": _cards("/admin/{}/"),
        "service_options": _lines(f"<option>{name}</option>" for name in SERVICES),
        "sandbox_only": "" if settings.sandbox else "hidden disabled",
        "live_only": "hidden disabled" if settings.sandbox else "",
    }


def _cards(link: str) -> str:
    """Return a list item for each service, with its name, its color and what it owns."""
    return _lines(
        f'<li><a href="{link.format(name)}" style="--service: {html.escape(service["color"])}">'
        f"<strong>{name.capitalize()}</strong><span>{html.escape(_sentence(service['owns']))}</span></a></li>"
        for name, service in SERVICES.items()
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _upstreams(settings: Settings) -> str:
    """Return an upstream block for each service: the only place that names instances."""
    servers = {name: _servers(settings, name) for name in settings.upstreams}
    if settings.sandbox:
        servers["sandbox"] = [f"server {settings.sandbox} max_fails=0;"]
    blocks = [
        f"upstream {name} {{\n    {_lines([f'zone {name} 64k;', *lines, *_KEPT_OPEN])}\n}}\n"
        for name, lines in servers.items()
    ]
    return "\n".join([_resolver(settings), *blocks])


def _servers(settings: Settings, name: str) -> list[str]:
    if settings.consul_dns:
        # The SRV record `_products._tcp.service.consul` has the healthy instances. One that has just died is skipped
        # before Consul removes it: nginx gives up a second try when the list changes during a request.
        followed = f"server service.consul service={name} resolve max_fails=3 fail_timeout=2s;"
        # A Consul that has just restarted knows no instances for a moment.
        return [followed, *(f"server {address} backup max_fails=0;" for address in settings.known_upstreams[name])]
    addresses, follow = settings.upstreams[name], "resolve " if settings.resolver else ""
    anyhow = [f"server {address} {follow}max_fails=0" for address in addresses]
    if len(addresses) == 1 and not settings.resolver:
        return [f"{server};" for server in anyhow]
    # An instance that fails is not tried again for each request. When all have just failed, all are tried:
    # in a rolling restart the first is back just before the second stops.
    spared = [f"server {address} {follow}max_fails=2 fail_timeout=2s;" for address in addresses]
    return [*spared, *(f"{server} backup;" for server in anyhow)]


def _resolver(settings: Settings) -> str:
    if settings.consul_dns:
        resolver = f"resolver {settings.consul_dns} valid=1s ipv6=off;\nresolver_timeout 2s;\n"
        return f"# Consul supplies the instances\n{resolver}"
    if settings.resolver:
        return f"# names are resolved repeatedly\nresolver {settings.resolver} valid=2s;\nresolver_timeout 2s;\n"
    return "# fixed instances: no Consul\n"


def _each_service(settings: Settings) -> str:
    """Return the locations of each service's admin and of its health through this gateway."""
    # The admin of users has the sign-in page and checks access itself.
    guard = {name: "" if name == "users" else " include staff_check.conf;" for name in settings.upstreams}
    return "\n".join(
        f"location /admin/{name}/ {{ include proxy.conf;{guard[name]} proxy_pass http://{name}; }}\n"
        f"location = /health/{name} {{ access_log off; include proxy.conf; proxy_pass http://{name}/health/live; }}"
        for name in settings.upstreams
    )


def _problem_locations() -> str:
    """Return the locations of problem documents. `return` with a body lets them contain the request id."""
    blocks = []
    for status, (code, title, detail, retry_after) in PROBLEMS.items():
        document = {
            "type": f"https://souk.example/problems/{code}",
            "title": title,
            "status": status,
            "code": code,
            "detail": detail,
            "request_id": "$request_id",
        }
        extra = [f"add_header Retry-After {retry_after} always;"] if retry_after else []
        extra += ["add_header WWW-Authenticate 'Bearer realm=\"souk\"' always;"] if status == 401 else []
        blocks.append(
            f"location = /internal/problem/{status} {{\n    internal;\n"
            f"    include headers.conf;\n    default_type application/problem+json;\n"
            f"    add_header Cache-Control no-store always;\n"
            f"    {_lines([*extra, f'return {status} {_quoted(json.dumps(document))};'], indent=4)}\n}}\n"
        )
    return "\n".join(blocks)


def _problem_pages() -> str:
    """Return the error pages. They are addresses, because a named location needs a request URI that can be parsed."""
    told_as = {**{status: status for status in PROBLEMS}, **_TOLD_AS}
    pages = [f"error_page {said} = /internal/problem/{told};" for said, told in sorted(told_as.items())]
    # nginx adds a missing slash with a 301, which would turn a POST into a GET.
    redirects = ["error_page 301 =308 /internal/redirect/;", "error_page 302 307 308 /internal/redirect/;"]
    return _lines([*redirects, *pages], indent=0) + "\n"


def _limits(**rates: int) -> str:
    return (
        _lines(f"limit_req zone=per_{zone} burst={rate * 2} nodelay;" for zone, rate in rates.items() if rate)
        or "# limits are off"
    )


def _listen(settings: Settings, port: int) -> str:
    if not settings.tls_key:
        return f"listen {settings.listen}:{port} backlog=1024;"
    return f"listen {settings.listen}:{port} ssl backlog=1024;\n    http2 on;"


def _tls(settings: Settings) -> str:
    if not settings.tls_key:
        return "# no TLS: set TLS_CERTIFICATE and TLS_KEY"
    return _lines(
        [
            f"ssl_certificate {settings.tls_certificate};",
            f"ssl_certificate_key {settings.tls_key};",
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "ssl_session_cache shared:tls:1m;",
            "ssl_session_tickets off;",
        ]
    )


def _real_ip(settings: Settings) -> str:
    if not settings.trusted_proxies:
        return "# no trusted proxy: the client is the peer of the connection"
    trusted = [f"set_real_ip_from {address};" for address in settings.trusted_proxies]
    return _lines([*trusted, "real_ip_header X-Forwarded-For;", "real_ip_recursive on;"])


def _user(settings: Settings) -> str:
    if os.geteuid() != 0:
        return "# not started by root: the workers run as the same user"
    return f"user {settings.user or getpass.getuser()};"


def _variable(header: str) -> str:
    return "$http_" + header.lower().replace("-", "_")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _lines(lines: Iterable[str], indent: int = 4) -> str:
    return ("\n" + " " * indent).join(lines)
