"""Bring the database to this program's schema and fill in what a new installation starts with."""

from cli.console import now, open_database
from models.engine import writing
from services import schema, seeding


def migrate_database() -> None:
    engine = open_database(current=False)
    schema.migrate(engine)
    with writing(engine) as session, session.begin():
        seeding.seed(session, at=now())
    engine.dispose()
