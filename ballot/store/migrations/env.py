"""Run by Alembic: migrate on the connection, and in the transaction, of whoever calls."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
