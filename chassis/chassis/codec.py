"""Conversion of messages to and from JSON, by msgspec: strict for fields that are read, ignoring others."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from chassis.core.messages import Envelope

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(Envelope)


class UnreadableMessage(Exception):
    """The text is not an envelope, or its data lack a field that the consumer reads."""


def data_of(message: object) -> dict[str, Any]:
    """Return the message's fields as plain JSON values."""
    plain = msgspec.to_builtins(message)
    assert isinstance(plain, dict)
    return plain


def encode_envelope(envelope: Envelope) -> str:
    return _encoder.encode(envelope).decode()


def decode_envelope(text: str) -> Envelope:
    try:
        return _envelopes.decode(text)
    except msgspec.MsgspecError as error:
        raise UnreadableMessage(str(error)) from error


def read(data: dict[str, Any], shape: type[T]) -> T:
    """Return `data` as a `shape`, ignoring unknown fields. Raises UnreadableMessage."""
    try:
        return msgspec.convert(data, shape)
    except msgspec.MsgspecError as error:
        raise UnreadableMessage(f"{shape.__name__}: {error}") from error


def json_schema(shape: type) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a message's data."""
    return msgspec.json.schema(shape, ref_template="#/$defs/{name}")
