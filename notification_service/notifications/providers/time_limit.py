"""A time limit for a whole call to a provider."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from notifications.providers.port import Connection, Message, Unavailable


def send_with_time_limit(connection: Connection, message: Message, *, seconds: float) -> str:
    """Return the result of `connection.send`. Raises its errors, and Unavailable after `seconds`.

    The timeouts of clients apply to a single read, and some clients retry on their own. So the call runs in a thread
    of its own, which is abandoned at the limit; `connection.abandon` unblocks it.
    """
    answer: Future[str] = Future()
    threading.Thread(target=_send, args=(connection, message, answer), name="provider-call", daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except TimeoutError as error:
        if answer.done():  # a TimeoutError raised by the provider
            raise
        connection.abandon()
        raise Unavailable(f"no answer within {seconds:g} seconds") from error


def _send(connection: Connection, message: Message, answer: Future[str]) -> None:
    try:
        answer.set_result(connection.send(message))
    except BaseException as error:  # raised again by the waiting caller
        answer.set_exception(error)
