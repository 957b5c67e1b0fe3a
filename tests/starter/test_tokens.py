"""Bearer tokens: who holds them, and what the setting may say."""

import pytest

from starter.tokens import Scope, Tokens, held_by, new_token
from worker.settings import BadSetting


def test_a_token_is_known_by_its_hash_alone() -> None:
    token = new_token(Scope.SUPPORT)
    tokens = Tokens.read(held_by("maria", Scope.SUPPORT, token).entry)

    holder = tokens.holder(token)

    assert holder is not None
    assert holder.by == "support:maria"
    assert token not in repr(tokens)
    assert tokens.holder(token + "x") is None
    assert tokens.holder("") is None


def test_operations_may_do_all_and_others_what_their_scope_says() -> None:
    operations, support = (held_by("li", scope, "t") for scope in (Scope.OPERATIONS, Scope.SUPPORT))

    assert operations.may(Scope.OMS)
    assert support.may(Scope.OMS, Scope.SUPPORT)
    assert not support.may(Scope.OMS)


@pytest.mark.parametrize(
    "setting", ["maria", "maria:boss:" + "0" * 64, "maria:oms:short", "a b:oms:" + "0" * 64]
)
def test_a_malformed_entry_names_the_setting(setting: str) -> None:
    with pytest.raises(BadSetting, match="BACKORDER_API_TOKENS"):
        Tokens.read(setting)


def test_a_name_that_stands_there_twice_is_refused() -> None:
    entry = held_by("maria", Scope.OMS, "t").entry

    with pytest.raises(BadSetting, match="twice"):
        Tokens.read(f"{entry}, {entry}")
