"""Values that a hostile client sends. `hostile` sends them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from chassis.jwt import ACCESS, STAFF
from testkit import tokens


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


NIL = "00000000-0000-0000-0000-000000000000"
TEXTS: tuple[str, ...] = (
    "", " ", "NaN", "-Infinity", "null", "x" * 10_000, "😀" * 300, "\x00", "a\x00b", "\ud800", "a\udfffb",
    "\u202egnp.exe", "\u200b", "e\u0301" * 50, "'; DROP TABLE things; --", "1 OR 1=1", "<script>alert(1)</script>",
    "{{7*7}}${7*7}#{7*7}", "%s%n%x", "../../../../etc/hosts", "a\r\nSet-Cookie: a=b", "1" * 5_000, "²", "١٢٣", "1_000",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-30T25:61:00Z", "99999-01-01", NIL, "true",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**30, -(10**30), 10**4000, 0.5, 1e308, -0.0, *TEXTS,
    [], [[]], [None], [1] * 1000, {}, {"$ne": ""}, {"a": {"a": {"a": {}}}}, _nested(60), [{"": None}],
)  # fmt: skip

#: Bodies that are not JSON, or not an object.
RAW: tuple[bytes, ...] = (
    b"", b" ", b"{", b"[", b"]", b"null", b"true", b"3", b'"text"', b"[]", b"[{}]", b"{}", b"[1,2]", b"-", b"NaN",
    b'{"a": NaN}', b'{"a": 1e999}', b"Infinity", b"\xff\xfe", b"\x00", b"\xef\xbb\xbf{}", b'{"a": 1} x', b"{'a': 1}",
    b'{"\\ud800": 1}', b'{"\\u0000": 1}', b'{"": 1}', b'{"__class__": 1, "__proto__": {}}', b"9" * 5_000, b"9" * 4_000,
    b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"a":' * 50_000, b"[" * 800 + b"]" * 800, b'{"a":' * 300 + b"1" + b"}" * 300,
    b'"' + b"x" * 600_000 + b'"', b"<?xml version='1.0'?><a/>", b"a=1&b=2", '{"a": "ä"}'.encode("latin-1"),
)  # fmt: skip
MANY_FIELDS = b"{" + b",".join(b'"f%d": 1' % n for n in range(20_000)) + b"}"

MEDIA_TYPES: tuple[str, ...] = (
    "", "garbage", "text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded", "*/*", "/",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x", "application/json;;=",
    "application/json; charset=klingon", "application/json; charset=utf-16", "application/json; charset=rot13",
    "application/json; charset=zip", "application/json; charset=undefined",
    "application/json; charset=idna", "application/json; " + "x" * 5_000, "application/merge-patch+json", "é/ü",
)  # fmt: skip

#: Path parameters, percent-encoded.
IN_PATHS: tuple[str, ...] = (
    "1", "0", "-1", "nonsense", NIL, NIL.upper(), f"{{{NIL}}}", "%00", "a%00b", "%FF%FE", "%ED%A0%80", "%F0%9F%98%80",
    "%E2%80%AE", "x" * 3_000, "%27%3B%20DROP%20TABLE%20x", "%2e%2e", "..%2F..%2Fetc%2Fhosts", "%3Cscript%3E",
    "%0d%0aA:b", "9" * 400, "null", "%20", "*", "%25", "me", "a.json", "%2F",
)  # fmt: skip


def _cursor(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


CURSORS: tuple[str, ...] = (
    "garbage", "====", *map(_cursor, ("p=\x00", "p=", "p=x", "o=-1", f"o={10**30}", "r=1&p=a\x00", "p=2026-13-99",
    "p=0001-01-01 00:00:00+14:00", "o=1&r=1&p=9999-12-31T23:59:59-23:59", "\udfff", "[true,[1,2]]", "[false,[]]", "-5",
    str(10**30), '[false,["9999-12-31T23:59:59-23:59","x"]]', "[" * 200, "p=" + "9" * 400, "o=²")),
)  # fmt: skip
PARAMETERS = frozenset({"cursor", "page_size", "ordering", "limit", "offset", "search", "id", "customer_id"})

#: Whole query strings and paths.
QUERIES: tuple[str, ...] = (
    "format=xml", "&&&=", "%00=%00", "%FF=%FF", "&".join(f"a{n}=1" for n in range(1_500)), "a" * 20_000,
)  # fmt: skip
PATHS: tuple[str, ...] = (
    "/health/live", "/health/ready", "/metrics", "/", "/api/v1/", "/nothing/", "/%00", "/internal/x/", "/%ED%A0%80",
    "/static/%2e%2e/x", "/api/v1/%2e%2e/%2e%2e/etc/hosts", "//evil.example/", "/" + "x" * 10_000, "/admin/%00/",
)  # fmt: skip
ADMIN_QUERIES: tuple[str, ...] = (
    "q=%00", "q=%ED%A0%80", "q=" + "x" * 5_000, "p=x", "p=-1", f"p={10**30}", "o=x", "o=999.-999", "e=1", "all=1",
    "id__exact=%00", "id__exact=x", "id__gte=%27", "_popup=1", "_facets=x", "created_at__year=99999", "x[]=1",
    "created_at__month=13&created_at__year=0", "password__startswith=a", "status__exact=%00", "is_active__exact=x",
)  # fmt: skip


def forged_tokens(victim: UUID) -> dict[str, str]:
    """Return invalid access tokens by their fault."""
    now = datetime.now(UTC)
    good = tokens.access_token(victim)
    head, claims, signature = good.split(".")
    theirs = {"sub": str(victim), "aud": settings.JWT_AUDIENCE, "iss": settings.JWT_ISSUER, "iat": now,
              "exp": now + timedelta(hours=1), "roles": ["customer"]}  # fmt: skip
    public = tokens.jwk(tokens.signing_key())
    own = {"kid": tokens.KID, "typ": ACCESS}
    spoilt: dict[str, dict[str, Any]] = {
        "audience": {"aud": "souk-staff"},
        "issuer": {"iss": "https://evil.example"},
        "expired": {"exp": now - timedelta(minutes=1)},
        "not yet": {"nbf": now + timedelta(hours=1)},
        "no subject": {"sub": ""},
        "odd subject": {"sub": "\x00' OR 1=1"},
        "number as subject": {"sub": 7},
        "list as roles": {"roles": [[1]]},
        "text as expiry": {"exp": "later"},
    }
    return {
        "other key": tokens.sign(theirs, token_type=ACCESS, key=ec.generate_private_key(ec.SECP256R1())),
        "unknown key": tokens.sign(theirs, token_type=ACCESS, kid="other"),
        "odd key id": tokens.sign(theirs, token_type=ACCESS, kid="../../\x00"),
        "type": tokens.sign(theirs, token_type=STAFF),
        "no type": jwt.encode(theirs, tokens.signing_key(), algorithm="ES256", headers={"kid": tokens.KID}),
        "alg none": jwt.encode(theirs, "", algorithm="none", headers=own),
        "alg HS256 by the public key": jwt.encode(theirs, public["x"] + public["y"], algorithm="HS256", headers=own),
        "cut": f"{head}.{claims}.",
        "swapped": f"{head}.{claims[:-4]}AAAA.{signature}",
        "two parts": f"{head}.{claims}",
        "nothing": "",
        "points": "..",
        "long": "a" * 20_000,
        "letters": "é.ü.\x00",
        "json": "e30.e30.e30",
        "list as head": "W10.W10.W10",
        **{what: tokens.access_token(victim, **claims) for what, claims in spoilt.items()},
    }


#: Headers that claim an identity. Only the gateway may set them.
def forged_identity(victim: UUID) -> dict[str, str]:
    names = (
        "USER_ID",
        "USER",
        "STAFF",
        "STAFF_ID",
        "CUSTOMER_ID",
        "ROLES",
        "FORWARDED_USER",
        "REMOTE_USER",
        "IS_STAFF",
    )
    said = {f"HTTP_X_{name}": str(victim) for name in names}
    return {**said, "HTTP_REMOTE_USER": str(victim), "HTTP_X_SUPERUSER": "true", "HTTP_X_EMAIL": "staff@souk.test"}


#: Headers that must not prevent a response.
ODD_HEADERS: tuple[dict[str, str], ...] = (
    {"HTTP_ACCEPT": "text/html"}, {"HTTP_ACCEPT": "garbage"}, {"HTTP_ACCEPT": "application/json; version=\x00"},
    {"HTTP_ACCEPT": "*/*;q=x," * 500}, {"HTTP_ACCEPT_LANGUAGE": "x" * 10_000}, {"HTTP_ACCEPT_LANGUAGE": "\x00"},
    {"HTTP_HOST": "a b"}, {"HTTP_HOST": "evil.example:99999999"}, {"HTTP_HOST": "[::1"}, {"HTTP_HOST": "\x00"},
    {"HTTP_X_FORWARDED_HOST": "evil.example/\r\n"}, {"HTTP_X_FORWARDED_PROTO": "javascript"},
    {"HTTP_X_REAL_IP": "x" * 10_000}, {"HTTP_X_REAL_IP": "1' OR 1=1\x00"}, {"HTTP_X_FORWARDED_FOR": "é, \x00"},
    {"HTTP_X_REQUEST_ID": "\r\nSet-Cookie: a=b"}, {"HTTP_X_REQUEST_ID": "x" * 10_000}, {"HTTP_TRACEPARENT": "00-\x00"},
    {"HTTP_IF_NONE_MATCH": '"' * 5_000}, {"HTTP_IF_MODIFIED_SINCE": "yesterday"}, {"HTTP_RANGE": "bytes=9-1"},
    {"HTTP_COOKIE": "souk_staff=a.b.c; sessionid=\x00"}, {"HTTP_COOKIE": "=" * 5_000}, {"HTTP_COOKIE": "souk_staff="},
    {"HTTP_CONTENT_ENCODING": "gzip"}, {"HTTP_USER_AGENT": "\x00\xf0\x9f" * 500}, {"HTTP_EXPECT": "200-maybe"},
    {"HTTP_AUTHORIZATION": "Basic YTpi"}, {"HTTP_AUTHORIZATION": "Bearer"}, {"HTTP_AUTHORIZATION": "\x00"},
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}, {"CONTENT_LENGTH": "-1"},
)  # fmt: skip
KEYS: tuple[str, ...] = ("", " ", "x" * 129, "x" * 10_000, "\x00", "a\nb", "é" * 128, "'; DROP TABLE x; --")


def new_key() -> str:
    return str(uuid4())
