"""Firebase, against a recording fake of its HTTP API. Needs the extra `fcm`."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notifications.providers.port import AddressGone, Message, Refused, TryLater, Unavailable

firebase_admin = pytest.importorskip("firebase_admin")
MESSAGE = Message(target="token-1", reference="d-1", title="On its way", text="Order S-1", link="https://shop/1")


class Google:
    def __init__(self) -> None:
        self.taken: list[dict] = []
        self.status, self.error = 200, ""
        google = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                google.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                body = {"name": "projects/souk/messages/1"}
                if google.status != 200:
                    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
                    details = [{"@type": kind, "errorCode": google.error}]
                    body = {"error": {"status": google.error, "message": google.error, "details": details}}
                self.send_response(google.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def google(monkeypatch):
    from firebase_admin import credentials, messaging
    from google.auth.credentials import AnonymousCredentials

    from notifications.providers import fcm

    class Nobody(credentials.Base):
        def get_credential(self):
            return AnonymousCredentials()

    made = Google()
    address = f"http://127.0.0.1:{made.server.server_port}/v1/projects/{{0}}/messages:send"
    monkeypatch.setattr(messaging._MessagingService, "FCM_URL", address)
    app = firebase_admin.initialize_app(Nobody(), {"projectId": "souk", **fcm.OPTIONS}, name="test")
    monkeypatch.setattr(fcm, "_app", lambda: app)
    yield made
    firebase_admin.delete_app(app)
    made.server.shutdown()
    made.server.server_close()


def send() -> str:
    from notifications.providers.fcm import FcmProvider

    with FcmProvider().connect() as connection:
        return connection.send(MESSAGE)


def test_a_push_is_sent_so_that_a_repeated_one_replaces_the_first(google):
    assert send() == "projects/souk/messages/1"
    (message,) = [taken["message"] for taken in google.taken]
    assert message["token"] == "token-1"
    assert message["notification"] == {"title": "On its way", "body": "Order S-1"}
    assert message["android"]["collapse_key"] == message["apns"]["headers"]["apns-collapse-id"] == "d-1"


@pytest.mark.parametrize(
    ("status", "error", "raised"),
    [
        (404, "UNREGISTERED", AddressGone),
        (403, "SENDER_ID_MISMATCH", AddressGone),
        (400, "INVALID_ARGUMENT", Refused),
        (429, "QUOTA_EXCEEDED", TryLater),
    ],
)
def test_each_no_is_understood(google, status, error, raised):
    google.status, google.error = status, error
    with pytest.raises(raised) as no:
        send()
    assert type(no.value) is raised


def test_when_nobody_answers_it_is_away(google):
    google.server.shutdown()
    google.server.server_close()
    with pytest.raises(Unavailable):
        send()
