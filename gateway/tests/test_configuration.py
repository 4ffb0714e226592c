"""The rendered configuration."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from gateway.render import _cache
from gateway.settings import SERVICES, BadSetting, from_environment
from routes import proxied_routes

from gateway import nginx

ROOT = Path(__file__).parents[2]


def test_nginx_accepts_the_configuration(gateway):
    done = gateway.run("check")
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_every_route_takes_the_one_include_for_headers(gateway):
    routes = proxied_routes(gateway.configuration)
    assert len(routes) > 30
    assert [route.pattern for route in routes if not route.includes_headers] == []


def test_headers_are_set_by_the_include_alone(gateway):
    """nginx would silently ignore a `proxy_set_header` at another level, or the ones of that level."""
    allowed = {"proxy.conf", "webhook.conf", "ask_users.conf"}
    assert {file for file, text in gateway.configuration.items() if "proxy_set_header" in text} <= allowed


def test_each_service_has_a_route_file_a_schema_and_an_admin(gateway):
    for service in SERVICES:
        assert f"/api/v1/schemas/{service}/" in gateway.configuration[f"routes/{service}.conf"]
        assert f"location /admin/{service}/" in gateway.configuration["each_service.conf"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_reached_at_the_prefixes_of_the_registry_and_at_no_others(gateway, service):
    prefixes = [*SERVICES[service]["prefixes"], f"/api/v1/schemas/{service}/"]
    paths = [
        path
        for route in proxied_routes(gateway.configuration)
        for path in route.paths()
        if route.file == f"routes/{service}.conf"
    ]
    assert [path for path in paths if not path.startswith(tuple(prefixes))] == []
    assert [prefix for prefix in prefixes if not any(path.startswith(prefix) for path in paths)] == []


def test_an_idle_connection_is_closed_by_the_gateway_before_a_service_that_shuts_down_closes_it(gateway):
    """A request that is sent while the other side closes is lost, and a POST is not repeated."""
    idle = [float(found) for found in re.findall(r"keepalive_timeout (\d+)s;", gateway.configuration["upstreams.conf"])]
    assert len(idle) >= len(SERVICES)
    settings = (ROOT / "chassis/chassis/settings.py").read_text(), (ROOT / "local/run/addresses.py").read_text()
    leave = [float(found) for text in settings for found in re.findall(r'"LEAVE_SECONDS"\D*([\d.]+)', text)]
    assert len(leave) == 2
    assert max(idle) < min(leave)


def test_upstreams_are_in_one_file(gateway):
    assert {file for file, text in gateway.configuration.items() if "upstream " in text and "server 127" in text} == {
        "upstreams.conf"
    }


def test_without_a_sandbox_none_of_its_pages_is_routed(start):
    gateway = start(SANDBOX_UPSTREAM="")
    assert not [route for route in proxied_routes(gateway.configuration) if "sandbox" in route.body]
    assert gateway.http.get("/sandbox/payments/challenges/x/").status_code == 404
    assert gateway.staff.get("/mailbox/").status_code == 404


@pytest.mark.parametrize(
    "bad",
    [
        {"GATEWAY_PORT": "80a"},
        {"USERS_UPSTREAM": "127.0.0.1:1; } evil {"},
        {"FORWARDED_PROTO": "https;\nroot /"},
        {"TLS_KEY": "/tmp/key.pem"},
        {"RATE_LIMIT_CLIENT": "-1"},
    ],
)
def test_a_setting_that_cannot_be_used_is_named(bad):
    with pytest.raises(BadSetting, match=next(iter(bad))):
        from_environment(bad)


def test_env_example_names_just_what_settings_read():
    class Recording(dict):
        def get(self, name, default=None):
            asked.add(name)
            return default

    asked: set[str] = set()
    from_environment(Recording())
    example = (nginx.Path(__file__).parents[1] / ".env.example").read_text()
    named = {line.split("=")[0] for line in example.splitlines() if "=" in line and not line.startswith("#")}
    assert named == asked


def test_an_old_nginx_is_not_taken(tmp_path, monkeypatch):
    old = tmp_path / "nginx"
    old.write_text("#!/bin/sh\necho 'nginx version: nginx/1.22.1' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(nginx, "_from_wheel", list)
    with pytest.raises(nginx.NoNginx, match=r"1\.22\.1"):
        nginx.find()


def test_the_caches_lie_in_memory_in_a_folder_of_our_own(tmp_path):
    """On a full disk every response to be cached would be cut off without an error."""
    first, second = (_cache(tmp_path / name, memory=tmp_path) for name in ("one", "two"))
    assert first.parent == tmp_path
    assert first != second
    assert _cache(tmp_path / "one", memory=tmp_path) == first


@pytest.mark.parametrize("spoil", ["a link", "open to all", "no memory"])
def test_a_folder_that_somebody_else_may_have_made_keeps_no_cache(tmp_path, spoil):
    memory = tmp_path / "memory"
    memory.mkdir()
    folder = _cache(tmp_path, memory=memory)
    folder.rmdir()
    if spoil == "a link":
        folder.symlink_to(tmp_path)
    elif spoil == "open to all":
        folder.mkdir()
        folder.chmod(0o777)
    else:
        memory.rmdir()
    assert _cache(tmp_path, memory=memory) == tmp_path / "cache"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid())}, {"NGINX": "3;4;"}),
        ({"LISTEN_FDS": "2", "LISTEN_PID": "1"}, {}),
        ({}, {}),
    ],
    ids=["ours", "another's", "none"],
)
def test_sockets_that_a_supervisor_holds_are_taken_over(said, told):
    assert nginx.inherited(said) == told


def test_a_log_line_of_who_hung_up_before_the_answer_is_json(gateway):
    """nginx's own status is 000 then. It happens only under load, so this test reads the configuration."""
    assert '"status":$status_number,' in gateway.configuration["nginx.conf"]
    assert "map $status $status_number {\n    ~^0 0;" in gateway.configuration["variables.conf"]
