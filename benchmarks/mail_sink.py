"""`python -m benchmarks.mail_sink PORT`: takes every mail, and keeps none; so light that it is nobody's burden."""

import asyncio
import sys

_ANSWERS = {b"EHLO": b"250-sink\r\n250 SMTPUTF8\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._rest, self._reading = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while self._text() if self._reading else self._command():
            pass

    def _text(self) -> bool:
        """Whether a mail's last line has come."""
        _, end, rest = self._rest.partition(b"\r\n.\r\n")
        if end:
            self._rest, self._reading = rest, False
            self._transport.write(b"250 taken\r\n")
        return bool(end)

    def _command(self) -> bool:
        line, end, rest = self._rest.partition(b"\r\n")
        if end:
            self._rest, word = rest, line[:4].upper()
            self._reading = word == b"DATA"
            self._transport.write(_ANSWERS.get(word, b"250 ok\r\n"))
        return bool(end)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
