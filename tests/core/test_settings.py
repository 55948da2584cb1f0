import ssl
from contextlib import suppress
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import PostgresUrl, SettingsInvalid, SqliteUrl, _read, overridden, settings
from core.settings.database_url import parse
from core.settings.environment import Settings


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    """The settings of a program that finds this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return _read.__wrapped__()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "asyncpg", "postgresql+asyncpg"])
def test_every_usual_scheme_means_postgresql_with_our_defaults(scheme: str) -> None:
    url = parse(f"{scheme}://ada:secret@db.example.com/app")

    assert url == PostgresUrl(
        host="db.example.com", port=5432, user="ada", password="secret", database="app", sslmode="prefer"
    )
    assert (url.pool_size, url.pool_idle, url.connect_timeout, url.pgbouncer) == (20, 30.0, 2.0, False)


def test_every_part_may_be_percent_encoded() -> None:
    url = parse("postgresql://a%40da:p%2F%3A%40%23%25@h/d%20b")

    assert isinstance(url, PostgresUrl)
    assert (url.user, url.password, url.database) == ("a@da", "p/:@#%", "d b")


@given(password=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_password_arrives_as_it_was(password: str) -> None:
    url = parse(f"postgresql://ada:{quote(password, safe='')}@h/app")

    assert isinstance(url, PostgresUrl)
    assert url.password == password


@pytest.mark.parametrize(
    "text", ["postgresql:///app?host=/var/run/postgresql", "postgresql://%2Fvar%2Frun%2Fpostgresql/app"]
)
def test_a_unix_socket_is_a_host(text: str) -> None:
    url = parse(text)

    assert isinstance(url, PostgresUrl)
    assert (url.host, url.database) == ("/var/run/postgresql", "app")


@pytest.mark.parametrize(
    ("query", "mode"),
    [
        ("ssl=true", "require"),
        ("ssl=false", "disable"),
        ("sslmode=require", "require"),
        ("sslmode=disable", "disable"),
        ("sslmode=verify-full", "verify-full"),
    ],
)
def test_both_ways_to_ask_for_tls_are_understood(query: str, mode: str) -> None:
    url = parse(f"postgresql://h/app?{query}")

    assert isinstance(url, PostgresUrl)
    assert url.sslmode == mode


def test_verify_full_checks_the_name_and_verify_ca_does_not() -> None:
    full, authority = (parse(f"postgresql://h/app?sslmode={mode}") for mode in ("verify-full", "verify-ca"))

    assert isinstance(full, PostgresUrl)
    assert isinstance(authority, PostgresUrl)
    for url, checks_name in ((full, True), (authority, False)):
        context = url.ssl()
        assert isinstance(context, ssl.SSLContext)
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname == checks_name


def test_the_pool_is_set_in_the_url() -> None:
    url = parse("postgresql://h/app?pool_size=5&pool_idle=1.5&pool_timeout=0.1&connect_timeout=9&pgbouncer=true")

    assert url == PostgresUrl(
        host="h", database="app", pool_size=5, pool_idle=1.5, pool_timeout=0.1, connect_timeout=9.0, pgbouncer=True
    )


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("sqlite://app.db", "app.db"),
        ("sqlite://var/app.db", "var/app.db"),
        ("sqlite:///srv/app.db", "/srv/app.db"),
        ("sqlite://:memory:", ":memory:"),
        ("sqlite:///srv/my%20app.db", "/srv/my app.db"),
    ],
)
def test_a_sqlite_url_names_a_file(text: str, file: str) -> None:
    assert parse(text) == SqliteUrl(file=file)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "scheme"),
        ("mysql://ada:sesame@h/app", "scheme"),
        ("postgresql://ada:sesame@h:port/app", "percent-encoded"),
        ("postgresql://ada:ses/ame@h/app", "percent-encoded"),
        ("postgresql://ada:sesame@[h/app", "percent-encoded"),
        ("postgresql://ada:sesame@h/app?sslmode=maybe", "sslmode must be one of"),
        ("postgresql://ada:sesame@h/app?ssl=maybe", "ssl must be true or false"),
        ("postgresql://ada:sesame@h/app?pool_size=0", "pool_size must be a whole number"),
        ("postgresql://ada:sesame@h/app?pool_size=many", "pool_size must be a whole number"),
        ("postgresql://ada:sesame@h/app?connect_timeout=-1", "connect_timeout must be a number of seconds"),
        ("postgresql://ada:sesame@h/app?connect_timeout=nan", "connect_timeout must be a number of seconds"),
        ("postgresql://ada:sesame@h/app?channel_binding=require", "unknown parameter 'channel_binding'"),
        ("sqlite://", "no file named"),
        ("sqlite://app.db?mode=ro", "takes no parameters"),
    ],
)
def test_a_wrong_url_is_one_clear_error_without_the_password(
    text: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text:
        with pytest.raises(SettingsInvalid) as invalid:
            read(monkeypatch, DATABASE_URL=text)

        shown = f"{invalid.value} {invalid.value.remedy} {invalid.value.__cause__} {invalid.value.__context__}"
        assert why in str(invalid.value)
        assert str(invalid.value).startswith("DATABASE_URL: ")
        assert "\n" not in str(invalid.value)
        assert "sesame" not in shown.partition("input_value")[0]
    with pytest.raises(ValueError, match=why):
        parse(text)


@given(text=st.text())
def test_whatever_the_url_is_it_is_read_or_refused(text: str) -> None:
    for prefix in ("", "postgresql://", "sqlite://", "postgresql://ada:sesame@h/app?"):
        with suppress(ValueError):
            assert isinstance(parse(prefix + text), PostgresUrl | SqliteUrl)


def test_neither_printing_a_url_nor_the_settings_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        monkeypatch,
        DATABASE_URL="postgresql://ada:sesame@h/app",
        REDIS_URL="redis://:sesame@h/0",
        STYLOBATE_SECRETS=f"1:{'sesame' * 8}",
    )

    assert "sesame" not in f"{found} {found!r} {parse('postgresql://ada:sesame@h/app')}"


@pytest.mark.parametrize("ring", ["short", "1:short", f"x:{'k' * 32}", f"1:{'k' * 32},1:{'l' * 32}"])
def test_a_wrong_key_ring_is_refused_without_its_keys(ring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid, match="STYLOBATE_SECRETS: write it as 2:new,1:old") as invalid:
        read(monkeypatch, STYLOBATE_SECRETS=ring)

    assert "kkk" not in str(invalid.value)


def test_what_is_set_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        monkeypatch,
        STYLOBATE_SESSION_LIFETIME="PT30M",
        STYLOBATE_SECRETS=f"2:{'n' * 32},1:{'o' * 32}",
        STYLOBATE_JOB_MODULES="tasks, my_app.jobs",
    )

    assert found.session_lifetime == timedelta(minutes=30)
    assert list(found.secrets) == [2, 1]
    assert found.job_modules == ("tasks", "my_app.jobs")


def test_a_wrong_setting_is_named_as_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid, match="STYLOBATE_SESSIONS_PER_USER: "):
        read(monkeypatch, STYLOBATE_SESSIONS_PER_USER="none")


def test_an_override_ends_with_its_block() -> None:
    before = settings().sessions_per_user

    with overridden(sessions_per_user=before + 1):
        assert settings().sessions_per_user == before + 1

    assert settings().sessions_per_user == before


def test_replicas_are_postgresql_and_so_is_what_they_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = "postgresql://h1/app", "postgresql://h2/app?pool_size=5"
    monkeypatch.setenv("DATABASE_REPLICA_URLS", f"{one}, {two},")
    with_postgres = read(monkeypatch, DATABASE_URL="postgresql://h/app")
    with_sqlite = read(monkeypatch, DATABASE_URL="sqlite://app.db")

    assert with_postgres.database_replicas == (parse(one), parse(two))
    with pytest.raises(SettingsInvalid, match=r"^DATABASE_REPLICA_URLS: only a PostgreSQL has replicas"):
        _ = with_sqlite.database_replicas
    with pytest.raises(SettingsInvalid, match=r"^DATABASE_REPLICA_URLS: a replica is a PostgreSQL"):
        read(monkeypatch, DATABASE_REPLICA_URLS="sqlite://copy.db")
    with pytest.raises(SettingsInvalid, match=r"^DATABASE_REPLICA_URLS: ") as refused:
        read(monkeypatch, DATABASE_REPLICA_URLS="postgresql://ada:sec/ret@h/app")
    assert "sec" not in str(refused.value)
