"""Settings are read once, checked, and refused by name."""

from pathlib import Path

import pytest

from cotrack.settings import SettingsFault, read_settings

TRAINING = {"COTRACK_ENVIRONMENT": "training"}
PRODUCTION = {"COTRACK_ENVIRONMENT": "production"}


def test_everything_but_the_environment_has_a_default() -> None:
    settings = read_settings({**TRAINING, "COTRACK_HOME": "/srv/cotrack"})
    assert settings.home == Path("/srv/cotrack")
    assert settings.database_url == "sqlite:////srv/cotrack/var/cotrack.db"
    assert settings.bind == "127.0.0.1:8000"
    assert settings.site_file == Path("/srv/cotrack/site.toml")
    assert settings.keys_folder == Path("/srv/cotrack/keys")
    assert settings.var_folder == Path("/srv/cotrack/var")
    assert settings.workers == 2
    assert (settings.argon2_time_cost, settings.argon2_memory_kib) == (3, 65_536)
    assert (settings.session_idle_seconds, settings.session_seconds, settings.token_seconds) == (1800, 43_200, 43_200)
    assert (settings.sign_in_attempts, settings.lock_out_seconds) == (5, 900)
    assert not settings.is_behind_tls
    assert settings.scratch_database_url == ""
    assert not settings.is_backup_unattended


def test_home_is_the_working_folder_where_none_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(TRAINING).home == tmp_path.resolve()
    assert read_settings({**TRAINING, "COTRACK_HOME": ""}).home == tmp_path.resolve()


def test_what_is_said_is_taken() -> None:
    settings = read_settings(
        {
            **TRAINING,
            "COTRACK_DATABASE_URL": "postgresql+psycopg://cotrack@db/cotrack",
            "COTRACK_BIND": "0.0.0.0:80",
            "COTRACK_SITE_FILE": "/etc/cotrack/site.toml",
            "COTRACK_WORKERS": "4",
            "COTRACK_ARGON2_TIME_COST": "1",
            "COTRACK_TLS": "yes",
            "COTRACK_SCRATCH_DATABASE_URL": "postgresql://cotrack@db/cotrack_scratch",
            "COTRACK_BACKUP": "unattended",
        }
    )
    assert settings.database_url == "postgresql+psycopg://cotrack@db/cotrack"
    assert settings.bind == "0.0.0.0:80"
    assert settings.site_file == Path("/etc/cotrack/site.toml")
    assert (settings.workers, settings.argon2_time_cost) == (4, 1)
    assert settings.is_behind_tls
    assert settings.scratch_database_url == "postgresql://cotrack@db/cotrack_scratch"
    assert settings.is_backup_unattended


@pytest.mark.parametrize(("variables", "is_training"), [(TRAINING, True), (PRODUCTION, False)])
def test_an_installation_is_for_training_or_for_production(variables: dict[str, str], is_training: bool) -> None:
    assert read_settings(variables).is_training is is_training


@pytest.mark.parametrize("value", [None, "", "test", "Production", "training "])
def test_an_installation_that_does_not_say_what_it_is_for_does_not_start(value: str | None) -> None:
    variables = {} if value is None else {"COTRACK_ENVIRONMENT": value}
    with pytest.raises(SettingsFault, match="say COTRACK_ENVIRONMENT=production or COTRACK_ENVIRONMENT=training"):
        read_settings(variables)


@pytest.mark.parametrize("value", ["0", "000", "-1", "1.5", "two", " 2", "２", "²"])
@pytest.mark.parametrize(
    "name",
    [
        "COTRACK_WORKERS",
        "COTRACK_ARGON2_TIME_COST",
        "COTRACK_ARGON2_MEMORY_KIB",
        "COTRACK_SESSION_IDLE_SECONDS",
        "COTRACK_SESSION_SECONDS",
        "COTRACK_TOKEN_SECONDS",
        "COTRACK_SIGN_IN_ATTEMPTS",
        "COTRACK_LOCK_OUT_SECONDS",
    ],
)
def test_a_number_that_is_no_whole_number_above_zero_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsFault, match=rf"^{name} is '.*': it must be a whole number above zero$"):
        read_settings({**TRAINING, name: value})


@pytest.mark.parametrize("value", ["no", "", "true", "1", "YES"])
def test_only_yes_says_that_the_installation_is_behind_tls(value: str) -> None:
    assert not read_settings({**TRAINING, "COTRACK_TLS": value}).is_behind_tls


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [("COTRACK_ARGON2_TIME_COST", "2", "3"), ("COTRACK_ARGON2_MEMORY_KIB", "65535", "65536")],
)
def test_production_refuses_to_hash_passwords_cheaply(name: str, value: str, least: str) -> None:
    with pytest.raises(SettingsFault, match=f"^{name} is {value}: production needs at least {least}$"):
        read_settings({**PRODUCTION, name: value})
    assert read_settings({**TRAINING, name: value})
    assert read_settings({**PRODUCTION, name: least})
