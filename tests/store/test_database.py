"""The tables are what the migrations make, and hold what must hold."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from store.base import Base
from store.database import Database
from store.migrate import NotMigrated, check_migrated, migrate
from store.tables import LineRow, OrderRow, ProductRow
from tests.store.stockroom import SKU, Stockroom, order_of


def test_the_migrations_make_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_make_every_check(database: Database) -> None:
    seen = inspect(database.engine)

    for table in Base.metadata.sorted_tables:
        wanted = {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}
        assert {check["name"] for check in seen.get_check_constraints(table.name)} == wanted


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database)

    check_migrated(database)


def test_a_database_that_was_never_migrated_says_so(tmp_path: Any) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    try:
        with pytest.raises(NotMigrated, match="backorder init"):
            check_migrated(database)
    finally:
        database.close()


def test_a_database_of_a_newer_version_will_do(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    check_migrated(database)


@pytest.mark.parametrize("spoiled", [{"reserved": 1}, {"on_hand": -1}, {"reserved": -1}])
def test_stock_that_cannot_be_is_refused_by_the_database(stock: Stockroom, spoiled: dict[str, int]) -> None:
    with pytest.raises(IntegrityError):
        stock.database.write(_spoil, update(ProductRow).where(ProductRow.sku == SKU).values(spoiled))


@pytest.mark.parametrize("spoiled", [{"allocated": 1}, {"ordered": 3}, {"backordered": -1, "ordered": -1}])
def test_units_that_do_not_add_up_are_refused_by_the_database(
    stock: Stockroom, spoiled: dict[str, int]
) -> None:
    stock.place("100", 2)

    with pytest.raises(IntegrityError):
        stock.database.write(_spoil, update(LineRow).values(spoiled))


def test_a_command_that_fails_leaves_nothing_behind(stock: Stockroom) -> None:
    def fail(session: Session) -> None:
        session.execute(update(ProductRow).values(on_hand=5))
        raise LookupError

    with pytest.raises(LookupError):
        stock.database.write(fail)

    assert stock.product() == (0, 0)


def test_instants_come_back_aware_and_in_utc(stock: Stockroom) -> None:
    paris = datetime(2026, 3, 1, 9, 30, 15, 250, tzinfo=timezone(timedelta(hours=1)))
    stock.place_order(order_of("100").model_copy(update={"placed_at": paris}))

    placed_at = stock.database.read(lambda session: session.scalar(select(OrderRow.placed_at)))

    assert placed_at == paris
    assert placed_at is not None
    assert placed_at.tzinfo is UTC


async def test_coroutines_read_and_write_without_stopping_the_loop(stock: Stockroom) -> None:
    def units(session: Session) -> int:
        return session.get_one(ProductRow, SKU).on_hand

    await stock.database.awrite(_spoil, update(ProductRow).values(on_hand=0))

    assert await stock.database.aread(units) == 0


def test_commands_at_the_same_time_are_each_done(stock: Stockroom) -> None:
    def one(number: int) -> None:
        stock.receive(1, change_id=f"R-{number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(one, range(24)))

    assert stock.product() == (24, 0)


def _spoil(session: Session, statement: Any) -> None:
    session.execute(statement)
