"""The line that fails: each of its faults against a server that repeats what it hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import islice

import pytest

from tests.proxy import After, Fault, Line, When, line_to_port
from tests.weather import spells


async def _repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(1000):
            writer.write(chunk)
    writer.close()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    server = await asyncio.start_server(_repeat, "127.0.0.1", 0)
    async with line_to_port(server.sockets[0].getsockname()[1]) as line:
        yield line
    for writer in OPENED:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in OPENED), return_exceptions=True)
    OPENED.clear()
    server.close()


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
OPENED: list[asyncio.StreamWriter] = []


async def _connected(line: Line) -> Ends:
    ends = await asyncio.open_connection("127.0.0.1", line.port)
    OPENED.append(ends[1])
    return ends


async def _answer(ends: Ends, words: bytes, within: float = 5) -> bytes:
    ends[1].write(words)
    return await asyncio.wait_for(ends[0].read(1000), within)


async def test_what_is_cut_breaks_and_the_next_connection_is_served(line: Line) -> None:
    ends = await _connected(line)
    assert await _answer(ends, b"one") == b"one"

    line.suffer(Fault.CUT)

    with pytest.raises(ConnectionResetError):
        await _answer(ends, b"two")
    assert await _answer(await _connected(line), b"three") == b"three"


async def test_where_nobody_listens_the_system_refuses_until_the_server_is_back_at_its_port(
    line: Line,
) -> None:
    line.suffer(Fault.DOWN)
    with pytest.raises(ConnectionRefusedError):
        await _connected(line)

    await line.come_back()

    assert await _answer(await _connected(line), b"one") == b"one"


async def test_connections_beyond_a_number_are_turned_away_and_counted(line: Line) -> None:
    line.turn_away_after(1)

    assert await _answer(await _connected(line), b"one") == b"one"
    with pytest.raises(ConnectionResetError):
        await _answer(await _connected(line), b"two")
    assert line.refused == 1


async def test_a_connection_is_cut_at_a_byte(line: Line) -> None:
    line.cut_after(5)
    ends = await _connected(line)

    assert await _answer(ends, b"one") == b"one"
    with pytest.raises(ConnectionResetError):
        await _answer(ends, b"more than is let through")
    assert line.cuts == 1


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.MUTE])
async def test_a_silence_ends_in_the_late_answer_or_never(line: Line, fault: Fault) -> None:
    patient, forgotten = await _connected(line), await _connected(line)
    assert await _answer(patient, b"one") == await _answer(forgotten, b"one")

    line.suffer(fault)
    with pytest.raises(TimeoutError):
        await _answer(patient, b"two", within=0.2)
    await line.come_back()
    assert await asyncio.wait_for(patient[0].read(1000), 5) == b"two"

    line.suffer(fault)
    await line.come_back(After.FORGOTTEN)
    with pytest.raises(TimeoutError):
        await _answer(forgotten, b"three", within=0.2)
    assert await _answer(await _connected(line), b"four") == b"four"


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.THROTTLED])
async def test_what_comes_late_comes_whole(line: Line, fault: Fault) -> None:
    ends = await _connected(line)
    line.suffer(fault)

    ends[1].write(b"x" * 2000)

    assert await asyncio.wait_for(ends[0].readexactly(2000), 5) == b"x" * 2000


@pytest.mark.parametrize("when", ["before", "after"])
async def test_words_are_lost_on_their_way_there_or_back(line: Line, when: When) -> None:
    line.cut_at(b"STOP", when, then=Fault.CUT)
    ends = await _connected(line)

    assert await _answer(ends, b"one") == b"one"
    with pytest.raises(ConnectionResetError):
        await _answer(ends, b"STOP")


def test_the_same_seed_draws_the_same_weather() -> None:
    assert [*islice(spells("s", 1, 1), 9)] == [*islice(spells("s", 1, 1), 9)]
    assert [*islice(spells("s", 1, 1), 9)] != [*islice(spells("t", 1, 1), 9)]
