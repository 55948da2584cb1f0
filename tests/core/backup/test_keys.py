import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_scalarmult_base
from pyrage import x25519

from core.backup import archive, keys
from core.backup.archive import WrongKey
from core.backup.keys import Identity, Recipient
from core.settings import SettingsInvalid, overridden

OLD, NEW = "o" * 32, "n" * 32
PUBLIC = "age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm"
SECRET = "AGE-SECRET-KEY-184JMZMVQH3E6U0PSL869004Y3U2NYV7R30EU99CSEDNPH02YUVFSZW44VU"
"""A pair, as `age-keygen` writes it."""


def written(recipients: list[Recipient]) -> bytes:
    target = io.BytesIO()
    archive.write(io.BytesIO(b"content"), target, recipients)
    return target.getvalue()


def read(data: bytes, identities: list[Identity]) -> bytes:
    target = io.BytesIO()
    archive.read(io.BytesIO(data), target, identities)
    return target.getvalue()


def identity_file(folder: Path, text: str = f"# created: today\n# public key: {PUBLIC}\n{SECRET}\n") -> Path:
    file = folder / "key.txt"
    file.write_text(text)
    file.chmod(0o600)
    return file


@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_written_as_age_writes_it(secret: bytes) -> None:
    text = keys._bech32("AGE-SECRET-KEY-", secret)

    public = x25519.Identity.from_str(text).to_public()

    assert str(public) == keys._bech32("age", crypto_scalarmult_base(secret)).lower()


def test_one_secret_is_always_the_same_key() -> None:
    with overridden(secrets=f"1:{OLD}"):
        (recipient,) = keys.recipients()

    assert recipient.key_id == "age1f00w9eyan4c2vqh0r077g88u8ft0889en0wd2ymqcxuyx3enpslsjh62ga"


def test_the_newest_key_encrypts_and_every_one_opens() -> None:
    with overridden(secrets=f"1:{OLD}"):
        before = written(keys.recipients())
    with overridden(secrets=f"2:{NEW},1:{OLD}"):
        after = written(keys.recipients())

        assert read(before, keys.identities()) == read(after, keys.identities()) == b"content"
    with overridden(secrets=f"1:{OLD}"), pytest.raises(WrongKey):
        read(after, keys.identities())


def test_a_key_that_left_the_ring_opens_nothing() -> None:
    with overridden(secrets=f"1:{OLD}"):
        data = written(keys.recipients())

    with overridden(secrets=f"2:{NEW}"), pytest.raises(WrongKey):
        read(data, keys.identities())


def test_what_is_written_for_public_keys_its_writer_can_not_read(tmp_path: Path) -> None:
    with overridden(secrets=f"1:{OLD}", backup_recipients=PUBLIC):
        data = written(keys.recipients())

        with pytest.raises(WrongKey):
            read(data, keys.identities())
    with overridden(secrets={}, backup_identity_file=identity_file(tmp_path)):
        assert read(data, keys.identities()) == b"content"


def test_archives_from_before_there_were_public_keys_still_open(tmp_path: Path) -> None:
    with overridden(secrets=f"1:{OLD}"):
        data = written(keys.recipients())

    with overridden(secrets=f"1:{OLD}", backup_recipients=PUBLIC, backup_identity_file=identity_file(tmp_path)):
        assert read(data, keys.identities()) == b"content"
        assert keys.identities()[0] == Identity(key_id=PUBLIC, secret=SECRET)


def test_there_can_be_several_public_keys() -> None:
    other = str(x25519.Identity.generate().to_public())

    with overridden(backup_recipients=f"{PUBLIC.upper()}, {other}"):
        assert keys.recipients() == [Recipient(PUBLIC), Recipient(other)]


def test_without_any_key_it_is_said_what_to_set() -> None:
    with overridden(secrets={}):
        with pytest.raises(SettingsInvalid) as encrypting:
            keys.recipients()
        with pytest.raises(SettingsInvalid) as opening:
            keys.identities()

    assert "STYLOBATE_SECRETS" in encrypting.value.remedy
    assert "STYLOBATE_BACKUP_IDENTITY_FILE" in opening.value.remedy


@pytest.mark.parametrize("key", ["age1", PUBLIC[:-1] + "q", SECRET, "", "ssh-ed25519 AAAA"])
def test_what_is_no_public_key_is_refused_and_not_repeated(key: str) -> None:
    with overridden(backup_recipients=(PUBLIC, key)), pytest.raises(SettingsInvalid) as refused:
        keys.recipients()

    assert str(refused.value) == "STYLOBATE_BACKUP_RECIPIENTS: one is not a public key of age"
    assert SECRET not in refused.value.remedy


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no key in it"),
        ("# a comment\n\n", "there is no key in it"),
        (PUBLIC, "a line of it is not a secret key of age"),
        (f"{SECRET}\n{SECRET[:-1]}Q", "a line of it is not a secret key of age"),
        ("kein Schlüssel", "a line of it is not a secret key of age"),
    ],
    ids=["empty", "comments", "public", "a slip of the pen", "text"],
)
def test_what_is_no_file_of_keys_is_refused_and_not_repeated(tmp_path: Path, text: str, why: str) -> None:
    file = identity_file(tmp_path, text)

    with overridden(backup_identity_file=file), pytest.raises(SettingsInvalid) as refused:
        keys.identities()

    assert str(refused.value) == f"STYLOBATE_BACKUP_IDENTITY_FILE: {why}"


def test_a_file_of_keys_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        overridden(backup_identity_file=tmp_path / "key.txt"),
        pytest.raises(SettingsInvalid, match="STYLOBATE_BACKUP_IDENTITY_FILE: No such file"),
    ):
        keys.identities()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660], ids=oct)
def test_a_file_of_keys_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = identity_file(tmp_path)
    file.chmod(mode)

    with overridden(backup_identity_file=file), pytest.raises(SettingsInvalid, match="others can read it") as refused:
        keys.identities()

    assert f"chmod 600 {file}" in refused.value.remedy


def test_a_secret_key_is_not_shown_by_accident() -> None:
    (identity,) = keys.identities()

    assert identity.secret.startswith("AGE-SECRET-KEY-1")
    assert identity.secret not in repr(identity)
