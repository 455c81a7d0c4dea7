"""The only reader of the environment: every `HAZARDFLOW_*` setting, its meaning and its default."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "HAZARDFLOW_"


class Settings(BaseSettings):
    """How this installation runs. A wrong value stops the program at start, naming the setting."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: Path = Field(
        Path("var"),
        description="Where everything this installation keeps lies: database, evidence, keys, Prefect's state.",
    )
    host: str = Field(default="127.0.0.1", description="Address the API and the pages listen on.")
    port: int = Field(default=8600, ge=1, le=65535, description="Port of the API and the pages.")
    public_url: str = Field(
        default="", description="Address people use, for links in notices. Empty: http://HOST:PORT."
    )
    database_url: SecretStr = Field(
        SecretStr(""), description="SQLAlchemy address of the domain database. Empty: SQLite under the data directory."
    )
    prefect_port: int = Field(
        0, ge=0, le=65535, description="Loopback port of the embedded Prefect server. 0: the API's port plus one."
    )
    prefect_api_url: str = Field(
        default="", description="Address of a Prefect server run elsewhere. Empty: the embedded one."
    )
    prefect_database_url: SecretStr = Field(
        SecretStr(""), description="Prefect's own database. Empty: SQLite under the data directory."
    )
    prefect_auth: SecretStr = Field(
        SecretStr(""),
        description="user:password of the Prefect API. Empty: one drawn at first start and kept in the data directory.",
    )
    work_pool: str = Field(
        default="hazards", description="Prefect work pool of type process on which the deployments run."
    )
    poll_seconds: float = Field(default=0.5, gt=0, description="How often the dispatcher looks for work.")
    lease_seconds: int = Field(
        60, ge=5, description="How long a dispatcher may hold a message before another takes it."
    )
    seal_seconds: int = Field(
        default=30, ge=1, description="Longest time an audit event waits for its signed checkpoint."
    )
    prefect_down_seconds: int = Field(
        30, ge=1, description="After so long without Prefect the dispatcher runs flows untracked."
    )
    session_idle_minutes: int = Field(default=30, ge=1, description="A session unused for so long ends.")
    session_hours: int = Field(default=12, ge=1, description="A session ends after so long in any case.")
    step_up_minutes: int = Field(
        30, ge=1, description="How long a password entry counts for operations that ask for it anew."
    )
    invitation_minutes: int = Field(
        default=30, ge=1, description="How long a one-time token for a first password is valid."
    )
    password_profile: Literal["standard", "dengbao"] = Field(
        "standard",
        description="Rule for passwords. `standard`: 12 characters. `dengbao`: 10, three classes, 90 days, last 5 barred.",
    )
    second_factor: Literal["optional", "officers"] = Field(
        "optional",
        description="Who needs an authenticator app. `officers`: offices' people can only enrol until they have.",
    )
    oidc_issuer: str = Field(
        "", description="Issuer of the office's OpenID Connect provider (https). Empty: no sign-in through it."
    )
    oidc_client_id: str = Field("", description="This installation's client id at that provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Its client secret there.")
    max_body_mib: int = Field(default=1, ge=1, description="Largest request body other than an upload, in MiB.")
    max_upload_mib: int = Field(default=20, ge=1, description="Largest single piece of evidence, in MiB.")
    private_webhooks: str = Field(
        "", description="Comma-separated host names or addresses inside the private network that channels may reach."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe log line written."
    )

    @field_validator("data_dir")
    @classmethod
    def absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("oidc_issuer")
    @classmethod
    def secure_issuer(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError("the issuer must be an https address (http only on this machine)")
        return value

    @property
    def domain_url(self) -> str:
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir / 'hazardflow.db'}"

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def embedded_prefect_port(self) -> int:
        return self.prefect_port or self.port + 1

    @property
    def prefect_on_sqlite(self) -> bool:
        """Prefect's own database is the embedded SQLite, as far as this installation knows."""
        return not self.prefect_api_url and not self.prefect_database_url.get_secret_value()

    @property
    def prefect_url(self) -> str:
        return self.prefect_api_url or f"http://127.0.0.1:{self.embedded_prefect_port}/api"

    @property
    def private_hosts(self) -> frozenset[str]:
        return frozenset(host.strip() for host in self.private_webhooks.split(",") if host.strip())

    @property
    def evidence_dir(self) -> Path:
        return self.data_dir / "evidence"

    @property
    def key_dir(self) -> Path:
        return self.data_dir / "keys"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()  # pyright: ignore[reportCallIssue]  # every field has a default; pydantic fills it
