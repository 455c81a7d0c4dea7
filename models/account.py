"""How people and machines prove who they are."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id


class Account(SQLModel, table=True):
    """账号 of a person. Without `password_hash` it waits for its one-time token; there is no default account."""

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    login: str = Field(unique=True)
    password_hash: str | None = None
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed_attempts: int = 0
    """Failures since the last success."""
    wait_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Logins before this instant are refused unread; never permanent, so nobody can lock an officer out."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class OneTimeToken(SQLModel, table=True):
    """A token by which an account gets its (next) password, once."""

    __tablename__ = "one_time_token"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    token_hash: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LoginSession(SQLModel, table=True):
    """会话. Only the hash of its token is kept."""

    __tablename__ = "login_session"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    token_hash: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    verified_at: datetime = Field(sa_type=UtcDateTime)
    """When the password was last entered; operations marked S ask that it be recent."""
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApiKey(SQLModel, table=True):
    """A machine's key; acts as its account, never for operations that ask for the password anew."""

    __tablename__ = "api_key"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    token_hash: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    name: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IdempotencyKey(SQLModel, table=True):
    """What was answered to a key: the same key with the same body gets the same answer again."""

    __tablename__ = "idempotency_key"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    scope: str = Field(primary_key=True)
    """Whose key: the person's id."""
    key: str = Field(primary_key=True)
    request_hash: str
    status: int
    body: bytes
    etag: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
