"""Typed settings, read once from `COTRACK_…` variables; what belongs to the site stands in `site.toml` instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

Environment = Literal["production", "training"]

PRODUCTION_ARGON2_TIME_COST = 3
PRODUCTION_ARGON2_MEMORY_KIB = 65_536
HIGHEST_PORT = 65_535


class SettingsFault(Exception):
    """A setting is missing or makes no sense; the message says which and what to do."""

    kind = "setting-wrong"


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two installations of the same site definition."""

    home: Path
    database_url: str
    bind: str
    environment: Environment
    site_file: Path
    labels_folder: Path
    workers: int
    argon2_time_cost: int
    argon2_memory_kib: int
    session_idle_seconds: int
    session_seconds: int
    token_seconds: int
    sign_in_attempts: int
    lock_out_seconds: int
    is_behind_tls: bool
    scratch_database_url: str
    is_backup_unattended: bool

    @property
    def keys_folder(self) -> Path:
        """Where the signing and encryption keys lie, readable by the service alone."""
        return self.home / "keys"

    @property
    def var_folder(self) -> Path:
        """Where the embedded database, its lock and run-time files lie."""
        return self.home / "var"

    @property
    def witness_file(self) -> Path:
        """Where every signed checkpoint is appended, outside of the database."""
        return self.var_folder / "checkpoints"

    @property
    def is_training(self) -> bool:
        """Whether this installation may hold demonstration data and must say so on every page and label."""
        return self.environment == "training"


def read_settings(variables: Mapping[str, str]) -> Settings:
    """Read and check the settings; raises SettingsFault naming the first variable at fault."""
    home = Path(variables.get("COTRACK_HOME") or Path.cwd()).expanduser().resolve()
    environment = _environment(variables)
    settings = Settings(
        home=home,
        database_url=variables.get("COTRACK_DATABASE_URL") or f"sqlite:///{home}/var/cotrack.db",
        bind=_bind(variables),
        environment=environment,
        site_file=Path(variables.get("COTRACK_SITE_FILE") or home / "site.toml"),
        labels_folder=Path(variables.get("COTRACK_LABELS_FOLDER") or home / "labels"),
        workers=_positive(variables, "COTRACK_WORKERS", 2),
        argon2_time_cost=_positive(variables, "COTRACK_ARGON2_TIME_COST", PRODUCTION_ARGON2_TIME_COST),
        argon2_memory_kib=_positive(variables, "COTRACK_ARGON2_MEMORY_KIB", PRODUCTION_ARGON2_MEMORY_KIB),
        session_idle_seconds=_positive(variables, "COTRACK_SESSION_IDLE_SECONDS", 30 * 60),
        session_seconds=_positive(variables, "COTRACK_SESSION_SECONDS", 12 * 3600),
        token_seconds=_positive(variables, "COTRACK_TOKEN_SECONDS", 12 * 3600),
        sign_in_attempts=_positive(variables, "COTRACK_SIGN_IN_ATTEMPTS", 5),
        lock_out_seconds=_positive(variables, "COTRACK_LOCK_OUT_SECONDS", 15 * 60),
        is_behind_tls=variables.get("COTRACK_TLS", "no") == "yes",
        scratch_database_url=variables.get("COTRACK_SCRATCH_DATABASE_URL", ""),
        is_backup_unattended=variables.get("COTRACK_BACKUP", "") == "unattended",
    )
    _refuse_weak_production(settings)
    return settings


def _environment(variables: Mapping[str, str]) -> Environment:
    value = variables.get("COTRACK_ENVIRONMENT", "")
    if value not in {"production", "training"}:
        message = "COTRACK_ENVIRONMENT is not set: say COTRACK_ENVIRONMENT=production or COTRACK_ENVIRONMENT=training"
        raise SettingsFault(message)
    return cast("Environment", value)


def _bind(variables: Mapping[str, str]) -> str:
    value = variables.get("COTRACK_BIND") or "127.0.0.1:8000"
    host, _, port = value.rpartition(":")
    is_port = port.isascii() and port.isdigit() and 0 < int(port) <= HIGHEST_PORT
    if not (host and is_port):
        raise SettingsFault(f"COTRACK_BIND is {value!r}: it must be HOST:PORT, as in 127.0.0.1:8000")
    return value


def _positive(variables: Mapping[str, str], name: str, default: int) -> int:
    text = variables.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise SettingsFault(f"{name} is {text!r}: it must be a whole number above zero")
    return int(text)


def _refuse_weak_production(settings: Settings) -> None:
    """Production never hashes passwords below the library's recommended cost (argon2-cffi's RFC 9106 profile)."""
    if settings.environment != "production":
        return
    if settings.argon2_time_cost < PRODUCTION_ARGON2_TIME_COST:
        raise SettingsFault(
            f"COTRACK_ARGON2_TIME_COST is {settings.argon2_time_cost}: production needs at least "
            f"{PRODUCTION_ARGON2_TIME_COST}"
        )
    if settings.argon2_memory_kib < PRODUCTION_ARGON2_MEMORY_KIB:
        raise SettingsFault(
            f"COTRACK_ARGON2_MEMORY_KIB is {settings.argon2_memory_kib}: production needs at least "
            f"{PRODUCTION_ARGON2_MEMORY_KIB}"
        )
