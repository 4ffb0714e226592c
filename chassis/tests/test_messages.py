"""Declarations of the messages that a service sends and reads."""

from dataclasses import dataclass

import pytest

from chassis import codec
from chassis.core.messages import event, reads, types_read
from chassis.inbox.handlers import handlers


@dataclass(frozen=True, kw_only=True)
class About:
    thing: str


@event("thing.made.v1", subject="thing")
class Made(About):
    """A thing was made."""


@reads("thing.made.v1", "thing.mended.v1")
class Seen(About):
    name: str = ""


@reads("thing.made.v1")
class SeenElsewhere(About):
    pass


def handle(message, context):
    pass


def test_a_message_may_inherit_the_field_that_names_its_subject():
    assert codec.data_of(Made(thing="chair")) == {"thing": "chair"}


def test_a_subject_that_is_no_field_is_refused():
    with pytest.raises(ValueError, match="has no field 'table'"):

        @event("thing.lost.v1", subject="table")
        class Lost(About):
            pass


def test_a_shape_is_the_handlers_key_for_each_type_that_it_reads():
    table = handlers((Seen, handle))
    assert list(table) == ["thing.made.v1", "thing.mended.v1"]
    assert codec.read({"thing": "chair", "color": "red"}, table["thing.mended.v1"].shape) == Seen(thing="chair")


def test_a_shape_that_declares_no_type_has_no_place_in_the_table():
    class Heir(Seen):
        pass

    for shape in (About, Heir):
        with pytest.raises(TypeError, match="does not declare"):
            handlers((shape, handle))
    assert types_read(Seen) == ("thing.made.v1", "thing.mended.v1")


def test_a_type_has_one_handler():
    with pytest.raises(ValueError, match=r"thing\.made\.v1 has two handlers"):
        handlers((Seen, handle), (SeenElsewhere, handle))


def test_a_type_is_named_noun_verb_version():
    with pytest.raises(ValueError, match="form noun"):
        reads("thing.made")
