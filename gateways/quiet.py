"""The libraries that speak HTTP log what they send and where: at DEBUG that is keys, tokens and addresses."""

import logging
from typing import Final

NOISY: Final = ("stripe", "easypost", "httpx", "httpcore", "hpack", "requests", "urllib3")


def quiet() -> None:
    """Let them warn and no more, whatever level the rest has; a program calls this once, at its start."""
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
