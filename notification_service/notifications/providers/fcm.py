"""Push by Firebase Cloud Messaging, for Android, iOS and browsers. Requires the extra `fcm`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings

from notifications.providers.port import AddressGone, Connection, Message, Refused, TryLater, Unavailable

#: Seconds to wait for an answer. The SDK's default is 120, longer than a delivery's lease, with one repeat.
OPTIONS = {"httpTimeout": 7}


class FcmProvider:
    @contextmanager
    def connect(self) -> Iterator[Connection]:
        yield _FcmConnection()


class _FcmConnection:
    def send(self, message: Message) -> str:
        # Imported late: a process without push messages saves 40 MB.
        from firebase_admin import exceptions, messaging

        push = messaging.Message(
            token=message.target,
            notification=messaging.Notification(title=message.title, body=message.text),
            data={"link": message.link, "reference": message.reference},
            # A repeated message replaces the first one on the device.
            android=messaging.AndroidConfig(collapse_key=message.reference[:64]),
            apns=messaging.APNSConfig(headers={"apns-collapse-id": message.reference[:64]}),
        )
        try:
            return str(messaging.send(push, app=_app()))
        except (messaging.UnregisteredError, messaging.SenderIdMismatchError) as error:
            raise AddressGone(str(error)) from error
        except (exceptions.InvalidArgumentError, messaging.ThirdPartyAuthError) as error:
            raise Refused(str(error)) from error
        except messaging.QuotaExceededError as error:
            raise TryLater(str(error)) from error
        except exceptions.FirebaseError as error:
            raise Unavailable(f"{error.code}: {error}") from error

    def abandon(self) -> None:
        """Do nothing: requests have a time limit, see OPTIONS."""


@cache
def _app() -> Any:
    import firebase_admin

    credential = firebase_admin.credentials.Certificate(settings.FCM_CREDENTIALS_FILE)
    return firebase_admin.initialize_app(credential, OPTIONS, name="souk-notifications")
