"""Alembic's door into our database; offline migrations are not offered."""

from alembic import context

from store import door_tables, life_tables, shop_tables, stock_tables, supply_tables, tables  # noqa: F401 - they fill the metadata
from store.base import Base
from store.connecting import unhurried
from store.database import Database

database: Database = context.config.attributes["database"]

with database.engine.connect() as connection:
    unhurried(connection)
    if database.is_sqlite:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # its driver begins nothing by itself: see `Database`
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=database.is_sqlite,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
