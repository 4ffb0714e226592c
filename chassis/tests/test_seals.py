import pytest
from cryptography.fernet import Fernet

from chassis.core.env import BadEnvironment
from chassis.seals import CannotUnseal, Seal

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def seal(*keys):
    return Seal(keys, name="SOME_KEY")


def test_a_sealed_text_is_unreadable_and_opens_with_the_same_key():
    sealed = seal(NEW).sealed("s3cret-é")
    assert "s3cret" not in sealed
    assert seal(NEW).opened(sealed) == "s3cret-é"


def test_a_replaced_key_still_opens_and_the_first_one_seals():
    assert seal(NEW, OLD).opened(seal(OLD).sealed("x")) == "x"
    assert seal(NEW).opened(seal(NEW, OLD).sealed("x")) == "x"


@pytest.mark.parametrize(
    "text",
    ["", "x", "é", seal(OLD).sealed("x"), seal(NEW).sealed("x")[:-4] + "AAA="],
    ids=["nothing", "a letter", "no ASCII", "another key", "an altered end"],  # each process makes other seals
)
def test_nothing_else_opens(text):
    with pytest.raises(CannotUnseal):
        seal(NEW).opened(text)


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "é"]])
def test_a_key_that_is_none_is_refused_by_name(keys):
    with pytest.raises(BadEnvironment, match="SOME_KEY"):
        seal(*keys)
