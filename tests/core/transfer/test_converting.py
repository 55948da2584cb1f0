"""Values: each trap that a SQLite file has in store, and that what passes is what PostgreSQL takes."""

import json
import math
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.local.postgres import Postgres
from core.transfer.columns import Column, Table
from core.transfer.converting import Rejected, converter
from core.transfer.kinds import Kind
from core.transfer.source import NotText, SourceColumn, SourceTable
from core.transfer.values import NotFillable, Unfit, reader

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECONDS = int(NOON.timestamp())


def read(
    type_: str, *values: object, kind: Kind = Kind.DRIZZLE, nullable: bool = True, length: int | None = None
) -> Any:
    """What becomes of values, of several as a list; for one that can't be, why."""
    made, _ = reader("thing", Column("it", type_, nullable, length), kind=kind).read(values)
    said = [str(value) if isinstance(value, Unfit) else value for value in made]
    return said if len(said) > 1 else said[0]


# --- Times ---


@pytest.mark.parametrize(
    "stored",
    [
        "2026-11-22T12:00:00.000Z",
        "2026-11-22T12:00:00Z",
        "2026-11-22 12:00:00",
        "2026-11-22 12:00",
        "2026-11-22 12:00:00+00:00",
        "2026-11-22 12:00:00.000000+00:00",
        "2026-11-22T14:00:00+02:00",
        "2026-11-22 14:00:00.000000+02:00",
        "2026-11-22T07:00:00-0500",
        "2026-11-22T12:00:00,000000000Z",
        SECONDS,
        SECONDS * 1000,
        float(SECONDS),
        str(SECONDS),
        str(SECONDS * 1000),
        2461367.0,
        "2461367.0",
    ],
)
@pytest.mark.parametrize("beside", [None, "2026-11-22T12:00:00.000Z", SECONDS, "no time"], ids=str)
def test_a_moment_is_the_same_however_it_is_stored_and_whatever_stands_beside_it(
    stored: object, beside: object
) -> None:
    assert read("timestamp", stored, beside)[0] == NOON


def test_a_time_before_1970_and_its_fractions_are_kept() -> None:
    assert read("timestamp", -1) == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert read("timestamp", "1969-12-31T23:59:59.999999Z").microsecond == 999_999
    assert read("timestamp", SECONDS * 1000 + 7, SECONDS * 1000 + 993) == [
        NOON + timedelta(milliseconds=7),
        NOON + timedelta(milliseconds=993),
    ]


@pytest.mark.parametrize("year", [2026, 2242, 2243, 9999])
def test_milliseconds_are_exact_in_any_year(year: int) -> None:
    moment = datetime(year, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)

    stored = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    assert read("timestamp", stored, stored) == [moment, moment]


def test_a_small_integer_is_seconds_but_where_all_integers_are_milliseconds() -> None:
    assert read("timestamp", 10_000_000_000, kind=Kind.DRIZZLE).year == 2286
    assert read("timestamp", 10_000_000_000, kind=Kind.DRIZZLE_MILLISECONDS) == datetime(
        1970, 4, 26, 17, 46, 40, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("yesterday", "not a time"),
        ("2026-13-01", "not a time"),
        ("2026-02-30T00:00:00.000Z", "not a time"),
        ("2026-11-22T25:00:00.000Z", "not a time"),
        ("20261122", "not a time"),
        ("+010000-01-01T00:00:00.000Z", "a time after the year 9999"),
        ("10000-01-01 00:00:00", "a time after the year 9999"),
        (253_402_300_800_000, "a time before the year 1 or after the year 9999"),
        (10**30, "a time before the year 1 or after the year 9999"),
        (-(10**17), "a time before the year 1 or after the year 9999"),
        (2_461_367, "a number that may be seconds of early 1970 or a day of the Julian calendar"),
        (math.inf, "a time before the year 1 or after the year 9999"),
        (b"2026-11-22", "bytes where a time should be"),
        (NotText(b"\xff"), "bytes where a time should be"),
    ],
    ids=str,
)
def test_what_is_no_time_is_said_and_never_guessed(stored: object, reason: str) -> None:
    assert read("timestamp", stored) == reason
    assert read("timestamp", stored, stored, NOON.isoformat()) == [reason, reason, NOON]


@pytest.mark.parametrize("stored", ["", "0000-00-00", "0000-00-00 00:00:00"])
def test_no_time_at_all_is_null_where_the_column_may_be(stored: str) -> None:
    assert read("timestamp", stored) is None
    assert isinstance(read("timestamp", stored, nullable=False), str)


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_every_moment_comes_back_from_what_this_program_stores(moment: datetime) -> None:
    assert read("timestamp", moment.isoformat(" "), kind=Kind.STYLOBATE) == moment


# --- True and false, numbers ---


@pytest.mark.parametrize("stored", [1, 1.0, "1", "t", "true", "TRUE", "yes", "on"], ids=repr)
def test_true_has_many_names(stored: object) -> None:
    assert read("boolean", stored, 0) == [True, False]


@pytest.mark.parametrize("stored", [0, 0.0, "0", "f", "false", "no", "off"], ids=repr)
def test_false_has_many_names(stored: object) -> None:
    assert read("boolean", stored, 1) == [False, True]


@pytest.mark.parametrize("stored", [2, -1, 0.5, "2", "maybe", b"\x01", NotText(b"\xff")], ids=repr)
def test_what_is_neither_true_nor_false_is_said(stored: object) -> None:
    assert read("boolean", stored) == "neither true nor false"


@pytest.mark.parametrize(
    ("stored", "made"),
    [
        (7, 7),
        ("7", 7),
        (" -7 ", -7),
        (7.0, 7),
        (2**63 - 1, 2**63 - 1),
        (2**63, "a number that does not fit into 64 bits"),
        (9.3e18, "a number that does not fit into 64 bits"),
        ("9" * 25, "a number that does not fit into 64 bits"),
        ("9" * 5000, "not a whole number"),
        (7.5, "not a whole number"),
        ("seven", "not a whole number"),
        ("\N{ARABIC-INDIC DIGIT SEVEN}", "not a whole number"),
        (math.inf, "not a whole number"),
        (b"7", "not a whole number"),
        ("", None),
    ],
    ids=lambda it: repr(it)[:30],
)
def test_a_whole_number_is_exact_or_it_is_none(stored: object, made: object) -> None:
    assert read("bigint", stored) == made


def test_an_integer_has_32_bits_and_a_small_one_16() -> None:
    assert read("integer", 2**31 - 1, 2**31) == [2**31 - 1, "a number that does not fit into 32 bits"]
    assert read("smallint", -(2**15), 2**15) == [-(2**15), "a number that does not fit into 16 bits"]


def test_numbers_with_a_point_keep_every_digit() -> None:
    assert read("double", 0.1, 3, "0.5", 2**53 + 1) == [
        0.1,
        3.0,
        0.5,
        "a number with more digits than the column keeps",
    ]
    assert read("double", "1e999") == "a number that is too large"
    assert read("double", "half") == "not a number"
    assert read("numeric", "0.10", 0.1, 2**70, math.inf) == [
        Decimal("0.10"),
        Decimal("0.1"),
        Decimal(2**70),
        "not a number",
    ]


# --- Text, and what is written like it ---


@pytest.mark.parametrize(
    ("stored", "made"),
    [
        ("Zoë 🙂", "Zoë 🙂"),
        ("", ""),
        ("Zoë".encode(), "Zoë"),
        (7, "7"),
        (0.1, "0.1"),
        ("a\0b", "text with a NUL character, which PostgreSQL does not have"),
        (b"a\0b", "text with a NUL character, which PostgreSQL does not have"),
        (NotText(b"caf\xe9"), "text that is no UTF-8"),
        (b"\xed\xa0\x80", "bytes that are no text in UTF-8"),
        ("\ud800", "text with half a surrogate pair"),
    ],
    ids=ascii,
)
def test_text_is_what_it_was_or_it_is_none(stored: object, made: object) -> None:
    assert read("text", stored) == made
    assert read("text", stored, "plain", None) == [made, "plain", None]


def test_text_is_never_cut_off() -> None:
    too_long = "text with more than the 4 characters that the column takes"

    assert read("text", "four", "🙂🙂🙂🙂", "fives", length=4) == ["four", "🙂🙂🙂🙂", too_long]


def test_days_ids_and_bytes_are_read() -> None:
    some = UUID("01a20624-0d44-743f-8dc0-720ca3b55ca1")

    assert read("date", "2026-11-22", "2026-11-22 00:00:00", "2026-11-22 12:00:00", 1) == [
        date(2026, 11, 22),
        date(2026, 11, 22),
        "not a day",
        "not a day",
    ]
    assert read("uuid", str(some), some.bytes, "x") == [some, some, "not a UUID"]
    assert read("bytes", b"\xff\0", "Zoë", "") == [b"\xff\0", "Zoë".encode(), b""]


@pytest.mark.parametrize(
    ("stored", "made"),
    [
        ('{"a": [1, 2.50, null, true]}', '{"a": [1, 2.50, null, true]}'),
        (b'["\xc3\xab"]', '["ë"]'),
        ('{"a": 1, "a": 2}', '{"a": 1, "a": 2}'),
        (r'"\\u0000"', r'"\\u0000"'),
        (r'"\ud83d\ude42"', r'"\ud83d\ude42"'),
        ("7", "7"),
        (7, "7"),
        ("", None),
        ("{", "not JSON"),
        ("NaN", "JSON with NaN or Infinity, which JSON does not have"),
        ("[-Infinity]", "JSON with NaN or Infinity, which JSON does not have"),
        (r'"a\u0000b"', "JSON with \\u0000, which PostgreSQL does not have"),
        (r'{"a\u0000b": 1}', "JSON with \\u0000, which PostgreSQL does not have"),
        (r'"\ud83d"', "JSON with half a surrogate pair"),
        ("-9.9e131071", "-9.9e131071"),
        ("1e131072", "JSON with a number that PostgreSQL does not have"),
        ("[0.5e-16382]", "[0.5e-16382]"),
        ("0.5e-16383", "JSON with a number that PostgreSQL does not have"),
        ("0e200000", "0e200000"),
        ("0e" + "9" * 999, "JSON with a number that PostgreSQL does not have"),
        ("[" * 100_000, "JSON that is nested too deeply"),
        ('"a\0b"', "not JSON"),
        (b"\xff", "bytes that are no text in UTF-8"),
        (NotText(b'"\xff"'), "text that is no UTF-8"),
    ],
    ids=lambda it: ascii(it)[:30],
)
def test_json_is_what_it_was_or_it_is_none(stored: object, made: object) -> None:
    assert read("json", stored) == made


def test_null_is_said_where_the_column_must_have_a_value() -> None:
    for type_ in ("text", "timestamp", "boolean", "bigint", "json"):
        assert read(type_, None, nullable=False) == "NULL, which the column must not be"


def test_a_column_of_a_type_that_nobody_knows_is_an_error_at_once() -> None:
    with pytest.raises(NotFillable, match=r"thing\.where of the target has the type point"):
        reader("thing", Column("where", "point", nullable=True), kind=Kind.DRIZZLE)


# --- Rows ---

USERS = Table(
    "user",
    ("id",),
    (
        Column("email", "text", nullable=False, length=320),
        Column("id", "text", nullable=False, length=255),
        Column("banned", "boolean", nullable=True),
        Column("locale", "text", nullable=True),
    ),
)


def source_of(name: str, *columns: str, key: tuple[str, ...] = ("id",)) -> SourceTable:
    return SourceTable(name, tuple(SourceColumn(column, "text") for column in columns), key, 0)


def test_a_record_has_the_columns_that_both_sides_have() -> None:
    users = converter(Kind.DRIZZLE, source_of("user", "id", "shoeSize", "email", "banned"), USERS)

    assert users.reads == users.columns == ("email", "id", "banned")
    assert users.convert([("ada@example.org", "1", 0)]).records == [("ada@example.org", "1", False)]
    assert users.convert([]).records == []


def test_a_row_that_can_not_be_says_its_key_and_what_is_wrong_first_and_no_value() -> None:
    users = converter(Kind.DRIZZLE, source_of("user", "id", "email", "banned"), USERS)

    records, rejects = users.convert([("a", "1", 0), ("b\0", "2", 2), ("c", "3", None), (None, "4", 1)])

    assert records == [("a", "1", False), ("c", "3", None)]
    assert rejects == [
        Rejected("user", "2", "email", "text with a NUL character, which PostgreSQL does not have"),
        Rejected("user", "4", "email", "NULL, which the column must not be"),
    ]


def test_a_key_of_several_columns_is_a_list_and_one_that_the_target_lacks_is_read_too() -> None:
    likes = Table("like", (), (Column("count", "integer", nullable=False),))
    rows = converter(Kind.DRIZZLE, source_of("like", "chat", "by", "count", key=("chat", "by")), likes)

    assert rows.reads == ("count", "chat", "by")
    assert rows.convert([("many", b"\xff", 7)]).rejects == [
        Rejected("like", ["\\xff", 7], "count", "not a whole number")
    ]
    assert rows.convert([(3, "c", 7)]).records == [(3,)]


def test_an_address_is_stored_in_lower_case_and_that_is_told() -> None:
    users = converter(Kind.DRIZZLE, source_of("user", "id", "email"), USERS)

    records = users.convert([("ADA@Example.org", "1"), ("Émile@example.org", "2"), ("bob@example.org", "3")]).records

    assert [record[0] for record in records] == ["ada@example.org", "émile@example.org", "bob@example.org"]
    assert users.told == {"email": {"upper case, which becomes lower": 2}}


def test_an_organization_without_a_slug_gets_its_id() -> None:
    columns = (Column("slug", "text", nullable=False), Column("id", "text", nullable=False))
    rows = converter(Kind.DRIZZLE, source_of("organization", "id", "slug"), Table("organization", ("id",), columns))

    assert rows.convert([(None, "o1"), ("acme", "o2")]).records == [("o1", "o1"), ("acme", "o2")]
    assert rows.told == {"slug": {"NULL, which becomes the id": 1}}


def test_what_was_converted_is_counted_however_it_is_mixed() -> None:
    made = reader("thing", Column("it", "timestamp", nullable=True), kind=Kind.DRIZZLE)

    made.read([SECONDS, "2026-11-22 12:00:00", None, SECONDS * 1000])
    made.read([SECONDS, "2026-11-22 12:00:00", ""])

    assert made.told == {
        "seconds": 2,
        "text without a zone, read as UTC": 2,
        "milliseconds": 1,
        "empty text, which becomes NULL": 1,
    }


# --- Anything at all ---

STORED = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, SECONDS, SECONDS * 1000]),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=20),
    st.datetimes().map(lambda it: it.isoformat()),
    st.datetimes(timezones=st.just(UTC)).map(lambda it: it.isoformat(" ")),
    st.recursive(st.none() | st.text(max_size=5) | st.floats(allow_nan=False), st.lists, max_leaves=5).map(json.dumps),
)
TYPES = {
    "text": "varchar(12)",
    "boolean": "boolean",
    "smallint": "smallint",
    "integer": "integer",
    "bigint": "bigint",
    "double": "double precision",
    "numeric": "numeric",
    "timestamp": "timestamptz",
    "date": "date",
    "uuid": "uuid",
    "json": "jsonb",
    "bytes": "bytea",
}
THING = Table(
    "thing", ("id",), tuple(Column(it, it, nullable=True, length=12 if it == "text" else None) for it in TYPES)
)


@given(values=st.lists(STORED, min_size=1, max_size=6), kind=st.sampled_from(Kind))
@settings(max_examples=300)
def test_a_batch_is_read_as_each_of_its_values_is_by_itself(values: list[object], kind: Kind) -> None:
    for column in THING.columns:
        together, _ = reader("thing", column, kind=kind).read(values)
        alone = [reader("thing", column, kind=kind).read([value])[0][0] for value in values]

        assert [repr(value) for value in together] == [repr(value) for value in alone]


@pytest.fixture
async def target(postgres: Postgres) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(postgres.url("postgres"))
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in TYPES.items())
    await connection.execute(f"CREATE TEMPORARY TABLE thing ({columns})")
    yield connection
    await connection.close()


@pytest.mark.only("postgres")
@given(values=st.lists(STORED, min_size=5, max_size=30))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_passes_postgres_takes_and_gives_back(
    target: "asyncpg.Connection[asyncpg.Record]", values: list[object]
) -> None:
    for column in THING.columns:
        made, _ = reader("thing", column, kind=Kind.DRIZZLE).read(values)
        passed = [value for value in made if not isinstance(value, Unfit)]
        select = f'SELECT "{column.name}" FROM thing ORDER BY ctid'  # noqa: S608  a constant's
        await target.execute("TRUNCATE thing")
        await target.copy_records_to_table("thing", columns=[column.name], records=[(value,) for value in passed])
        back = [row[0] for row in await target.fetch(select)]

        assert list(map(exact, back)) == list(map(exact, passed)) if column.type == "json" else back == passed


def exact(document: Any) -> object:
    """JSON with numbers as numbers: 1e2 is 100."""
    return document and json.loads(document, parse_float=Decimal, parse_int=Decimal)
