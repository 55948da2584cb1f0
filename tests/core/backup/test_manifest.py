import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from core.backup import manifest, names
from core.backup.manifest import Manifest, ManifestInvalid, TableContent
from core.settings import overridden

NAME = "stylobate-shop-20261123T031500Z-k3x9qa"
OLD, NEW = "o" * 32, "n" * 32


def make_manifest(**changes: Any) -> Manifest:
    return Manifest(
        **{
            "name": NAME,
            "taken_at": datetime(2026, 11, 23, 3, 15, 0, 123456, tzinfo=UTC),
            "dialect": "postgres",
            "database": "shop",
            "server_version": "18.6",
            "tool_version": "pg_dump (PostgreSQL) 18.6",
            "program_version": "0.1.0",
            "migrations": ("0_init", "1_more"),
            "tables": {
                "user": TableContent(rows=3, fingerprint="ab12"),
                'Ünïcode "x"': TableContent(rows=0, fingerprint="0"),
            },
            "size": 1000,
            "sha256": "a" * 64,
            "plain_size": 5000,
            "plain_sha256": "b" * 64,
            "seconds": 1.25,
            "key_ids": ("age1xyz",),
        }
        | changes
    )


def changed(data: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(data), **changes}).encode()


def test_what_is_written_is_what_is_read() -> None:
    given = make_manifest()

    read = manifest.parse(manifest.written(given), name=NAME)

    assert read.model_copy(update={"signature": None}) == given
    assert manifest.unsigned(read) is None


def test_a_file_written_in_another_style_is_the_same() -> None:
    fields = json.loads(manifest.written(make_manifest()))

    read = manifest.parse(json.dumps(dict(reversed(fields.items())), ensure_ascii=True).encode(), name=NAME)

    assert manifest.unsigned(read) is None


def test_its_time_is_that_of_greenwich() -> None:
    east = timezone(timedelta(hours=5))

    given = make_manifest(taken_at=datetime(2026, 11, 23, 8, 15, tzinfo=east))

    assert given.taken_at.isoformat() == "2026-11-23T03:15:00+00:00"


@pytest.mark.parametrize(
    "changes",
    [
        {"taken_at": "2026-11-23T03:15:01Z"},
        {"database": "other"},
        {"migrations": []},
        {"tables": {}},
        {"tables": {"user": {"rows": 2, "fingerprint": "ab12"}}},
        {"size": 1001},
        {"sha256": "c" * 64},
        {"plain_sha256": "c" * 64},
        {"key_ids": []},
        {"is_safety_copy": True},
        {"signature": "1:" + "0" * 64},
        {"signature": "1:"},
        {"signature": "1:ü"},
    ],
    ids=str,
)
def test_whatever_is_changed_in_it_the_signature_no_longer_fits(changes: dict[str, Any]) -> None:
    data = changed(manifest.written(make_manifest()), **changes)

    with pytest.raises(ManifestInvalid, match="its signature does not fit"):
        manifest.parse(data, name=NAME)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"dialect": "mysql"},
        {"size": "1000"},
        {"size": -1},
        {"size": 1.5},
        {"sha256": "a" * 63},
        {"sha256": "A" * 64},
        {"taken_at": "2026-11-23T03:15:00"},
        {"taken_at": 5},
        {"tables": {"user": 3}},
        {"tables": {"user": {"rows": True, "fingerprint": "x"}}},
        {"tables": {"user": {"rows": -1, "fingerprint": "x"}}},
        {"seconds": -1},
        {"more": 1},
        {"migrations": None},
    ],
    ids=str,
)
def test_what_has_other_fields_is_refused(changes: dict[str, Any]) -> None:
    data = changed(manifest.written(make_manifest()), **changes)

    with pytest.raises(ManifestInvalid, match="can't be read"):
        manifest.parse(data, name=NAME)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name": "x"}',
        b"PK\x03\x04",
        b'{"seconds": NaN}',
    ],
    ids=["nothing", "empty", "list", "null", "half", "no text", "deep", "other", "zip", "nan"],
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        manifest.parse(data, name=NAME)


def test_one_cut_off_anywhere_is_refused() -> None:
    data = manifest.written(make_manifest())

    for size in range(len(data) - 1):
        with pytest.raises(ManifestInvalid):
            manifest.parse(data[:size], name=NAME)


@pytest.mark.parametrize("number", [0, 2, "1", None], ids=repr)
def test_a_newer_format_is_refused_as_such(number: object) -> None:
    data = changed(manifest.written(make_manifest()), format=number, what_comes_next=[])

    with pytest.raises(ManifestInvalid, match="has another format") as refused:
        manifest.parse(data, name=NAME)

    assert "version of stylobate" in refused.value.remedy


def test_a_huge_one_is_refused_unread() -> None:
    with pytest.raises(ManifestInvalid, match="more than 5,000,000 bytes"):
        manifest.parse(b" " * (manifest.LIMIT + 1), name=NAME)


def test_the_manifest_of_another_archive_is_refused() -> None:
    data = manifest.written(make_manifest())

    with pytest.raises(ManifestInvalid, match="is another archive's"):
        manifest.parse(data, name=NAME.replace("k3x9qa", "k3x9qb"))


def test_after_a_change_of_keys_the_signature_is_still_checked() -> None:
    with overridden(secrets=f"1:{OLD}"):
        data = manifest.written(make_manifest())

    with overridden(secrets=f"2:{NEW},1:{OLD}"):
        assert manifest.unsigned(manifest.parse(data, name=NAME)) is None
        with pytest.raises(ManifestInvalid):
            manifest.parse(changed(data, size=1), name=NAME)


def test_another_key_of_the_same_number_does_not_do() -> None:
    with overridden(secrets=f"1:{OLD}"):
        data = manifest.written(make_manifest())

    with overridden(secrets=f"1:{NEW}"), pytest.raises(ManifestInvalid, match="its signature does not fit"):
        manifest.parse(data, name=NAME)


def test_of_one_that_is_not_signed_it_is_said() -> None:
    with overridden(secrets={}):
        data = manifest.written(make_manifest())

    read = manifest.parse(data, name=NAME)

    assert "is not signed" in (manifest.unsigned(read) or "")


def test_of_one_whose_key_is_gone_it_is_said() -> None:
    with overridden(secrets=f"12:{OLD}"):
        data = manifest.written(make_manifest())

    with overridden(secrets=f"1:{NEW}"):
        assert "not in STYLOBATE_SECRETS" in (manifest.unsigned(manifest.parse(data, name=NAME)) or "")


def test_a_name_says_whose_archive_it_is_and_when_it_was_taken() -> None:
    east = timezone(timedelta(hours=5))

    name = names.new("shop", taken_at=datetime(2026, 11, 23, 8, 15, tzinfo=east))

    assert name.startswith("stylobate-shop-20261123T031500Z-")
    assert names.valid(name)


@pytest.mark.parametrize("database", ["", "größe", "a/../b", "a b", "x" * 200, "a-b", ".", "\n"], ids=ascii)
def test_a_database_of_any_name_has_archives(database: str) -> None:
    assert names.valid(names.new(database, taken_at=datetime(2026, 11, 23, tzinfo=UTC)))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "other",
        NAME + "\n",
        NAME + ".json",
        "../" + NAME,
        NAME.upper(),
        NAME.replace("3", "٣"),
        "stylobate--20261123T031500Z-k3x9qa",
    ],
    ids=ascii,
)
def test_nothing_else_is_the_name_of_an_archive(name: str) -> None:
    assert not names.valid(name)
