"""Alembic migrations in three branches: board, roll, box."""
