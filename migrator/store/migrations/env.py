"""Alembic's entry: migrations run on the connection that `migrator.store.truth.upgrade` hands over."""

from alembic import context

import migrator.store.tables
import migrator.store.tables_alerts
import migrator.store.tables_network
import migrator.store.tables_people
import migrator.store.tables_reports  # noqa: F401  (each registers its tables)
from inventory.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
