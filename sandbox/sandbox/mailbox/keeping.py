"""The mailbox's records, and a file for every mail."""

from __future__ import annotations

import email
import email.policy
import hashlib
import os
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from sandbox.books import Books

SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, sender TEXT NOT NULL, recipient TEXT NOT NULL,
    subject TEXT NOT NULL, kind TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, copies INTEGER NOT NULL,
    received_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS mails_recipient ON mails (recipient, id);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY, medium TEXT NOT NULL, recipient TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    link TEXT NOT NULL, reference TEXT NOT NULL, copies INTEGER NOT NULL, received_at TEXT NOT NULL,
    UNIQUE (medium, reference)
);
CREATE INDEX IF NOT EXISTS notes_recipient ON notes (medium, recipient, id);
"""

books = Books("mailbox", SCHEMA)
_headers = BytesHeaderParser(policy=email.policy.default)


def keep_mail(raw: bytes, *, sender: str, recipients: list[str]) -> None:
    """Write the file, then the records. A repeated Message-ID for the same reader counts as a copy of one mail."""
    head = _headers.parsebytes(raw)
    message_id = str(head.get("Message-ID") or f"<none-{hashlib.sha256(raw).hexdigest()[:20]}>").strip()
    now = datetime.now(UTC)
    for recipient in recipients:
        key = message_id if len(recipients) == 1 else f"{message_id} {recipient.lower()}"
        if books.execute("UPDATE mails SET copies = copies + 1 WHERE message_id = ?", key):
            continue
        file = f"{now:%Y%m%d-%H%M%S}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.eml"
        (_folder() / file).write_bytes(raw)
        books.execute(
            "INSERT INTO mails (message_id, sender, recipient, subject, kind, file, size, copies, received_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)"
            " ON CONFLICT (message_id) DO UPDATE SET copies = copies + 1",
            key,
            sender,
            recipient.lower(),
            str(head.get("Subject") or ""),
            str(head.get("X-Souk-Kind") or ""),
            file,
            len(raw),
            now.isoformat(timespec="milliseconds"),
        )


def keep_note(medium: str, *, recipient: str, title: str, text: str, link: str, reference: str) -> None:
    """Store an SMS or push message. A repeated reference counts as a copy of one message."""
    books.execute(
        "INSERT INTO notes (medium, recipient, title, text, link, reference, copies, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT (medium, reference) DO UPDATE SET copies = copies + 1",
        medium,
        recipient,
        title,
        text,
        link,
        reference,
        datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def mails(*, to: str = "", newest: int = 200, before: int | None = None) -> list[dict[str, Any]]:
    """Return the newest rows, newest first; `to` is an address or a part of one."""
    like = f"%{to.lower()}%"
    return books.rows(
        "SELECT * FROM mails WHERE recipient LIKE ? AND id < ? ORDER BY id DESC LIMIT ?", like, before or 2**62, newest
    )


def mails_to(address: str, *, newest: int) -> list[dict[str, Any]]:
    """Return the newest messages of exactly this address (empty: of all), oldest first."""
    where = "WHERE recipient = ?" if address else "WHERE ? = ''"
    found = books.rows(f"SELECT * FROM mails {where} ORDER BY id DESC LIMIT ?", address.lower(), newest)
    return found[::-1]


def mail(mail_id: int) -> dict[str, Any] | None:
    return books.row("SELECT * FROM mails WHERE id = ?", mail_id)


def notes(medium: str, *, to: str = "", newest: int = 200) -> list[dict[str, Any]]:
    return books.rows(
        "SELECT * FROM notes WHERE medium = ? AND recipient LIKE ? ORDER BY id DESC LIMIT ?", medium, f"%{to}%", newest
    )


def content(row: dict[str, Any]) -> dict[str, Any]:
    """Return the text, HTML, headers and source of a mail."""
    try:
        raw = (_folder() / row["file"]).read_bytes()
    except FileNotFoundError:
        raw = b"Subject: (the file of this mail has been removed)\r\n\r\n"
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return {
        "text": _part(parsed, "plain"),
        "html": _part(parsed, "html"),
        "headers": [[name, str(value)] for name, value in parsed.items()],
        "source": raw.decode("utf-8", "replace"),
    }


def as_json(row: dict[str, Any], *, body: bool) -> dict[str, Any]:
    """Return a mail as JSON, for tests and programs."""
    shown = {
        "id": row["id"],
        "message_id": row["message_id"],
        "from": row["sender"],
        "to": row["recipient"],
        "subject": row["subject"],
        "kind": row["kind"],
        "copies": row["copies"],
        "received_at": row["received_at"],
    }
    if body:
        found = content(row)
        shown |= {"text": found["text"], "html": found["html"], "headers": dict(found["headers"])}
    return shown


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    try:
        return str(part.get_content()) if part is not None else ""
    except (LookupError, KeyError):  # an unknown charset
        return ""


def _folder() -> Path:
    folder = Path(os.environ.get("SANDBOX_HOME") or "var/sandbox") / "mail"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
