"""Runs the migrations on the connection that `purring.store.engine.upgrade` hands over, in its transaction."""

from alembic import context

from purring.store.schema import invoice

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=invoice.metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
