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
    password_set_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """From here a profile with an expiry counts; None, for passwords older than the column: from `created_at`."""
    oidc_subject: str | None = Field(default=None, unique=True)
    """Who this is at the office's identity provider (its `sub`); set by an administrator only."""
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


class PastPassword(SQLModel, table=True):
    """A password an account has had, hashed; kept only as many as the profile forbids to use again."""

    __tablename__ = "past_password"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    password_hash: str
    set_at: datetime = Field(sa_type=UtcDateTime)


class SecondFactor(SQLModel, table=True):
    """双因素: the secret of an account's authenticator app, sealed with a key that is not in the database."""

    __tablename__ = "second_factor"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    sealed: bytes
    enrolled_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """From here on sign-in asks for a code."""
    last_step: int = -1
    """The time step (30 seconds) of the last code accepted; no code of this step or an earlier one counts again."""


class RecoveryCode(SQLModel, table=True):
    """恢复码: stands in for one code of the authenticator app, once. Only its hash is kept."""

    __tablename__ = "recovery_code"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    code_hash: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OidcRequest(SQLModel, table=True):
    """A sign-in that is under way at the identity provider: usable once, by the browser that began it."""

    __tablename__ = "oidc_request"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    state_hash: str = Field(primary_key=True)
    browser_hash: str
    nonce: str
    code_verifier: str
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class LoginSession(SQLModel, table=True):
    """会话. Only the hash of its token is kept."""

    __tablename__ = "login_session"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    token_hash: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    verified_at: datetime = Field(sa_type=UtcDateTime)
    """When the password or a code was last entered; operations marked S ask that it be recent."""
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    means: str = "password"
    """How the person proved who they are: `password` or `oidc`, with `+code` when a second factor was given."""
    scope: str | None = None
    """The only operations it may be used for, e.g. while the second factor is still missing; None: all of the person's."""


class ApiKey(SQLModel, table=True):
    """A machine's key; acts as its account, never for operations that ask for the password anew."""

    __tablename__ = "api_key"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    token_hash: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    name: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    scope: str | None = None
    """The operations it may be used for, separated by spaces; None only in keys older than the column: all of the account's."""


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
