"""Signing in: how many a second, and what the event loop feels of it.

The limit is argon2 alone, in as many threads, with the same parameters and the same right to a core. The database is on
the same machine, and wants its share of the cores: how large that is says another limit, the same statements through
asyncpg alone, around the same verification.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, count
from time import perf_counter

import asyncpg
from argon2 import PasswordHasher

from benchmarks.figures import Contender, Figure, Goal
from benchmarks.lateness import Lateness, watched
from benchmarks.rounds import in_turns, opened, postgres
from core import accounts, attempts, authentication, clock, users
from core.accounts import password as stored
from core.authentication import HOUR
from core.crypto import passwords, tokens
from core.database.postgres import leave, prepare
from core.database.statements import fetch
from core.sessions import issuing
from core.settings import settings
from models.base import new_id

OURS, LIMIT, BARE = "authentication.sign_in", "argon2 alone", "argon2 and the same statements through asyncpg alone"
PASSWORD, PEOPLE, AT_ONCE = "correct horse battery staple", 1_000, 32
STALL = 20
"""Milliseconds that the loop may be held up."""

_numbers = count()


async def measure(*, quick: bool) -> list[Figure]:
    """Sign-ins of many people from many addresses, and argon2's verification without any of it."""
    rounds, times = (2, 40) if quick else (9, 400)
    give_way = passwords._give_way  # noqa: SLF001  what else the machine has to do weighs on both alike
    with postgres() as server, ThreadPoolExecutor(settings().password_threads, initializer=give_way) as threads:
        url = server.url("benchmark")
        async with opened(url), asyncpg.create_pool(url, max_size=20, init=prepare, reset=leave) as pool:
            password_hash = await _fill()
            hasher = PasswordHasher(settings().password_time_cost, settings().password_memory_kib, parallelism=1)

            async def verify() -> None:
                await asyncio.get_running_loop().run_in_executor(
                    threads, hasher.verify, password_hash, PASSWORD.encode()
                )

            async def bare() -> None:
                await _ask(pool, verify)

            works = {OURS: _sign_in, LIMIT: verify, BARE: bare}
            felt: dict[str, list[Lateness]] = {name: [] for name in works}

            async def turn(name: str, work: Callable[[], Awaitable[None]]) -> float:
                async with watched(every=0.005) as late:
                    felt[name].append(late)
                    return await _per_second(work, times)

            for work in works.values():
                await _per_second(work, AT_ONCE)  # It begins with connections and prepared statements.
            found = await in_turns({name: partial(turn, name, work) for name, work in works.items()}, rounds=rounds)
    how = (
        f"{rounds} rounds of {times} sign-ins, {AT_ONCE} at once, each of another person from another address, with "
        f"{settings().password_threads} threads for hashing and PostgreSQL on the same machine."
    )

    def figure(
        title: str, how: str, values: Mapping[str, tuple[float, ...]], *goals: Goal, rate: bool = False
    ) -> Figure:
        return Figure(
            title=title,
            how=how,
            unit="/s" if rate else "ms",
            better="more" if rate else "less",
            contenders=tuple(
                Contender(name=name, role="ours" if name == OURS else "limit", rounds=rounds)
                for name, rounds in values.items()
            ),
            goals=goals,
        )

    longest = {name: (max(late.longest for late in each) * 1e3,) for name, each in felt.items()}
    caused = {name: (max(late.caused for late in each) * 1e3,) for name, each in felt.items()}
    p99 = {name: tuple(late.percentile(0.99) * 1e3 for late in each) for name, each in felt.items()}
    watching = "A task that is due every five milliseconds says how late it was"
    return [
        figure("Sign-ins", how, found, Goal(value=0.9, of=LIMIT), rate=True),
        figure("How late the event loop is meanwhile, p99", f"{watching}.", p99),
        figure("The longest that it was late", f"{watching}, for whatever reason.", longest, Goal(value=STALL)),
        figure(
            "The longest that it was late while it had a core",
            f"{watching}, without the time in which its thread was ready and the kernel gave the cores to others.",
            caused,
            Goal(value=STALL),
        ),
    ]


async def _fill() -> str:
    """People with a password, the same for all; its hash."""
    password_hash = await accounts.hash_password(PASSWORD)
    now = clock.now()
    await fetch(
        """
        INSERT INTO "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
        SELECT n::text, 'Ada', 'person' || n || '@example.com', true, $2, $2 FROM generate_series(1, $1::int) n
        """,
        PEOPLE,
        now,
    )
    await fetch(
        """
        INSERT INTO "account" ("id", "userId", "providerId", "accountId", "password", "createdAt", "updatedAt")
        SELECT n::text, n::text, $2, n::text, $3, $4, $4 FROM generate_series(1, $1::int) n
        """,
        PEOPLE,
        accounts.CREDENTIAL,
        password_hash,
        now,
    )
    await fetch("VACUUM ANALYZE")
    return password_hash


def _somebody() -> tuple[str, str]:
    """Another address of a person, and of the network."""
    number = next(_numbers)
    return f"person{number % PEOPLE + 1}@example.com", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


async def _sign_in() -> None:
    email, network = _somebody()
    await authentication.sign_in(email=email, password=PASSWORD, ip_address=network, user_agent="Firefox")


async def _ask(pool: "asyncpg.Pool[asyncpg.Record]", verify: Callable[[], Awaitable[None]]) -> None:
    """The four statements of a sign-in, with values like those it has."""
    email, network = _somebody()
    now = clock.now()
    limits = [(attempts._key(str(limit), network + email), now + HOUR, 1_000) for limit in range(3)]  # noqa: SLF001
    await pool.fetch(attempts._counting(3), now, *chain.from_iterable(limits))  # noqa: SLF001
    (account,) = await pool.fetch(stored._OF_EMAIL, email, accounts.CREDENTIAL)  # noqa: SLF001
    await verify()
    (user,) = await pool.fetch(users._BY_ID, account["userId"])  # noqa: SLF001
    token = tokens.stored_session(tokens.new_session())
    session = (new_id(), user["id"], token, now + HOUR, network, "Firefox", None, now)
    await pool.fetch(issuing._BOTH, *session, user["id"], 49)  # noqa: SLF001


async def _per_second(work: Callable[[], Awaitable[None]], times: int) -> float:
    left = iter(range(times))

    async def calls() -> None:
        for _ in left:  # One list for all, so that nobody is done before the others.
            await work()

    began = perf_counter()
    await asyncio.gather(*(calls() for _ in range(AT_ONCE)))
    return times / (perf_counter() - began)
