"""Every format both ways, against what a real run wrote."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.better_auth import emails, passwords, sealed, tokens, two_factor, verifications
from core.settings import SettingsInvalid, overridden
from tests.core.better_auth.recorded import RECORDED, ROWS, SECRET, THEN, TOKEN, USER

PASSWORD: str = RECORDED["PASSWORD"]
STORED: str = ROWS["account"][0]["password"]
ENROLLED = ROWS["twoFactor"][0]
MAILED: str = RECORDED["mail"][0]["token"]
SENT = datetime.fromtimestamp(1_795_368_690, UTC)
NEW = "n" * 32


def mailed(kind: str) -> str:
    return str(next(it["token"] for it in RECORDED["mail"] if it["kind"] == kind))


def row(identifier: str) -> dict[str, str]:
    return next(it for it in ROWS["verification"] if it["identifier"] == identifier)


def test_a_session_token_of_theirs_is_known_by_its_look_and_a_digest_is_none() -> None:
    assert tokens.is_token(TOKEN)
    assert not any(
        tokens.is_token(it) for it in (TOKEN[:-1], TOKEN + "a", "a" * 64, "-" * 32, TOKEN + "\n", "\u0661" * 32)
    )


def test_a_password_of_theirs_is_verified_however_it_was_typed() -> None:
    assert passwords.is_one(STORED)
    assert passwords.matches(PASSWORD, STORED)
    assert passwords.matches(unicodedata.normalize("NFD", PASSWORD), STORED)
    assert not passwords.matches(PASSWORD + "x", STORED)
    assert passwords.make(PASSWORD, salt=STORED.partition(":")[0]) == STORED


@pytest.mark.parametrize("stored", ["", ":", STORED[:-1], STORED.upper(), f"x{STORED}", STORED.replace(":", "$")])
def test_what_is_no_password_of_theirs_matches_nothing(stored: str) -> None:
    assert not passwords.is_one(stored)
    assert not passwords.matches(PASSWORD, stored)


def test_a_sealed_value_of_theirs_opens_and_so_does_ours() -> None:
    opened = sealed.unseal(ENROLLED["secret"])

    assert opened is not None
    assert len(opened) == 32
    assert sealed.unseal(sealed.seal(opened)) == opened
    assert sealed.seal(opened) != sealed.seal(opened)
    assert len(sealed.seal(opened)) == len(ENROLLED["secret"])


def test_what_was_sealed_without_a_version_opens_beside_versions_by_the_old_secret() -> None:
    with overridden(better_auth_secrets=f"2:{NEW},1:{SECRET}"):
        assert sealed.unseal(ENROLLED["secret"]) is not None
        fresh = sealed.seal("text")
        assert fresh.startswith("$ba$2$")
        assert sealed.outdated(ENROLLED["secret"])
        assert not sealed.outdated(fresh)
    with overridden(better_auth_secret=None, better_auth_secrets=f"3:{'m' * 32},2:{NEW}"):
        assert sealed.unseal(fresh) == "text"
        assert sealed.unseal(ENROLLED["secret"]) is None
    with overridden(better_auth_secret=None, better_auth_secrets=f"2:{'m' * 32}"):
        assert sealed.unseal(fresh) is None


@pytest.mark.parametrize("change", ["$ba$", "$ba$x$", "$ba$99$", "00", " "])
def test_a_sealed_value_that_was_changed_does_not_open(change: str) -> None:
    assert sealed.unseal(change + ENROLLED["secret"]) is None
    assert sealed.unseal(ENROLLED["secret"][:-2]) is None
    assert sealed.unseal(ENROLLED["secret"][:-2] + "00") is None


@given(text=st.text())
def test_whatever_is_sealed_opens_and_whatever_is_not_does_not_raise(text: str) -> None:
    assert sealed.unseal(sealed.seal(text)) == text
    assert sealed.unseal(text) is None
    assert sealed.unseal(f"$ba$1${text}") is None


def test_the_key_of_an_app_is_the_text_of_the_secret() -> None:
    secret = sealed.unseal(ENROLLED["secret"]) or ""

    in_base32 = two_factor.in_base32(secret)

    assert f"secret={in_base32}&" in RECORDED["totpURI"]
    assert pyotp.TOTP(in_base32).at(THEN) == RECORDED["totpNow"]
    assert two_factor.of_base32(in_base32) == secret


def test_a_secret_that_was_no_text_is_marked_and_read_again() -> None:
    secret = "JBSWY3DPEHPK3PXPZZZZZZZZZZZZZZZZ"

    stored = two_factor.of_base32(secret)

    assert stored == f"base32:{secret}"
    assert two_factor.in_base32(stored) == secret


def test_backup_codes_are_read_sealed_or_not() -> None:
    codes = RECORDED["backupCodes"]

    assert two_factor.backup_codes(ENROLLED["backupCodes"]) == codes
    assert two_factor.backup_codes(two_factor.sealed_backup_codes(codes)) == codes
    assert two_factor.backup_codes(json.dumps(codes)) == codes
    assert two_factor.backup_codes("[1]") is None
    assert two_factor.backup_codes("no codes") is None
    assert two_factor.backup_codes(ENROLLED["secret"]) is None


def test_a_trusted_device_is_one_persons() -> None:
    token = two_factor.device_token(user_id=USER, identifier=f"trust-device-{'a' * 32}")

    assert two_factor.device_identifier(token, user_id=USER) == f"trust-device-{'a' * 32}"
    assert two_factor.device_identifier(token, user_id="another") is None
    assert two_factor.device_identifier(f"trust-device-{'a' * 32}", user_id=USER) is None
    assert two_factor.device_identifier(token.replace("a" * 32, "b" * 32), user_id=USER) is None
    with overridden(better_auth_secret=NEW):
        assert two_factor.device_identifier(token, user_id=USER) is None


def test_the_rows_of_a_real_run_are_found_by_what_was_sent() -> None:
    for purpose, token in (
        (verifications.RESET_PASSWORD, mailed("reset")),
        (verifications.MAGIC_LINK, mailed("magic")),
        (verifications.DELETE_ACCOUNT, mailed("delete")),
        (verifications.SECOND_STEP, "2fa-kEIEGjDS-PwP3zNczNuD"),
    ):
        identifier = verifications.identifier(purpose, token)
        assert row(identifier)
        assert identifier in verifications.identifiers(purpose, token)
    assert row(verifications.attempts("2fa-kEIEGjDS-PwP3zNczNuD"))["value"] == "0"


def test_a_link_that_signs_in_has_the_name_that_the_version_reads() -> None:
    token = mailed("magic")

    for version, prefix in (
        ("1.4.22", ""),
        ("1.7.6", ""),
        ("1.7.7", "magic-link:"),
        ("1.7", "magic-link:"),
        ("2.0", "magic-link:"),
    ):
        with overridden(sharing_version=version):
            assert verifications.identifier(verifications.MAGIC_LINK, token) == prefix + token
            assert {token, f"magic-link:{token}"} <= set(verifications.identifiers(verifications.MAGIC_LINK, token))


def test_hashed_identifiers_are_written_where_they_are_set_and_read_always() -> None:
    identifier = verifications.identifier(verifications.RESET_PASSWORD, mailed("reset"))

    with overridden(sharing_identifiers="hashed"):
        hashed = verifications.stored(identifier)

    assert verifications.stored(identifier) == identifier
    assert len(hashed) == 43
    assert hashed in verifications.identifiers(verifications.RESET_PASSWORD, mailed("reset"))


@given(token=st.text(st.characters(codec=None)))
def test_a_token_of_any_other_form_names_no_row(token: str) -> None:
    strange = f"{token}:"
    for purpose in verifications.FORMS:
        assert verifications.identifiers(purpose, strange) == []
        assert verifications.identifiers(purpose, "sign-in-otp-ada@example.com") == []


def test_a_code_that_came_by_mail_is_known_in_each_way_to_store_it() -> None:
    found = verifications.otp(row("sign-in-otp-ada@example.com")["value"])
    hashed = verifications.either("861190")[1]

    assert found == ("861190", 0)
    assert str(found) == "861190:0"
    for stored in ("861190", hashed, sealed.seal("861190")):
        assert verifications.is_otp(stored, "861190")
        assert not verifications.is_otp(stored, "861191")
        assert not verifications.is_otp(stored, "")
    assert not verifications.is_otp("", "")


@pytest.mark.parametrize("value", ["861190", "", ":", "861190:", "861190:-1", "861190:x", "861190:1e3"])
def test_a_code_whose_tries_make_no_sense_can_not_be_tried(value: str) -> None:
    assert verifications.otp(value).tries >= verifications.OTP_TRIES


def test_the_token_that_verifies_an_address_is_theirs_to_the_letter() -> None:
    made = emails.make(email="ada@example.com", user_id=USER, now=SENT, lifetime=timedelta(hours=1))

    assert made == MAILED
    assert emails.read(MAILED, now=SENT) == ("ada@example.com", USER)
    assert emails.read(MAILED, now=SENT + timedelta(hours=1)) is None
    with overridden(better_auth_secret=NEW):
        assert emails.read(MAILED, now=SENT) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", MAILED[:-1], MAILED + "." + MAILED, "\ud800", "x" * 5_000])
def test_what_is_no_such_token_is_refused(token: str) -> None:
    assert emails.read(token, now=SENT) is None


def test_a_token_that_changes_an_address_or_is_signed_by_nothing_verifies_none() -> None:
    from joserfc import jwt  # noqa: PLC0415
    from joserfc.jwk import OctKey  # noqa: PLC0415

    claims = {"email": "ada@example.com", "userId": USER, "exp": SENT.timestamp() + 60}
    key = OctKey.import_key(SECRET)
    unsigned = "eyJhbGciOiJub25lIn0." + MAILED.split(".")[1] + "."

    assert emails.read(jwt.encode({"alg": "HS256"}, {**claims, "exp": int(claims["exp"])}, key), now=SENT) is not None  # type: ignore[call-overload]
    assert emails.read(jwt.encode({"alg": "HS256"}, {**claims, "updateTo": "eve@example.com"}, key), now=SENT) is None
    assert emails.read(unsigned, now=SENT) is None


def test_without_a_secret_nothing_is_signed() -> None:
    with overridden(sharing=None, better_auth_secret=None), pytest.raises(SettingsInvalid, match="BETTER_AUTH_SECRET"):
        sealed.seal("text")


def test_sharing_without_a_secret_is_refused_when_it_is_set() -> None:
    with pytest.raises(ValueError, match="BETTER_AUTH_SECRET"), overridden(better_auth_secret=None):
        pass


@pytest.mark.parametrize("ring", ["secret", "x:secret", "1:", "1:a,1:b", "-1:a", "1:a,"])
def test_a_ring_that_better_auth_would_refuse_is_refused(ring: str) -> None:
    with pytest.raises(ValueError, match="2:new,1:old"), overridden(better_auth_secrets=ring):
        pass
