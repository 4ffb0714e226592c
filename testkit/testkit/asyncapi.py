"""The AsyncAPI 3 document of all messages: servers, channels, and the operations of each service.

https://www.asyncapi.com/docs/reference/specification/v3.0.0 and the AMQP 0-9-1 bindings,
https://github.com/asyncapi/bindings/tree/master/amqp
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.broker import DELIVERY_LIMIT, RECEIVE
from chassis.core.messages import Envelope, MessageKind, MessageType

CONTENT_TYPE = "application/cloudevents+json"
_BINDING_VERSION = "0.3.0"
_DESCRIPTION = f"""Every message between the services of Souk.

The routing key on the topic exchange `souk` is the message type. Each service has one quorum queue,
`<service>_messages`, bound to the types that it handles. The AMQP body is a Celery task, `{RECEIVE}`, whose argument is
the envelope as JSON text: a CloudEvents 1.0 event in the structured mode. Delivery is at least once, in the order of
`aggregateversion` for one subject; consumers ignore a repeated `id`. A message that ends its process {DELIVERY_LIMIT}
times goes to `<service>_dead`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message's class with its declared type and the service that sends it."""

    shape: type
    service: str
    type: MessageType
    description: str


def asyncapi(messages: Iterable[Sent], read: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """Return the document. `read`: the types that each service handles."""
    sent = list(messages)
    types = {one.type.name: one for one in sent}
    received = [(service, types[name]) for service, names in read.items() for name in names if name in types]
    return {
        "asyncapi": "3.0.0",
        "id": "https://souk.example/events/asyncapi.json",
        "info": {
            "title": "Souk",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "license": {"name": "MIT"},
            "contact": {"name": "The maintainers of Souk", "url": "https://souk.example/"},
            "tags": [{"name": service} for service in read],
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"rabbitmq": _server()},
        "channels": {name: _channel(one) for name, one in types.items()},
        "operations": {
            **{f"{one.service}.send.{one.type.name}": _send(one) for one in sent},
            **{f"{service}.receive.{one.type.name}": _receive(service, one) for service, one in received},
        },
        "components": {
            "schemas": {"Envelope": _envelope(), "TaskHeaders": _headers()},
            "securitySchemes": {"password": {"type": "userPassword", "description": "A RabbitMQ user per service."}},
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "pathname": "/{vhost}",
        "protocol": "amqp",
        "protocolVersion": "0.9.1",
        "title": "RabbitMQ",
        "description": "BROKER_URL names it. The embedded run has the same queues and bindings in Redis.",
        "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "5672"}, "vhost": {"default": "souk"}},
        "security": [{"$ref": "#/components/securitySchemes/password"}],
    }


def _channel(sent: Sent) -> dict[str, Any]:
    name = sent.type.name
    message = {
        "name": name,
        "title": sent.shape.__name__,
        "summary": sent.type.kind.value.capitalize(),
        "description": sent.description,
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "headers": {"$ref": "#/components/schemas/TaskHeaders"},
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {"type": "object", "properties": {"type": {"const": name}, "data": {"$ref": f"./{name}.json"}}},
            ]
        },
        "bindings": {"amqp": {"messageType": name, "bindingVersion": _BINDING_VERSION}},
    }
    exchange = {"name": "souk", "type": "topic", "durable": True, "autoDelete": False, "vhost": "souk"}
    return {
        "address": name,
        "title": name,
        "description": sent.description,
        "servers": [{"$ref": "#/servers/rabbitmq"}],
        "messages": {name: message},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": _BINDING_VERSION}},
    }


def _send(sent: Sent) -> dict[str, Any]:
    """A command is mandatory: the broker returns it when no queue is bound to its type."""
    mandatory = sent.type.kind is MessageKind.COMMAND
    return _operation("send", sent, sent.service, {"deliveryMode": 2, "mandatory": mandatory})


def _receive(service: str, sent: Sent) -> dict[str, Any]:
    return _operation("receive", sent, service, {"ack": True})


def _operation(action: str, sent: Sent, service: str, binding: Mapping[str, Any]) -> dict[str, Any]:
    name = sent.type.name
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "tags": [{"name": service}],
        "bindings": {"amqp": {**binding, "bindingVersion": _BINDING_VERSION}},
    }


def _envelope() -> dict[str, Any]:
    """JSON Schema of `chassis.core.messages.Envelope`."""
    text = {"type": "string"}
    properties = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "UUIDv7; unique per message."},
        "source": {**text, "description": "The service that sent the message."},
        "type": {**text, "description": "The message type, also the routing key."},
        "subject": {**text, "description": "The id of the aggregate that the message is about."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object", "description": "The fields of the message type."},
        "correlationid": {**text, "description": "The id of the whole journey, from the first request on."},
        "causationid": {"type": ["string", "null"], "description": "The id of the message that led to this one."},
        "aggregateversion": {"type": "integer", "description": "Grows with each message of a subject, with gaps."},
        "traceparent": {"type": ["string", "null"], "description": "W3C Trace Context."},
    }
    assert properties.keys() == Envelope.__dataclass_fields__.keys()
    return {
        "type": "object",
        "title": "CloudEvents 1.0 envelope",
        "properties": properties,
        "required": ["specversion", "id", "source", "type", "subject", "time", "data", "correlationid"],
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "Headers of a Celery task (protocol 2)",
        "properties": {
            "task": {"const": RECEIVE},
            "id": {"type": "string", "format": "uuid", "description": "The `id` of the envelope."},
        },
        "required": ["task", "id"],
    }
