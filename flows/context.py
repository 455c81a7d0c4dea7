"""What every flow needs of its process: the database, the clock, the keys."""

from datetime import UTC, datetime
from functools import cache

from sqlalchemy import Engine

from models.engine import open_engine
from services import keys, schema
from settings import settings


@cache
def engine() -> Engine:
    """The domain database, opened once per process and only at this program's schema."""
    found = open_engine(settings().domain_url)
    schema.require_current(found)
    return found


def now() -> datetime:
    return datetime.now(UTC)


def channel_key() -> bytes:
    return keys.channel_key(settings().key_dir)


def private_hosts() -> frozenset[str]:
    return settings().private_hosts
