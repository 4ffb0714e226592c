"""E-mail by Django's SMTP backend.

A mail server cannot be asked whether it has had a mail. So each mail carries the Message-ID that
was stored before the first try; a server that is given the same one twice (a sender died between
its yes and our commit) can tell, as can the reader's mailbox.
"""

from __future__ import annotations

import re
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import formataddr
from typing import Any

import idna
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.providers.port import Connection, Message, RefusedForGood, TryLater, Unavailable

#: 5xx that say nothing against the mail or its address: the server understands no command (500 to 504: it is confused),
#: or it, or the mailbox, has no room (552, x.2.2 and x.3.1; RFC 5321 section 4.5.3.1.10, RFC 3463).
_PASSES = re.compile(r"50[0-4] |552 |5\d\d \d\.(2\.2|3\.1)\b")

#: Seconds for which a sender keeps its connection: orders come in waves.
KEEP_OPEN = 20.0


class MailProvider:
    """Each thread has a connection of its own."""

    def __init__(self) -> None:
        self._threads = threading.local()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = _MailConnection()
        yield self._threads.connection


class _MailConnection:
    def __init__(self) -> None:
        self._backend = get_connection()
        self._used_at = 0.0

    def send(self, message: Message) -> str:
        try:
            mail = _Mail(message)
            mail.message()  # a bad header shows here, before anything is said to the server
        except ValueError as error:
            raise RefusedForGood(f"cannot be written as a mail: {error}") from error
        try:
            self._open()
            self._backend.send_messages([mail])
            self._used_at = time.monotonic()
            return "accepted"
        except (ValueError, smtplib.SMTPNotSupportedError) as error:
            raise RefusedForGood(f"cannot be sent to this address: {error}") from error
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _refusal(code, text) from error
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError) as error:
            self.close()
            raise Unavailable(_said(error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == 421:
                self.close()
                raise Unavailable(_said(error.smtp_code, error.smtp_error)) from error
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Unavailable(f"{type(error).__name__}: {error}") from error

    def _open(self) -> None:
        """Connect, unless the connection of the last mail still answers."""
        smtp = getattr(self._backend, "connection", None)
        if smtp is not None and (time.monotonic() - self._used_at > KEEP_OPEN or not _answers(smtp)):
            self.close()
        self._backend.open()

    def abandon(self) -> None:
        smtp = getattr(self._backend, "connection", None)
        self._backend = get_connection()
        if smtp is not None and smtp.sock is not None:
            with suppress(OSError):
                smtp.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._backend.close()


class _Mail(EmailMultiAlternatives):
    """Written once: to be checked, and to be sent."""

    def __init__(self, message: Message) -> None:
        address = _in_ascii(message.target)
        super().__init__(
            subject=message.title,
            body=message.text,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[formataddr((message.name, address)) if message.name else address],
            reply_to=[settings.SUPPORT_EMAIL],
            headers={"Message-ID": message.reference, "Auto-Submitted": "auto-generated", **message.headers},
        )
        self._written: Any = None
        if message.html:
            self.attach_alternative(message.html, "text/html")

    def message(self, **options: Any) -> Any:
        if self._written is None:
            self._written = super().message(**options)
        return self._written


def _in_ascii(address: str) -> str:
    """The address as every mail server takes it: its domain by IDNA. Raises ValueError."""
    local, _, domain = address.rpartition("@")
    return address if address.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def _answers(smtp: smtplib.SMTP) -> bool:
    try:
        return bool(smtp.noop()[0] == 250)
    except (smtplib.SMTPException, OSError):
        return False


def _refusal(code: int, text: bytes | str) -> Exception:
    said = _said(code, text)
    return RefusedForGood(said) if code >= 500 and not _PASSES.match(said) else TryLater(said)


def _said(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"[:300]
