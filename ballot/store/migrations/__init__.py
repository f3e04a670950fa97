"""Alembic migrations in four branches: board, roll, office, box."""
