"""Links in notices open one order's page, and nobody else's."""

import string
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

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
    at = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.sampled_from("AbZ09-_").filter(lambda char: char != signed[at]))

    with pytest.raises(BadLink):
        LINKS.read(signed[:at] + other + signed[at + 1 :])


@given(ids, st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_another_writing_of_the_same_signature_opens_nothing(order_id: str, last: str) -> None:
    """Its last character has bits that mean nothing."""
    signed = token(LINKS.order_page(order_id))
    assume(last != signed[-1])

    with pytest.raises(BadLink):
        LINKS.read(signed[:-1] + last)


@pytest.mark.parametrize("more", ["=", "==", "!", ".", "\n", " ", "A"])
def test_a_link_with_something_behind_it_opens_nothing(more: str) -> None:
    with pytest.raises(BadLink):
        LINKS.read(token(LINKS.order_page("100")) + more)


@pytest.mark.parametrize(
    "token", ["", ".", "100", "IjEwMCI", "IjEwMCI.x", "é", "IjEwMCI.é", "\ud800", ".\ud800"]
)
def test_what_was_never_signed_opens_nothing(token: str) -> None:
    with pytest.raises(BadLink):
        LINKS.read(token)


@given(st.text(alphabet=st.characters()))
def test_whatever_is_typed_is_refused_in_our_own_words(typed: str) -> None:
    with pytest.raises(BadLink):
        LINKS.read(typed)


def test_another_secret_signs_other_links() -> None:
    with pytest.raises(BadLink):
        LINKS.read(token(Links("https://shop.example", "another secret").order_page("100")))


@pytest.mark.parametrize("salt", ["itsdangerous", "unsubscribe", "order page "])
def test_what_the_same_secret_signed_for_something_else_opens_nothing(salt: str) -> None:
    other = URLSafeSerializer("a secret", salt=salt).dumps("100")

    with pytest.raises(BadLink):
        LINKS.read(str(other))


@pytest.mark.parametrize("signed", [100, None, ["100"], {"order": "100"}])
def test_only_an_id_is_read(signed: object) -> None:
    other = URLSafeSerializer("a secret", salt="order page").dumps(signed)

    with pytest.raises(BadLink):
        LINKS.read(str(other))


@given(ids, ids)
def test_the_signature_of_one_order_opens_no_other(mine: str, other: str) -> None:
    assume(mine != other)
    payload = token(LINKS.order_page(other)).rpartition(".")[0]
    signature = token(LINKS.order_page(mine)).rpartition(".")[2]

    with pytest.raises(BadLink):
        LINKS.read(f"{payload}.{signature}")


@given(ids)
def test_a_link_needs_no_quoting_in_an_address(order_id: str) -> None:
    link = LINKS.order_page(order_id)

    assert quote(link, safe=":/") == link
