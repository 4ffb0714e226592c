"""E-mail by Django's SMTP backend.

A mail server cannot be asked whether it has received a mail. So each mail carries a Message-ID that was
stored before the first attempt: if a sender dies between the server's answer and our commit, the server
and the reader's mailbox can recognize the duplicate.
"""

from __future__ import annotations

import re
import secrets
import select
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

from notifications.providers.port import Connection, Message, Refused, TryLater, Unavailable

#: 5xx answers that are temporary: the server does not understand the command (500 to 504), or the server or the mailbox
#: is full (552, x.2.2 and x.3.1; RFC 5321 section 4.5.3.1.10, RFC 3463).
_TEMPORARY = re.compile(r"50[0-4] |552 |5\d\d \d\.(2\.2|3\.1)\b")

#: Seconds for which an idle connection is kept.
KEEP_OPEN = 20.0
#: Seconds after a mail in which a silent connection is used without asking the server whether it is still there.
TRUSTED = 1.0


class MailProvider:
    """Sends mail over one connection per thread."""

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
            mail.message()  # a bad header raises here, before the server is called
        except ValueError as error:
            raise Refused(f"cannot be written as a mail: {error}") from error
        try:
            self._open()
            self._backend.send_messages([mail])
            self._used_at = time.monotonic()
            return "accepted"
        except (ValueError, smtplib.SMTPNotSupportedError) as error:
            raise Refused(f"cannot be sent to this address: {error}") from error
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
        """Connect, unless the last connection is still usable."""
        smtp = getattr(self._backend, "connection", None)
        if smtp is not None and not self._is_usable(smtp):
            self.close()
        self._backend.open()

    def _is_usable(self, smtp: smtplib.SMTP) -> bool:
        idle = time.monotonic() - self._used_at
        return (idle <= TRUSTED and _is_silent(smtp)) or (idle <= KEEP_OPEN and _answers(smtp))

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
    """A mail that is rendered once, for the check and for sending."""

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
            if self._written.is_multipart():
                # Without one, `email` searches the text for a free one, by a regular expression compiled for each mail.
                self._written.set_boundary(f"souk-{secrets.token_hex(16)}")
        return self._written


def _in_ascii(address: str) -> str:
    """Return the address with its domain in IDNA form, which every mail server accepts. Raises ValueError."""
    local, _, domain = address.rpartition("@")
    return address if address.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def _is_silent(smtp: smtplib.SMTP) -> bool:
    """Return whether nothing has arrived: a server that closes an idle connection sends its end, or a 421 before it."""
    if smtp.sock is None:
        return False
    arrived = select.poll()
    arrived.register(smtp.sock, select.POLLIN)
    return not arrived.poll(0)


def _answers(smtp: smtplib.SMTP) -> bool:
    try:
        return bool(smtp.noop()[0] == 250)
    except (smtplib.SMTPException, OSError):
        return False


def _refusal(code: int, text: bytes | str) -> Exception:
    said = _said(code, text)
    return Refused(said) if code >= 500 and not _TEMPORARY.match(said) else TryLater(said)


def _said(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"[:300]
