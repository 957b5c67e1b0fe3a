"""Links in notices open one order's page, and nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.links import BadLink, Links

LINKS = Links("https://shop.example/", "a secret")
ids = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)


def token(link: str) -> str:
    assert link.startswith("https://shop.example/o/")
    return link.rpartition("/")[2]


@given(ids)
def test_a_link_names_its_order_and_is_the_same_each_time(order_id: str) -> None:
    link = LINKS.order_page(order_id)

    assert LINKS.read(token(link)) == order_id
    assert LINKS.order_page(order_id) == link


@given(ids, st.data())
def test_an_altered_link_opens_nothing(order_id: str, data: st.DataObject) -> None:
    signed = token(LINKS.order_page(order_id))
    at = data.draw(st.integers(0, len(signed) - 2))  # the last character has bits that mean nothing
    other = data.draw(st.sampled_from("AbZ09-_").filter(lambda char: char != signed[at]))

    with pytest.raises(BadLink):
        LINKS.read(signed[:at] + other + signed[at + 1 :])


@pytest.mark.parametrize("token", ["", ".", "100", "IjEwMCI", "IjEwMCI.x", "é"])
def test_what_was_never_signed_opens_nothing(token: str) -> None:
    with pytest.raises(BadLink):
        LINKS.read(token)


def test_another_secret_signs_other_links() -> None:
    with pytest.raises(BadLink):
        LINKS.read(token(Links("https://shop.example", "another secret").order_page("100")))
