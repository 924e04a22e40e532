"""Alembic's way in: runs on the connection that :func:`hub.store.migrate.migrate` hands it."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
