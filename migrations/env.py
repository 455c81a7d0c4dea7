"""Alembic's environment: the domain database of the settings, or the connection handed in."""

from alembic import context
from sqlalchemy import Connection

from models import metadata
from models.engine import open_engine
from settings import settings


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    _run(handed_in)
else:
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    with open_engine(settings().domain_url).begin() as own:
        _run(own)
