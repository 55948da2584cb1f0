import asyncpg
import pytest

from core import masking
from core.settings import PostgresUrl
from core.settings.database_url import parse

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no broker at redis://:hunter2@host:6379/0", "no broker at redis://***@host:6379/0"),
        ("amqp://guest:hunter2@host//, amqp://b:hunter2@c", "amqp://***@host//, amqp://***@c"),
        ("postgresql://user:hun@ter2@host/name?a=b@c", "postgresql://***@host/name?a=b@c"),
        ("https://hunter2@example.org/path", "https://***@example.org/path"),
        ("host=a password='hunter2 hunter2' user=b", "host=a password=*** user=b"),
        ("POST password=hunter2&name=Ada", "POST password=***&name=Ada"),
        ("client_secret=hunter2, PGPASSWORD=hunter2", "client_secret=***, PGPASSWORD=***"),
        ("Authorization: Bearer hunter2.hunter2", "Authorization: Bearer ***"),
    ],
    ids=["redis", "two", "raw-at", "user-alone", "quoted", "form", "other-names", "bearer"],
)
def test_credentials_are_hidden_and_the_rest_is_shown(text: str, shown: str) -> None:
    assert masking.masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "sessions.purge_expired: 167 expired rows removed in 0.01 s",
        "http://localhost:8000/people/ada@example.org",
        "exit code=1, status_code=404, tokens=12",
        "the Bearer of good news",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masking.masked(text) == text


@pytest.mark.only("postgres")
async def test_the_values_that_postgresql_repeats_are_hidden(empty_database: str) -> None:
    url = parse(empty_database)
    assert isinstance(url, PostgresUrl)
    server = await asyncpg.connect(
        host=url.host, port=url.port, user=url.user, password=url.password, database=url.database
    )
    said = []
    for statement, *arguments in [
        ("CREATE TEMPORARY TABLE a (b text UNIQUE, c int NOT NULL)",),
        ("INSERT INTO a VALUES ($1, 1)", SECRET),
        ("INSERT INTO a VALUES ($1, 1)", SECRET),
        ("INSERT INTO a VALUES ($1, NULL)", f"two\n{SECRET}"),
        ("SELECT $1::int", SECRET),
    ]:
        try:
            await server.execute(statement, *arguments)
        except (asyncpg.PostgresError, asyncpg.DataError) as error:
            said.append(str(error))
    await server.close()

    assert [SECRET in each for each in said] == [True] * 3
    assert [SECRET in masking.masked(each) for each in said] == [False] * 3
    assert [masking.masked(each)[:20] for each in said] == [
        "duplicate key value ",
        "null value in column",
        "invalid input for qu",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "accessToken",
        "Set-Cookie",
        "AUTHORIZATION",
        "client_secret",
        "code",
        "apiKey",
        "API_KEY",
    ],
)
def test_what_is_called_a_secret_is_hidden_whatever_it_is(name: str) -> None:
    assert [masking.shown(value, name=name) for value in (SECRET, 123456, [SECRET], None)] == [
        "***",
        "***",
        "***",
        None,
    ]


@pytest.mark.parametrize("name", ["status_code", "tokens", "passkeys", "encoded", "user_id"])
def test_what_only_sounds_like_a_secret_is_shown(name: str) -> None:
    assert masking.shown("x", name=name) == "x"


def test_secrets_are_hidden_deep_inside() -> None:
    value = {
        "headers": [{"Cookie": SECRET, "url": f"redis://:{SECRET}@host"}],
        "deep": {"a": {"b": {"c": {"token": 1}}}},
    }

    shown = masking.shown(value, name="request")

    assert SECRET not in str(shown)
    assert shown == {
        "headers": [{"Cookie": "***", "url": "redis://***@host"}],
        "deep": {"a": {"b": {"c": "{'token': 1}"}}},
    }


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        (
            """SELECT "it's" FROM t WHERE a = $1 AND b = 'hunter2'""",
            """SELECT "it's" FROM t WHERE a = $1 AND b = '?'""",
        ),
        ("VALUES ('it''s hunter2', 7, 'b')", "VALUES ('?', 7, '?')"),
        (r"VALUES (E'it\'s hunter2', $2)", "VALUES ('?', $2)"),
        ("DO $$ hunter2 $$; DO $tag$ a $$ hunter2 $tag$; SELECT $1", "DO '?'; DO '?'; SELECT $1"),
        ("SELECT 1 -- don't hunter2\nFROM t /* 'hunter2 */ WHERE a = 'b'", "SELECT 1 \nFROM t  WHERE a = '?'"),
        ("SELECT 'hunter2 that does not end", "SELECT '?'"),
        ("UPDATE t SET a = ? WHERE b IN (?1, ?2)", "UPDATE t SET a = ? WHERE b IN (?1, ?2)"),
    ],
    ids=["quoted", "doubled", "escaped", "dollars", "comments", "unclosed", "sqlite"],
)
def test_a_statement_is_shown_without_values(statement: str, shown: str) -> None:
    assert masking.without_values(statement) == shown
