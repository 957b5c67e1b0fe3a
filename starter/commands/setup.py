"""Setting up: migrations, search attributes, the daily schedule."""

from contextlib import closing
from datetime import UTC, datetime

from starter import door
from starter.door import Said
from starter.errors import OutOfReach
from starter.renewing import renew_all, tell
from starter.schedule import schedule_review
from store import keys
from store.database import Database
from store.migrate import migrate
from worker.speech import speech
from workflows.connection import connect, register_search_attributes
from workflows.messages import DAILY_REVIEW


async def init() -> Said:
    """Safe to run again."""
    settings, address = door.here()
    if not settings.database_url:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(Database(settings.database)) as database:
        ours = migrate(database)
        at = datetime.now(UTC)
        await renew_all(database, keys.loaded(at), at, settings.time_zone)
        try:
            client = await connect(address, speech(settings))
            await register_search_attributes(client)
            await schedule_review(client, settings.time_zone)
            await tell(database, client, keys.loaded(at), at)
        except RuntimeError as error:
            raise OutOfReach("Temporal") from error
    reached = "at its newest migration" if ours else "a newer version's already, and was left as it is"
    return Said(
        {
            "database": "newest" if ours else "newer",
            "search_attributes": "registered",
            "schedule": DAILY_REVIEW,
        },
        f"The database is {reached}; Temporal knows our search attributes and the daily review.",
    )
