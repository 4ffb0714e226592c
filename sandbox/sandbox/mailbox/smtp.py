"""The SMTP server. It responds with 250 only after the mail is stored."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mailbox import faults, keeping

log = logging.getLogger(__name__)

#: In bytes; larger than any mail of the shop.
LARGEST_MAIL = 5 * 1024 * 1024

_server: dict[str, asyncio.Server] = {}
_conversations: set[asyncio.BaseTransport] = set()


class Handler:
    async def handle_RCPT(  # noqa: N802 (the name is aiosmtpd's)
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = faults.present("mail")
        if fault.mode == "permanent" and faults.strike("mail", address).mode == "permanent":
            return "550 5.1.1 No such mailbox (sandbox fault)"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = faults.strike("mail", envelope.rcpt_tos[0])
        if fault.mode == "temporary":
            return "451 4.3.0 Please try again later (sandbox fault)"
        if fault.mode == "slow":
            await asyncio.sleep(fault.seconds)
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        keeping.keep_mail(raw, sender=envelope.mail_from or "", recipients=list(envelope.rcpt_tos))
        if fault.mode == "timeout_after":
            await asyncio.sleep(fault.seconds)
        if fault.mode == "fail_after":
            return "451 4.3.0 Kept, but not admitted (sandbox fault)"
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        """Respond with a temporary error: aiosmtpd's 500 would be permanent, and a full disk is not."""
        log.error("a mail was not kept", exc_info=error)
        return "451 4.3.0 Not kept, please try again later"


async def run(stop: asyncio.Event) -> None:
    """Listen until `stop`."""
    await listen()
    await stop.wait()
    await close()


async def listen() -> None:
    """Listen on SANDBOX_SMTP_PORT of the loopback interface."""
    if "here" not in _server:
        port = int(os.environ.get("SANDBOX_SMTP_PORT") or 8191)
        loop = asyncio.get_running_loop()
        _server["here"] = await loop.create_server(_conversation, "127.0.0.1", port)


async def close() -> None:
    """Stop listening and close every connection."""
    server = _server.pop("here", None)
    if server is not None:
        server.close()
        for transport in list(_conversations):
            transport.close()


class _Conversation(SMTP):
    """A connection that is tracked, so that `close` can end it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        _conversations.add(transport)
        self._kept = transport
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        _conversations.discard(self._kept)
        super().connection_lost(error)


def _conversation() -> SMTP:
    return _Conversation(
        Handler(),
        hostname="mailbox.souk.example",
        ident="Souk sandbox",
        data_size_limit=LARGEST_MAIL,
        enable_SMTPUTF8=True,
        loop=asyncio.get_running_loop(),
    )
