"""doors: events for the order system, quotes as demand, and columns that figures and searches go by."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PENDING = sa.text("delivered_at IS NULL AND NOT dead")
_PARTIAL = (
    ("ix_orders_accepted", "orders", ["placed_at", "backordered"], sa.text("accepted_at IS NOT NULL")),
    (
        "ix_orders_current",
        "orders",
        ["placed_at", "currency", "order_id"],
        sa.text("backordered AND ended_at IS NULL AND accepted_at IS NOT NULL"),
    ),
    (
        "ix_lines_open",
        "lines",
        [
            "order_id",
            "unit_price_minor",
            "ordered",
            "shipped",
            "cancelled",
            "backordered",
            "promised_on",
        ],
        sa.text("ordered > shipped + cancelled"),
    ),
    ("ix_orders_ended", "orders", ["ended_at", "status", "placed_at", "shipped_at"], sa.text("backordered")),
    (
        "ix_parcels_shipped",
        "parcels",
        ["shipped_at", "promised_on", "units", "stage"],
        sa.text("shipped_at IS NOT NULL"),
    ),
    ("ix_products_waiting", "products", ["waiting"], sa.text("waiting > 0")),
    ("ix_events_pending", "events", ["stream", "id"], _PENDING),
    ("ix_events_due", "events", ["id"], _PENDING),
    ("ix_events_dead", "events", ["id"], sa.text("dead")),
)


def upgrade() -> None:
    """Columns are added one by one: SQLite would otherwise make whole tables anew, which others refer to."""
    for table, column in _columns():
        op.add_column(table, column)
    _carry_over()
    _create_events()
    _create_quotes()
    op.create_index("ix_orders_email", "orders", ["email"])
    op.create_index("ix_stock_ledger_sku_id", "stock_ledger", ["sku", "id"])
    op.create_index("ix_orders_placed_at_order_id", "orders", ["placed_at", "order_id"])
    op.drop_index("ix_orders_customer_id", "orders")
    of_customer = ["customer_id", "placed_at", "order_id"]
    op.create_index("ix_orders_customer_id_placed_at_order_id", "orders", of_customer)
    for name, table, columns, where in _PARTIAL:
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _columns() -> list[tuple[str, sa.Column]]:
    return [
        ("orders", sa.Column("email", sa.String(), nullable=False, server_default="")),
        ("orders", sa.Column("backordered", sa.Boolean(), nullable=True)),
        ("orders", sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True)),
        ("orders", sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True)),
        ("orders", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True)),
        ("parcels", sa.Column("units", sa.Integer(), nullable=False, server_default="0")),
        ("parcels", sa.Column("promised_on", sa.Date(), nullable=True)),
    ]


def _carry_over() -> None:
    """What earlier orders kept in their bodies and ledgers."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    email = "json_extract(body, '$.customer.email')" if sqlite else "body->'customer'->>'email'"
    backordered = (
        "json_extract(decision, '$.backordered')" if sqlite else "(decision->>'backordered')::boolean"
    )
    units = "SELECT COALESCE(SUM(claimed), 0) FROM stock_ledger AS taken WHERE kind = 'claimed'"
    of_parcel = "taken.order_id = parcels.order_id AND taken.parcel = parcels.number"
    promised = "SELECT original_promised_on FROM orders WHERE orders.order_id = parcels.order_id"
    last = (
        "SELECT MAX(parcels.shipped_at) FROM parcels"
        " WHERE parcels.order_id = orders.order_id AND parcels.stage <> 'stopped'"
    )
    op.execute(f"UPDATE orders SET email = LOWER({email})")  # noqa: S608 - our own words
    decided = "decision IS NOT NULL AND status <> 'rejected'"
    op.execute(f"UPDATE orders SET backordered = {backordered} WHERE {decided}")  # noqa: S608
    op.execute(f"UPDATE orders SET shipped_at = ({last}) WHERE ended_at IS NOT NULL")  # noqa: S608
    op.execute(f"UPDATE parcels SET units = ({units} AND {of_parcel})")  # noqa: S608
    op.execute(f"UPDATE parcels SET promised_on = ({promised}) WHERE shipped_at IS NOT NULL")  # noqa: S608


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_events_event_id")),
    )
    op.create_index("ix_events_stream_id", "events", ["stream", "id"])


def _create_quotes() -> None:
    op.create_table(
        "quotes",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "sku", name=op.f("pk_quotes")),
    )
    op.create_index("ix_quotes_asked_at", "quotes", ["asked_at"])
    op.create_index("ix_quotes_sku_asked_at", "quotes", ["sku", "asked_at"])


def downgrade() -> None:
    """Back to the tables of 0003; events and quotes are forgotten."""
    for name, table, _, _ in reversed(_PARTIAL):
        op.drop_index(name, table)
    op.drop_index("ix_orders_customer_id_placed_at_order_id", "orders")
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    op.drop_index("ix_orders_placed_at_order_id", "orders")
    op.drop_index("ix_stock_ledger_sku_id", "stock_ledger")
    op.drop_index("ix_orders_email", "orders")
    op.drop_table("quotes")
    op.drop_table("events")
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)
