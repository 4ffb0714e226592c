"""No conversation with a provider takes longer than it may."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from notifications.providers.port import Connection, Message, Unavailable


def send_within(connection: Connection, message: Message, *, seconds: float) -> str:
    """Return what `connection.send` answers. Raises what it raises, and Unavailable when it takes longer.

    Limits of clients are for one answer of the server, and some clients try again by themselves, so the whole of it
    runs in a thread of its own, which is given up. `connection.abandon` frees what it waits for.
    """
    answer: Future[str] = Future()
    threading.Thread(target=_send, args=(connection, message, answer), name="conversation", daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except TimeoutError as error:
        if answer.done():  # a TimeoutError of the provider's own
            raise
        connection.abandon()
        raise Unavailable(f"no answer within {seconds:g} seconds") from error


def _send(connection: Connection, message: Message, answer: Future[str]) -> None:
    try:
        answer.set_result(connection.send(message))
    except BaseException as error:  # it belongs to who waits
        answer.set_exception(error)
