"""The sandbox mailbox: SMTP server, SMS gateway, push gateway, and a page to read what came.

It behaves as the real ones do: it answers when a mail is safe in its books, refuses what it is told to
refuse, and knows a mail that it is given twice by its Message-ID (`copies` counts). `GET /mailbox/books/`
shows each effect; `POST /mailbox/faults/` breaks it. Settings (environment): SANDBOX_HOME, SANDBOX_SMTP_PORT.
"""

from sandbox.mailbox.routes import routes
from sandbox.mailbox.smtp import run

__all__ = ["routes", "run"]
