"""Keys under which Temporal's copy of an order is encrypted."""

from datetime import UTC, datetime

from starter.door import Said
from starter.errors import BadInput
from workflows.codec import Key


async def make(key_id: str | None) -> Said:
    """A new key as an entry of BACKORDER_CODEC_KEYS, named for today unless told."""
    try:
        key = Key.new(key_id or f"{datetime.now(UTC):%Y-%m-%d}")
    except ValueError as error:
        raise BadInput(f"ID: {error}") from None
    return Said(
        {"id": key.id, "entry": key.entry},
        f"Keep this secret, and set it as BACKORDER_CODEC_KEYS for each worker, web process and command:\n\n"
        f"  {key.entry}\n\n"
        "To change keys, first add the new one behind the old one everywhere, with a comma between; "
        "then move it to the front. Leave the old one for as long as Temporal keeps orders that it encrypted: "
        "without it they can't go on.",
    )
