"""What is encrypted comes back as it was, and under no other key; what was tampered with does not come back at all."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from worker.settings import BadSetting, Settings
from workflows.codec import (
    ENCODING,
    KEY_ID,
    WITHOUT_KEYS,
    DamagedPayload,
    Encryption,
    Key,
    UnknownKey,
    Unreadable,
    read_keys,
)

A, B, OTHER_A = Key("a", b"A" * 32), Key("b", b"B" * 32), Key("a", b"C" * 32)
NOTE = Payload(metadata={"encoding": b"json/plain"}, data=b'"Ada Lovelace called"')

payloads = st.builds(
    Payload, metadata=st.dictionaries(st.text(max_size=20), st.binary(max_size=40)), data=st.binary()
)
ids = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
keys = st.lists(
    st.builds(Key, ids, st.binary(min_size=32, max_size=32)),
    min_size=1,
    max_size=4,
    unique_by=lambda key: key.id,
)


@settings(max_examples=50, deadline=None)
@given(keys=keys, said=st.lists(payloads, max_size=4))
async def test_what_is_encrypted_under_the_first_key_is_read_by_whoever_has_it(
    keys: list[Key], said: list[Payload]
) -> None:
    encrypted = await Encryption(keys).encode(said)
    later = [Key("newer", b"N" * 32), *reversed(keys)]

    assert await Encryption(keys).decode(encrypted) == said
    assert (
        await Encryption([key for key in later if key.id != "newer" or key in keys]).decode(encrypted) == said
    )
    assert {one.metadata["encoding"] for one in encrypted} <= {ENCODING}
    assert {one.metadata[KEY_ID].decode() for one in encrypted} <= {keys[0].id}


@settings(max_examples=50, deadline=None)
@given(said=payloads.filter(lambda one: len(one.data) > 8))
async def test_nothing_of_a_payload_is_seen_from_outside_and_no_two_look_alike(said: Payload) -> None:
    one, two = await Encryption([A]).encode([said, said])

    assert set(one.metadata) == {"encoding", KEY_ID}
    assert said.data not in one.data
    assert one.data != two.data


@settings(max_examples=50, deadline=None)
@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
async def test_a_payload_of_which_one_bit_was_changed_is_not_read(at: int, bit: int) -> None:
    [encrypted] = await Encryption([A]).encode([NOTE])
    changed = bytearray(encrypted.data)
    changed[at % len(changed)] ^= 1 << bit
    encrypted.data = bytes(changed)

    with pytest.raises(DamagedPayload, match="the key a"):
        await Encryption([A]).decode([encrypted])


@settings(max_examples=50, deadline=None)
@given(length=st.integers(0, 40))
async def test_a_payload_that_was_cut_is_not_read(length: int) -> None:
    [encrypted] = await Encryption([A]).encode([NOTE])
    encrypted.data = encrypted.data[:length]

    with pytest.raises(DamagedPayload):
        await Encryption([A]).decode([encrypted])


async def test_a_payload_under_the_name_of_another_key_is_not_read_even_if_both_are_the_same_secret() -> None:
    same = Key("b", A.secret)
    [encrypted] = await Encryption([A]).encode([NOTE])
    encrypted.metadata[KEY_ID] = b"b"

    with pytest.raises(DamagedPayload, match="the key b"):
        await Encryption([A, same]).decode([encrypted])


async def test_a_key_that_is_not_there_is_named_and_so_is_one_that_is_another() -> None:
    [encrypted] = await Encryption([A]).encode([NOTE])

    with pytest.raises(UnknownKey, match="under the key a, which BACKORDER_CODEC_KEYS does not have"):
        await Encryption([B]).decode([encrypted])
    with pytest.raises(UnknownKey, match="the key a"):
        await WITHOUT_KEYS.decode([encrypted])
    with pytest.raises(DamagedPayload, match="the key a: BACKORDER_CODEC_KEYS has another key of that id"):
        await Encryption([OTHER_A]).decode([encrypted])


@pytest.mark.parametrize("named", [b"", b"\xff\xfe", b"a\nINFO all is well", b"x" * 10_000, "ä".encode()])
async def test_a_foreign_payload_says_nothing_of_itself_and_writes_no_line_of_its_own(named: bytes) -> None:
    foreign = Payload(metadata={"encoding": ENCODING, KEY_ID: named}, data=b"Ada Lovelace")

    with pytest.raises(Unreadable) as refused:
        await Encryption([A]).decode([foreign])

    assert "Ada" not in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


async def test_what_is_not_encrypted_passes_and_without_keys_nothing_is() -> None:
    assert await Encryption([A]).decode([NOTE]) == [NOTE]
    assert await WITHOUT_KEYS.encode([NOTE]) == [NOTE]
    assert await WITHOUT_KEYS.decode([NOTE]) == [NOTE]
    assert not WITHOUT_KEYS.encrypts


@settings(max_examples=50, deadline=None)
@given(keys=keys, between=st.sampled_from([",", " ", ", ", "\n", " , "]))
def test_keys_are_read_as_they_are_written(keys: list[Key], between: str) -> None:
    setting = between.join(key.entry for key in keys)

    assert read_keys(setting) == tuple(keys)
    assert Settings.load(codec_keys=setting).encrypts


def test_a_key_is_not_shown_by_what_holds_it() -> None:
    told = Settings.load(codec_keys=A.entry)

    assert b64encode(A.secret).decode() not in f"{told!r} {A!r} {told.model_dump()}"
    assert str(A.secret) not in repr(A)


def test_each_new_key_is_another() -> None:
    assert len({Key.new("a").secret for _ in range(100)}) == 100
    assert read_keys(Key.new("a").entry)[0].id == "a"


SECRET = b64encode(A.secret).decode()
WRITE_IT = "write each as ID:BASE64 of 32 bytes"


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        (SECRET, WRITE_IT),
        (f":{SECRET}", WRITE_IT),
        (f"a b:{SECRET}", WRITE_IT),
        (f"ä:{SECRET}", WRITE_IT),
        (f"{'a' * 65}:{SECRET}", WRITE_IT),
        (f"a:{SECRET[:-4]}", WRITE_IT),
        (f"a:{SECRET}AAAA", WRITE_IT),
        (f"a:{SECRET[:-1]}!", WRITE_IT),
        (f"a:{b64encode(b'A' * 16).decode()}", WRITE_IT),
        (f"a:{SECRET},b", WRITE_IT),
        (f"{A.entry},{OTHER_A.entry}", "an id stands there twice"),
        (f"{A.entry} {A.entry}", "an id stands there twice"),
    ],
)
def test_a_setting_that_can_not_be_meant_is_refused_without_its_secret(setting: str, fault: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.load(codec_keys=setting)

    assert str(refused.value).startswith(f"BACKORDER_CODEC_KEYS: {fault}")
    assert SECRET[:8] not in str(refused.value)


@settings(max_examples=50, deadline=None)
@given(setting=st.text(max_size=200))
def test_any_other_text_is_refused_in_words(setting: str) -> None:
    try:
        told = Settings.load(codec_keys=setting)
    except BadSetting as refused:
        assert str(refused).startswith("BACKORDER_CODEC_KEYS: ")  # noqa: PT017 - most texts are, few are not
    else:
        assert told.encrypts is bool(read_keys(setting))


@pytest.mark.parametrize(
    "setting", ["temporal.example", "ftp://temporal.example", "https://", "http://[", "https://a:x"]
)
def test_an_origin_that_is_none_is_refused(setting: str) -> None:
    with pytest.raises(BadSetting, match=r"BACKORDER_CODEC_ORIGINS: "):
        Settings.load(codec_origins=setting)


def test_origins_are_as_a_browser_says_them_and_by_default_the_web_uis() -> None:
    given = Settings.load(codec_origins="https://Temporal.Example:443/ui, http://127.0.0.1:8233")
    ours = Settings.load(temporal_ui_url="http://[::1]:8233/namespaces")

    assert given.web_ui_origins == ("https://temporal.example", "http://127.0.0.1:8233")
    assert ours.web_ui_origins == ("http://[::1]:8233",)
    assert Settings.load().web_ui_origins == ()
    with pytest.raises(BadSetting, match="BACKORDER_TEMPORAL_UI_URL"):
        _ = Settings.load(temporal_ui_url="temporal").web_ui_origins
