"""The sandbox mailbox: SMTP server, SMS gateway, push gateway, and a page that shows all messages.

It behaves like a real server: it responds after a mail is stored, and recognizes a repeated mail by its Message-ID
(`copies` counts). `GET /mailbox/books/` shows all messages; `POST /mailbox/faults/` injects faults.
Settings (environment): SANDBOX_HOME, SANDBOX_SMTP_PORT.
"""

from sandbox.mailbox.routes import routes
from sandbox.mailbox.smtp import run

__all__ = ["routes", "run"]
