"""The doctor's findings about RabbitMQ; each test breaks and repairs one thing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from engines import rabbitmq
from engines.place import Place
from kombu import Connection
from run.shopper import until

from tests.doctor.mending import afterwards


def ctl(place: Place, *arguments: str) -> Callable[[], str]:
    return lambda: rabbitmq.ctl(place, *arguments)


def test_rights_on_rabbitmq(place, wrongs):
    rabbitmq.ctl(place, "set_permissions", "-p", "souk", "orders", ".*", ".*", ".*")
    with afterwards(
        lambda: rabbitmq.ctl(place, "import_definitions", str(place.engine("rabbitmq") / "definitions.json"))
    ):
        assert wrongs(rabbitmq).splitlines()[0] == "orders may configure .*, not ^orders_.*$"
        rabbitmq.ctl(place, "clear_permissions", "-p", "souk", "orders")
        said = wrongs(rabbitmq)
        assert "orders may read nothing" in said
        assert "orders cannot connect" in said


def test_a_stranger_on_rabbitmq(place, wrongs):
    rabbitmq.ctl(place, "add_user", "stranger", "secret")
    with afterwards(ctl(place, "delete_user", "stranger")):
        rabbitmq.ctl(place, "set_permissions", "-p", "souk", "stranger", "", "", ".*")
        assert wrongs(rabbitmq) == "stranger may use it, too"


def test_an_exchange_and_a_virtual_host_that_are_not_there(place, wrongs):
    with afterwards(
        lambda: rabbitmq.ctl(place, "import_definitions", str(place.engine("rabbitmq") / "definitions.json"))
    ):
        rabbitmq.ctl(
            place, "eval", 'rabbit_exchange:delete(rabbit_misc:r(<<"souk">>, exchange, <<"souk">>), false, <<"t">>).'
        )
        assert wrongs(rabbitmq) == "the exchange souk is not there, not topic"
        rabbitmq.ctl(place, "delete_vhost", "souk")
        assert wrongs(rabbitmq) == "there is no virtual host souk"


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({}, "the queue orders_messages is classic, not quorum: it can lose messages"),
        (
            {"x-queue-type": "quorum", "x-delivery-limit": 5},
            "the queue orders_messages has no x-dead-letter-exchange, x-dead-letter-strategy",
        ),
    ],
)
def test_a_queue_that_is_not_safe(place, wrongs, arguments, wrong):
    with Connection(rabbitmq.url(place, "orders")) as connection:
        channel = connection.channel()
        channel.queue_delete("orders_messages")
        channel.queue_declare("orders_messages", durable=True, auto_delete=False, arguments=arguments)
        with afterwards(lambda: channel.queue_delete("orders_messages")):
            assert wrongs(rabbitmq) == wrong


def test_an_alarm_of_rabbitmq(place, wrongs):
    rabbitmq.ctl(place, "set_vm_memory_high_watermark", "absolute", "1MB")
    with afterwards(ctl(place, "set_vm_memory_high_watermark", "absolute", "512MB")):
        until(lambda: "it takes no message" in wrongs(rabbitmq), what="the alarm")
    until(lambda: wrongs(rabbitmq) == "", what="the end of the alarm")
