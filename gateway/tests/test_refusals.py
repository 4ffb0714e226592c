"""nginx's own refusals, on every route of both listeners, are problem documents and never a 5xx."""

from __future__ import annotations

import json

import pytest
from routes import all_routes

LISTENERS = ("public", "staff")


def request(line, *lines, body=b""):
    return b"\r\n".join([line, b"Host: souk", b"Connection: close", *lines, b"", b""]) + body


def get(target, *lines):
    return request(b"GET " + target + b" HTTP/1.1", *lines)


def post(target, *lines, body=b""):
    return request(b"POST " + target + b" HTTP/1.1", *lines, body=body)


#: Name -> (the request for a path, the statuses that may answer it).
REFUSED = {
    "NUL in the path": (lambda path: get(path + b"%00"), {400}),
    "no hexadecimal in the path": (lambda path: get(path + b"%zz"), {400}),
    "half an escape": (lambda path: get(path + b"%2"), {400}),
    "above the root": (lambda path: get(b"/../.." + path), {400}),
    "a control character": (lambda path: get(path + b"\x07"), {400}),
    "a long query": (lambda path: get(path + b"?q=" + b"x" * 9_000), {414}),
    "a long path": (lambda path: get(path + b"x" * 40_000), {414}),
    "a big header": (lambda path: get(path, b"X-Big: " + b"x" * 9_000), {431}),
    "many headers": (lambda path: get(path, *[b"X-%d: %s" % (n, b"x" * 4_000) for n in range(20)]), {431}),
    "a big cookie": (lambda path: get(path, b"Cookie: a=" + b"x" * 20_000), {431}),
    "NUL in a header": (lambda path: get(path, b"X-Nul: a\x00b"), {400}),
    "a blank before the colon": (lambda path: get(path, b"X-Blank : a"), {400}),
    "a method in small letters": (lambda path: request(b"get " + path + b" HTTP/1.1"), {400}),
    "TRACE": (lambda path: request(b"TRACE " + path + b" HTTP/1.1"), {405}),
    "CONNECT": (lambda path: request(b"CONNECT souk:443 HTTP/1.1"), {405}),
    "HTTP 2 in clear text": (lambda path: request(b"GET " + path + b" HTTP/2.0"), {400}),
    "HTTP of the future": (lambda path: request(b"GET " + path + b" HTTP/3.7"), {400}),
    "no version at all": (lambda path: request(b"GET " + path + b" SOUK/1.1"), {400}),
    "no host": (lambda path: b"GET " + path + b" HTTP/1.1\r\nConnection: close\r\n\r\n", {400}),
    "two hosts": (lambda path: get(path, b"Host: another"), {400}),
    "a host that is none": (lambda path: b"GET " + path + b" HTTP/1.1\r\nHost: a/b\r\n\r\n", {400}),
    "an unknown transfer encoding": (lambda path: post(path, b"Transfer-Encoding: gzip"), {400}),
    "two lengths": (lambda path: post(path, b"Transfer-Encoding: chunked", b"Content-Length: 3"), {400}),
    "a negative length": (lambda path: post(path, b"Content-Length: -1"), {400}),
    "a length beyond numbers": (lambda path: post(path, b"Content-Length: " + b"9" * 30), {400}),
    "a body of a hundred megabytes": (lambda path: post(path, b"Content-Length: 100000000"), {401, 404, 405, 413}),
    "a chunk that is none": (
        lambda path: post(path, b"Transfer-Encoding: chunked", body=b"zz\r\nabc\r\n"),
        {400, 401, 404, 405},
    ),
    "a second chunk that is none": (
        lambda path: post(path, b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\nzz\r\n"),
        {400, 401, 404, 405},
    ),
}
_STATIC = {"/health", "/robots.txt"}


def is_a_problem(answer, statuses):
    assert answer.status in statuses, answer.received[:300]
    assert answer.headers["content-type"] == "application/problem+json", answer.received[:300]
    document = json.loads(answer.body)
    assert document["status"] == answer.status
    assert document["code"]
    assert document["request_id"] == answer.headers["x-request-id"]
    return True


def test_a_request_that_cannot_be_read_is_a_problem_document_on_every_route_of_both_listeners(gateway):
    routes = [route for route in all_routes(gateway.configuration) if route.paths()]
    assert len(routes) > 50
    for route in routes:
        path = route.paths()[0].encode()
        for listener in LISTENERS:
            for name, (build, statuses) in REFUSED.items():
                answer = gateway.ask(build(path), listener)
                own = path.decode() in _STATIC and answer.status == 200  # it reads no body
                assert own or is_a_problem(answer, statuses), (name, path)


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(
    "noise",
    [
        bytes.fromhex("16030100c4010000c00303") + bytes(180),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"EHLO souk\r\n",
    ],
    ids=["TLS", "HTTP 2", "PROXY", "SSH", "binary", "SMTP"],
)
def test_a_request_that_is_not_http_gets_a_problem_document(gateway, listener, noise):
    assert is_a_problem(gateway.ask(noise, listener), {400})


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize("path", [b"/media/lamp.svg", b"/static/site.css", b"/api/docs/docs.js", b"/pages/souk.css"])
def test_files_refuse_by_problem_documents_too(gateway, listener, path):
    assert is_a_problem(gateway.ask(post(path, b"Content-Length: 2", body=b"{}"), listener), {405})
    assert is_a_problem(gateway.ask(get(path, b"Range: bytes=9999999-"), listener), {416})
    assert is_a_problem(gateway.ask(get(path, b'If-Match: "another"'), listener), {412})
    folder = path.rpartition(b"/")[0] + b"/"
    assert gateway.ask(get(folder), listener).status == 200 or is_a_problem(gateway.ask(get(folder), listener), {404})
    assert is_a_problem(gateway.ask(get(folder + b"x" * 300), listener), {404})


@pytest.mark.parametrize(
    "path", ["/api/v1/products/", "/api/v1/categories/x/", "/api/v1/reviews/", "/api/v1/ratings/x/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_bad_token_on_what_everybody_reads_is_a_problem_document(gateway, backend, path, method):
    backend.revoked.add("Bearer bad")
    for client in (gateway.http, gateway.staff):
        answer = client.request(method, path, headers={"Authorization": "Bearer bad"})
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.json()["code"] == "not_authenticated"
    assert not backend.requests


def test_a_client_without_a_host_is_told_the_address_that_it_used(gateway, backend):
    answer = gateway.ask(b"GET /api/v1/products/?old=1 HTTP/1.0\r\n\r\n")
    assert answer.status == 200
    assert backend.requests[0].headers["host"] == f"127.0.0.1:{gateway.port}"


def test_an_inner_address_is_for_nobody_outside(gateway):
    inner = [route for route in all_routes(gateway.configuration) if "internal;" in route.body]
    assert len(inner) > 15
    for route in inner:
        for listener in LISTENERS:
            path = route.pattern.rpartition(" ")[2].encode()
            assert is_a_problem(gateway.ask(get(path), listener), {404})
