import pytest

from reviews.domain.reviewer import NAMELESS, public_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Amira Khalil", "Amira K."),
        ("  amira   el   khalil ", "amira K."),
        ("Jean-Luc O'Neill", "Jean-Luc O."),
        ("Öykü", "Öykü"),
        ("李 小龙", "李 小."),
        ("", NAMELESS),
        ("amira@mail.example", NAMELESS),
        ("0170 1234567", NAMELESS),
        ("<script>", NAMELESS),
    ],
)
def test_the_public_sees_a_first_name_and_an_initial(name, shown):
    assert public_name(name) == shown


def test_a_very_long_name_is_cut():
    assert len(public_name("A" * 500)) == 40
