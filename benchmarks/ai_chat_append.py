"""What it costs to add a message to a chat that has many: as a row, and by writing the whole list anew."""

from benchmarks.figures import Contender, Figure, Role
from benchmarks.rounds import Work, apart, in_turns, milliseconds, opened, postgres, sqlite
from core import ai_chats, clock, database, users
from core.crypto import tokens
from models import AiChat, AiChatMessage

SIZES = (10_000, 1_000, 100, 10)
TEXT = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt. " * 2
MESSAGE = {"role": "user", "parts": [{"type": "text", "text": TEXT}]}


async def of_a_row(user_id: str, size: int) -> Work:
    """A chat of so many messages, each in a row, and one more."""
    chat = await ai_chats.create(user_id=user_id)
    rows = (
        AiChatMessage(id=tokens.id_at(clock.now()), chat_id=chat.id, message=MESSAGE, created_at=clock.now())
        for _ in range(size)
    )
    await AiChatMessage.bulk_create(rows, batch_size=1_000)

    async def append() -> None:
        await ai_chats.append(chat.id, user_id=user_id, role="user", text=TEXT)

    return append


async def of_the_list(user_id: str, size: int) -> Work:
    """The same messages in one list that is read, made longer and written, as other programs do it."""
    chat = await ai_chats.create(user_id=user_id)
    await AiChat.filter(id=chat.id).update(messages=[MESSAGE] * size)

    async def append() -> None:
        async with database.transaction():
            whole = await AiChat.filter(id=chat.id, user_id=user_id).select_for_update().get()
            messages = [*(whole.messages or []), MESSAGE]
            await AiChat.filter(id=chat.id).update(messages=messages, updated_at=clock.now())

    return append


async def compared(title: str, rounds: int) -> Figure:
    """Both, in chats of every size, in the database that is open."""
    user = await users.create(name="Ada", email="ada@example.com")
    rows = {f"a row, after {size:,}": await of_a_row(user.id, size) for size in SIZES}
    lists = {f"the list, after {size:,}": await of_the_list(user.id, size) for size in SIZES}
    found: dict[str, tuple[float, ...]] = {}
    for works in (rows, lists):  # A large write slows down what comes after it, so they don't take turns.
        found |= await in_turns({name: milliseconds(work, times=10) for name, work in works.items()}, rounds=rounds)
    roles: dict[str, Role] = {**dict.fromkeys(rows, "ours"), list(rows)[-1]: "limit"}
    return Figure(
        title=f"One more message, on {title}",
        how="After so many others, first all rows, then all lists. A round is the median of 10 times.",
        unit="ms",
        better="less",
        contenders=tuple(
            Contender(name=name, role=roles.get(name, "peer"), rounds=values) for name, values in found.items()
        ),
    )


async def on_postgres(rounds: int) -> Figure:
    """On PostgreSQL."""
    with postgres() as server:
        async with opened(server.url("benchmark")):
            return await compared("PostgreSQL", rounds)


async def on_sqlite(rounds: int) -> Figure:
    """On SQLite."""
    async with sqlite():
        return await compared("SQLite", rounds)


def measure(*, quick: bool) -> list[Figure]:
    """Measure on both."""
    return [apart(work, 2 if quick else 15) for work in (on_postgres, on_sqlite)]
