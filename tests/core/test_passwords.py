"""Stored passwords of other houses: verified, and hashed anew at the next sign-in."""

import hashlib
import hmac
import os
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator

import bcrypt
import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from core import accounts, authentication
from core.authentication import CredentialsInvalid, SignedIn
from core.crypto import passwords
from core.crypto.passwords import kinds
from core.settings import overridden
from models import Account
from tests.factories import make_user
from tests.programs import ROOT

PASSWORD = "pässword of mine"
RAW = PASSWORD.encode()
SALT = b"0123456789abcdef"


@pytest.fixture(autouse=True)
def nothing_met() -> Iterator[None]:
    """A no costs nothing for what other tests have met."""
    passwords._met.clear()
    yield
    passwords._met.clear()


def in_base64(raw: bytes) -> str:
    return b64encode(raw).decode()


def for_passlib(raw: bytes) -> str:
    """With a dot for the plus, and no padding."""
    return in_base64(raw).rstrip("=").replace("+", ".")


def crypted(raw: bytes) -> str:
    return bcrypt.hashpw(raw, bcrypt.gensalt(4)).decode()


def passlib_bcrypt_sha256(version: int) -> str:
    salt = bcrypt.gensalt(4).decode()
    characters = salt.rpartition("$")[2].encode()
    digest = hmac.digest(characters, RAW, "sha256") if version == 2 else hashlib.sha256(RAW).digest()
    key = bcrypt.hashpw(b64encode(digest), salt.encode()).decode()[-31:]
    return f"$bcrypt-sha256${'v=2,t=2b,r=4' if version == 2 else '2b,4'}${characters.decode()}${key}"


def scrypt(n: int, r: int, p: int, *, length: int = 64) -> bytes:
    return hashlib.scrypt(RAW, salt=SALT, n=n, r=r, p=p, dklen=length, maxmem=2**26)


ARGON2 = PasswordHasher(memory_cost=8_192, time_cost=1, parallelism=4).hash(PASSWORD)
FOREIGN = {
    "Django pbkdf2_sha256": f"pbkdf2_sha256$1000$salt${in_base64(hashlib.pbkdf2_hmac('sha256', RAW, b'salt', 1000))}",
    "Django pbkdf2_sha1": f"pbkdf2_sha1$1000$salt${in_base64(hashlib.pbkdf2_hmac('sha1', RAW, b'salt', 1000))}",
    "Django argon2": f"argon2{ARGON2}",
    "Django bcrypt_sha256": f"bcrypt_sha256${crypted(hashlib.sha256(RAW).hexdigest().encode())}",
    "Django bcrypt": f"bcrypt${crypted(RAW)}",
    "Django scrypt": f"scrypt$16384${SALT.decode()}$8$2${in_base64(scrypt(16_384, 8, 2))}",
    "bcrypt 2a": crypted(RAW).replace("$2b$", "$2a$"),
    "bcrypt 2b": crypted(RAW),
    "bcrypt 2y, PHP's": crypted(RAW).replace("$2b$", "$2y$"),
    "pwdlib argon2id": ARGON2,
    "argon2i": PasswordHasher(memory_cost=8_192, time_cost=1, parallelism=2, type=Type.I).hash(PASSWORD),
    "argon2id of one lane": PasswordHasher(memory_cost=9_000, time_cost=1, parallelism=1).hash(PASSWORD),
    "passlib pbkdf2_sha256": f"$pbkdf2-sha256$1000${for_passlib(SALT)}$"
    + for_passlib(hashlib.pbkdf2_hmac("sha256", RAW, SALT, 1000)),
    "passlib pbkdf2_sha512": f"$pbkdf2-sha512$1000${for_passlib(SALT)}$"
    + for_passlib(hashlib.pbkdf2_hmac("sha512", RAW, SALT, 1000)),
    "passlib pbkdf2_sha1": f"$pbkdf2$1000${for_passlib(SALT)}$"
    + for_passlib(hashlib.pbkdf2_hmac("sha1", RAW, SALT, 1000)),
    "passlib scrypt": f"$scrypt$ln=14,r=8,p=1${for_passlib(SALT)}${for_passlib(scrypt(16_384, 8, 1, length=32))}",
    "passlib bcrypt_sha256": passlib_bcrypt_sha256(2),
    "passlib bcrypt_sha256, older": passlib_bcrypt_sha256(1),
}


@pytest.mark.parametrize("stored", FOREIGN.values(), ids=FOREIGN)
async def test_a_password_of_another_house_is_verified_and_never_todays(stored: str) -> None:
    assert await passwords.matches(PASSWORD, stored)
    assert not await passwords.matches(PASSWORD + "x", stored)
    assert not await passwords.matches("", stored)
    assert passwords.outdated(stored)
    with overridden(sharing="better-auth", better_auth_secret="s" * 32):
        assert await passwords.matches(PASSWORD, stored)
        assert passwords.outdated(stored)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("stored", [FOREIGN["Django pbkdf2_sha256"], FOREIGN["bcrypt 2b"]], ids=["Django", "bcrypt"])
async def test_who_signs_in_has_it_hashed_anew_and_who_guesses_has_not(stored: str) -> None:
    ada = await make_user(email="ada@example.com")
    await accounts.store_password(user_id=ada.id, password_hash=stored)

    with pytest.raises(CredentialsInvalid):
        await authentication.sign_in(email="ada@example.com", password="a guess of somebody")
    assert (await Account.get(user_id=ada.id)).password == stored

    for _ in range(2):
        assert isinstance(await authentication.sign_in(email="ada@example.com", password=PASSWORD), SignedIn)
    now = (await Account.get(user_id=ada.id)).password
    assert now is not None
    assert now.startswith("$argon2id$")
    assert not passwords.outdated(now)


ABSURD = {
    "argon2 of 3 GiB": ARGON2.replace("m=8192", "m=3145728"),
    "argon2 of a million passes": ARGON2.replace("t=1", "t=1000000"),
    "argon2 of a thousand lanes": ARGON2.replace("p=4", "p=1000"),
    "argon2 of nothing": ARGON2.replace("m=8192", "m=0"),
    "pbkdf2 for ever": FOREIGN["Django pbkdf2_sha256"].replace("$1000$", "$999999999$"),
    "pbkdf2 not at all": FOREIGN["Django pbkdf2_sha256"].replace("$1000$", "$0$"),
    "pbkdf2 with a long key": "pbkdf2_sha256$4000000$salt$" + "A" * 900,
    "pbkdf2 by passlib for ever": FOREIGN["passlib pbkdf2_sha256"].replace("$1000$", "$999999999$"),
    "scrypt for ever": FOREIGN["Django scrypt"].replace("$8$2$", "$8$99999$"),
    "scrypt of much memory": FOREIGN["Django scrypt"].replace("$16384$", "$8388608$"),
    "scrypt of no power of two": FOREIGN["Django scrypt"].replace("$16384$", "$16385$"),
    "scrypt by passlib of much memory": FOREIGN["passlib scrypt"].replace("ln=14", "ln=60"),
    "bcrypt of 31 rounds": FOREIGN["bcrypt 2b"].replace("$04$", "$31$"),
    "bcrypt by passlib of 31 rounds": FOREIGN["passlib bcrypt_sha256"].replace("r=4", "r=31"),
    "no base64": FOREIGN["Django pbkdf2_sha256"][:-3] + "=A=",
    "unusable, as Django says": "!kF5d",
    "Django's MD5": "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
    "a novel": "$argon2id$" + "A" * 100_000,
    "nothing": "",
}


@pytest.mark.parametrize("stored", ABSURD.values(), ids=ABSURD)
async def test_absurd_parameters_match_nothing_and_cost_next_to_nothing(stored: str) -> None:
    kind = kinds.find(stored)
    began = time.process_time()

    assert kind is None or not kind.matches(PASSWORD, stored)
    assert not await passwords.matches(PASSWORD, stored)
    assert time.process_time() - began < 5  # Of the processor, where the real thing would take minutes.


@given(stored=st.text(), password=st.text(max_size=20))
def test_whatever_is_stored_it_is_compared_or_refused(stored: str, password: str) -> None:
    for text in (stored, f"$argon2id${stored}", f"pbkdf2_sha256$1${stored}", f"scrypt$2$a$1$1${stored}"):
        kind = kinds.find(text)
        assert kind is None or not kind.matches(password, text)


async def test_a_no_costs_as_much_for_somebody_unknown_as_for_a_password_of_another_house() -> None:
    slow = f"pbkdf2_sha256$400000$salt${in_base64(b'k' * 32)}"
    await passwords.matches(PASSWORD, slow)

    def cost(began: float) -> float:
        return time.process_time() - began

    began = time.process_time()
    assert not await passwords.matches(PASSWORD, slow)
    known = cost(began)
    for stored in (None, await passwords.hashed("another password")):
        began = time.process_time()
        assert not await passwords.matches(PASSWORD, stored)
        assert known / 3 < cost(began) < known * 3


def test_without_bcrypt_the_rest_works_and_its_passwords_say_what_to_install() -> None:
    program = f"""
import asyncio, sys
sys.modules["bcrypt"] = None
from core.crypto import passwords
from core.errors import Unavailable
assert asyncio.run(passwords.matches({PASSWORD!r}, {FOREIGN["Django pbkdf2_sha256"]!r}))
try:
    asyncio.run(passwords.matches({PASSWORD!r}, {FOREIGN["bcrypt 2b"]!r}))
except Unavailable as error:
    print(error, "|", error.remedy)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == (
        "a password is stored by bcrypt, and bcrypt is not installed | pip install 'stylobate[bcrypt]'"
    )


async def test_hashing_gives_way_to_the_loop_and_to_nobody_else_of_the_process() -> None:
    await passwords.hashed(PASSWORD)

    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    hashing = {
        os.getpriority(os.PRIO_PROCESS, thread.native_id or 0)
        for thread in threading.enumerate()
        if thread.name.startswith("passwords")
    }
    assert hashing == {own + 10 if sys.platform == "linux" else own}
