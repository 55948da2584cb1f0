"""A SQLite file of people and their sessions, as better-auth writes them."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

SCHEMA = """
CREATE TABLE "user" ("id" text NOT NULL PRIMARY KEY, "name" text NOT NULL, "email" text NOT NULL,
    "emailVerified" integer NOT NULL, "image" text, "createdAt" date NOT NULL, "updatedAt" date NOT NULL);
CREATE TABLE "session" ("id" text NOT NULL PRIMARY KEY, "expiresAt" date NOT NULL, "token" text NOT NULL UNIQUE,
    "createdAt" date NOT NULL, "updatedAt" date NOT NULL, "ipAddress" text, "userAgent" text,
    "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE);
CREATE TABLE "account" ("id" text NOT NULL PRIMARY KEY);
CREATE TABLE "verification" ("id" text NOT NULL PRIMARY KEY);
"""


def text(number: int) -> str:
    """A time as JavaScript writes it."""
    moment = datetime(2025, 1, 1) + timedelta(seconds=number * 7, milliseconds=number % 1000)  # noqa: DTZ001  it is text
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def write(file: Path, people: int, *, dirty: bool = False) -> None:
    """The source. In a dirty one are a time that is none, a name with a NUL and an address that several have."""

    def ident(what: str, n: int) -> str:
        return blake2b(f"{what} {n}".encode(), digest_size=16).hexdigest()

    def persons() -> Iterator[tuple[object, ...]]:
        for n in range(people):
            when = "yesterday" if dirty and n == 5 else text(n)  # noqa: PLR2004  any one of them
            name = "half\0a name" if dirty and n == 6 else f"Person {n}"  # noqa: PLR2004  the same
            yield ident("user", n), name, f"person{max(n, 8) if dirty else n}@example.com", n % 3 > 0, None, when, when

    def sessions() -> Iterator[tuple[object, ...]]:
        browser = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox"
        for n in range(people):
            key, token, user = (ident(what, n) for what in ("session", "token", "user"))
            yield key, text(n + 86_400), token, text(n), text(n), f"203.0.113.{n % 254}", browser, user

    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA cache_size = -2000000")  # KiB. Its keys are random, too.
    connection.executescript(SCHEMA)
    connection.executemany('INSERT INTO "user" VALUES (?, ?, ?, ?, ?, ?, ?)', persons())
    connection.executemany('INSERT INTO "session" VALUES (?, ?, ?, ?, ?, ?, ?, ?)', sessions())
    connection.commit()
    connection.close()
