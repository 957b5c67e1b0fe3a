"""What the libraries log of a message's content, when one asks them for everything: keys, tokens and addresses."""

import logging
from typing import Final

LEVELS: Final = {
    **dict.fromkeys(
        ("stripe", "easypost", "httpx", "httpcore", "hpack", "requests", "urllib3"), logging.WARNING
    ),
    # At DEBUG it writes each activity's whole result.
    "temporalio.worker": logging.INFO,
    # The mail server of `backorder up`: every sender and recipient.
    "mail": logging.WARNING,
    # It tells of every look at the tables' version.
    "alembic": logging.WARNING,
}


def quiet() -> None:
    """Let them say no more than this, whatever level the rest has; a program calls this once, at its start."""
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
