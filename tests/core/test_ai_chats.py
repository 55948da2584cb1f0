import asyncio
import json
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from core import ai_chats, clock, database, members, users
from core.ai_chats import AiChatNotFound, Message, MessageInvalid
from core.crypto import tokens
from core.database.statements import fetch
from core.text import TextInvalid
from models import AiChat, AiChatMessage, Member, Organization, User
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")

HOUR = timedelta(hours=1)
OLD = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "parts": [{"type": "text", "text": "Good day"}]},
]

_numbers = count(1)


async def make_member(*, role: str = "member", organization: Organization | None = None) -> Member:
    if organization is None:
        organization = await Organization.create(name="Acme", slug=f"chatting-{next(_numbers)}")
    user = await make_user()
    return await Member.create(organization_id=organization.id, user_id=user.id, role=role)


async def make_chat(user: User, *, messages: list[Any] | None = None) -> AiChat:
    chat = await ai_chats.create(user_id=user.id, title="Greetings")
    await AiChat.filter(id=chat.id).update(messages=messages)
    return chat


async def said(chat: AiChat, **owner: Any) -> list[Message]:
    """All of it, page by page."""
    found: list[Message] = []
    after = None
    while True:
        page = await ai_chats.messages(chat.id, after=after, limit=3, **owner or {"user_id": chat.user_id})
        found += page.items
        if (after := page.after) is None:
            return found


def texts(found: list[Message]) -> list[str]:
    return ["".join(part["text"] for part in message.parts) for message in found]


async def test_what_is_said_is_read_in_order_in_one_shape_the_older_first() -> None:
    user = await make_user()
    chat = await make_chat(user, messages=OLD)

    await ai_chats.append(chat.id, user_id=user.id, role="user", text="How are you?")
    await ai_chats.append(chat.id, user_id=user.id, role="assistant", parts=[{"type": "text", "text": "Fine\n👍"}])

    found = await said(chat)
    assert [(message.role, message.parts) for message in found] == [
        ("user", [{"type": "text", "text": "Hello"}]),
        ("assistant", [{"type": "text", "text": "Good day"}]),
        ("user", [{"type": "text", "text": "How are you?"}]),
        ("assistant", [{"type": "text", "text": "Fine\n👍"}]),
    ]
    assert [message.created_at is None for message in found] == [True, True, False, False]


async def test_a_message_comes_back_from_its_making_as_it_is_read() -> None:
    user = await make_user()
    chat = await make_chat(user)

    made = await ai_chats.append(chat.id, user_id=user.id, role="user", text="Hello")

    assert await said(chat) == [made]
    stored = await AiChat.get(id=chat.id)
    assert stored.messages is None
    assert stored.updated_at == made.created_at


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        (
            {"content": ["Hello", {"type": "text", "text": "you"}]},
            [{"type": "text", "text": t} for t in ("Hello", "you")],
        ),
        ({"content": None}, []),
        ({}, []),
        ({"content": "Hello", "parts": []}, [{"type": "text", "text": "Hello"}]),
        ({"content": "Hello", "parts": [{"type": "image"}]}, [{"type": "image"}]),
        ({"content": 5}, []),
    ],
)
async def test_whatever_other_programs_wrote_has_one_shape(written: dict[str, Any], parts: list[Any]) -> None:
    chat = await make_chat(await make_user(), messages=[{"role": "user", **written}])

    assert [message.parts for message in await said(chat)] == [parts]


async def test_what_is_no_message_is_passed_over_and_the_places_stay() -> None:
    chat = await make_chat(await make_user(), messages=[None, "Hello", {"role": 5}, {}, *OLD])

    assert [message.id for message in await said(chat)] == ["4", "5"]


async def test_a_list_that_is_none_has_no_messages() -> None:
    chat = await make_chat(await make_user(), messages={"role": "user"})  # type: ignore[arg-type]

    assert await said(chat) == []


@pytest.mark.only("sqlite")
async def test_messages_in_a_blob_as_drizzle_writes_them_are_read() -> None:
    chat = await make_chat(await make_user())
    await fetch('UPDATE "aiChat" SET "messages" = $1 WHERE "id" = $2', json.dumps(OLD).encode(), chat.id)

    assert texts(await said(chat)) == ["Hello", "Good day"]


@pytest.mark.parametrize("older", range(8))
@pytest.mark.parametrize("later", [0, 1, 3, 4])
async def test_every_page_goes_on_where_the_last_one_ended(older: int, later: int) -> None:
    user = await make_user()
    chat = await make_chat(user, messages=[{"role": "user", "content": str(number)} for number in range(older)])
    for number in range(later):
        await ai_chats.append(chat.id, user_id=user.id, role="user", text=str(older + number))

    assert texts(await said(chat)) == [str(number) for number in range(older + later)]


async def test_a_page_has_as_many_as_was_asked_for_and_a_hundred_at_the_most() -> None:
    user = await make_user()
    chat = await make_chat(user, messages=[{"role": "user", "content": "a"}] * 150)

    sizes = [len((await ai_chats.messages(chat.id, user_id=user.id, limit=n)).items) for n in (-1, 0, 7, 1000)]

    assert sizes == [1, 1, 7, 100]


@pytest.mark.parametrize("after", ["", "nobody", "999999999", "9" * 5_000, "-1", "٣", "1e3", "z" * 10_000])
async def test_after_what_was_never_said_comes_something_of_the_same_chat_or_nothing(after: str) -> None:
    user = await make_user()
    chat = await make_chat(user, messages=OLD)
    mine = {(await ai_chats.append(chat.id, user_id=user.id, role="user", text="Hello")).id, "0", "1"}

    page = await ai_chats.messages(chat.id, user_id=user.id, after=after)

    assert {message.id for message in page.items} <= mine


async def test_eight_that_append_at_once_all_stay_in_the_order_that_every_reader_sees() -> None:
    user = await make_user()
    chat = await make_chat(user, messages=OLD)
    done = asyncio.Event()
    seen: list[list[str]] = []

    async def speak(name: int) -> None:
        for number in range(5):
            await ai_chats.append(chat.id, user_id=user.id, role="user", text=f"{name}.{number}")

    async def listen() -> None:
        """Read on from what was had, as a browser does: what came before it later would be missed."""
        had: list[str] = []
        after = "1"
        while not done.is_set() or len(had) < 40:
            page = await ai_chats.messages(chat.id, user_id=user.id, after=after)
            had += texts(page.items)
            after = page.items[-1].id if page.items else after
        seen.append(had)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(listen())
        await asyncio.gather(*(speak(name) for name in range(8)))
        done.set()

    order = texts(await said(chat))[2:]
    assert sorted(order) == sorted(f"{name}.{number}" for name in range(8) for number in range(5))
    assert seen == [order] * 3
    for name in range(8):
        assert [text for text in order if text.startswith(f"{name}.")] == [f"{name}.{number}" for number in range(5)]


async def test_the_order_holds_when_the_clock_of_another_machine_is_ahead() -> None:
    user = await make_user()
    chat = await make_chat(user)
    with clock.shifted(HOUR):
        await ai_chats.append(chat.id, user_id=user.id, role="user", text="0")

    await ai_chats.append(chat.id, user_id=user.id, role="user", text="1")
    await ai_chats.rename(chat.id, user_id=user.id, title="Later")
    await asyncio.gather(*(ai_chats.append(chat.id, user_id=user.id, role="user", text="2") for _ in range(8)))
    with clock.shifted(2 * HOUR):
        await ai_chats.append(chat.id, user_id=user.id, role="user", text="3")

    assert texts(await said(chat)) == ["0", "1", *["2"] * 8, "3"]


async def test_a_chat_that_never_changed_takes_messages() -> None:
    user = await make_user()
    chat = await make_chat(user)
    await AiChat.filter(id=chat.id).update(updated_at=None)

    await ai_chats.append(chat.id, user_id=user.id, role="user", text="Hello")

    assert texts(await said(chat)) == ["Hello"]


def test_ids_of_later_moments_come_later() -> None:
    moments = [clock.now() + n * timedelta(microseconds=1) for n in range(5_000)]

    made = [tokens.id_at(moment) for moment in moments]

    assert made == sorted(made)
    assert len({tokens.id_at(moments[0]) for _ in range(100)}) == 100


async def test_a_message_of_a_transaction_that_failed_was_not_said() -> None:
    user = await make_user()
    chat = await make_chat(user)

    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await ai_chats.append(chat.id, user_id=user.id, role="user", text="Hello")
            raise ZeroDivisionError

    assert await said(chat) == []


def text_of(size: int) -> str:
    return "é" * ((size - len(json.dumps({"role": "assistant", "parts": [{"type": "text", "text": ""}]}))) // 2)


def nested(levels: int) -> list[dict[str, Any]]:
    """Parts of so many levels: the list, the part, and a value inside."""
    value: Any = "x"
    for _ in range(levels - 3):
        value = [value]
    return [{"type": "data", "value": value}]


BAD: dict[str, dict[str, Any]] = {
    "an unknown role": {"role": "admin", "text": "Hello"},
    "a role of nobody's": {"role": "", "text": "Hello"},
    "neither text nor parts": {},
    "both": {"text": "Hello", "parts": [{"type": "text", "text": "Hello"}]},
    "no text": {"text": ""},
    "no parts": {"parts": []},
    "parts that are none": {"parts": "Hello"},
    "a part that is none": {"parts": ["Hello"]},
    "a part without a type": {"parts": [{"text": "Hello"}]},
    "a text without text": {"parts": [{"type": "text"}]},
    "NUL": {"text": "Hello\0"},
    "NUL after a backslash": {"text": "\\\0"},
    "NUL in a key": {"parts": [{"type": "data", "a\0": 1}]},
    "half a pair": {"text": "\ud800"},
    "too large": {"text": text_of(ai_chats.LARGEST + 8)},
    "far too large": {"text": "x" * 10_000_000},
    "too deep": {"parts": nested(33)},
    "bottomless": {"parts": nested(100_000)},
    "not a number": {"parts": [{"type": "data", "value": float("nan")}]},
    "not JSON": {"parts": [{"type": "data", "value": b"Hello"}]},
}


@pytest.mark.parametrize("what", BAD)
async def test_what_can_not_be_said_is_refused(what: str) -> None:
    user = await make_user()
    chat = await make_chat(user)

    with pytest.raises(MessageInvalid) as refused:
        await ai_chats.append(chat.id, user_id=user.id, **{"role": "user"} | BAD[what])

    assert len(str(refused.value)) < 100
    assert await AiChatMessage.all().count() == 0


GOOD: dict[str, list[dict[str, Any]]] = {
    "backslashes": [{"type": "text", "text": "\\u0000 \\\\u0000 \\"}],
    "the largest": [{"type": "text", "text": text_of(ai_chats.LARGEST)}],
    "the deepest": nested(32),
    "control characters": [{"type": "text", "text": "\r\n\t\x1b[0m\x7f"}],
    "a call of a tool": [
        {"type": "tool-weather", "toolCallId": "1", "input": {"city": "Ulm"}, "output": [1, 2.5, None, True]}
    ],
}


@pytest.mark.parametrize("what", GOOD)
@pytest.mark.parametrize("role", ai_chats.ROLES)
async def test_what_can_be_said_is_read_as_it_was_said(what: str, role: str) -> None:
    user = await make_user()
    chat = await make_chat(user)

    await ai_chats.append(chat.id, user_id=user.id, role=role, parts=GOOD[what])

    assert [(message.role, message.parts) for message in await said(chat)] == [(role, GOOD[what])]


async def every_use(chat_id: str, **owner: Any) -> None:
    """Each is refused."""
    for refused in (
        ai_chats.get(chat_id, **owner),
        ai_chats.messages(chat_id, **owner),
        ai_chats.messages(chat_id, after="a", **owner),
        ai_chats.append(chat_id, role="user", text="Hello", **owner),
        ai_chats.rename(chat_id, title="Mine", **owner),
        ai_chats.delete(chat_id, **owner),
    ):
        with pytest.raises(AiChatNotFound):
            await refused


async def test_nobody_reaches_somebody_elses_chat() -> None:
    ada, eve, insider, outsider = await make_user(), await make_user(), await make_member(), await make_member()
    hers = await make_chat(ada, messages=OLD)
    theirs = await ai_chats.create(actor=insider, title="Plans")
    await ai_chats.append(theirs.id, actor=insider, role="user", text="Secret")
    before = (await AiChat.all().order_by("id").values(), await AiChatMessage.all().values())

    await every_use(hers.id, user_id=eve.id)
    await every_use(hers.id, actor=insider)
    await every_use(theirs.id, actor=outsider)
    await every_use(theirs.id, user_id=insider.user_id)  # Theirs, not a member's own.
    await every_use(theirs.id, user_id=insider.organization_id)
    await every_use("unknown", user_id=ada.id)
    await every_use("x" * 10_000, user_id=ada.id)

    assert (await AiChat.all().order_by("id").values(), await AiChatMessage.all().values()) == before
    assert (await ai_chats.list_chats(user_id=eve.id)).items == []
    assert (await ai_chats.list_chats(actor=outsider)).items == []


@pytest.mark.parametrize("chat_id", ["\0", "\ud800"])
async def test_an_id_that_can_not_be_one_opens_nothing(chat_id: str) -> None:
    user = await make_user()

    with pytest.raises((AiChatNotFound, TextInvalid)):
        await ai_chats.get(chat_id, user_id=user.id)


async def test_the_members_of_an_organization_share_its_chats() -> None:
    ada = await make_member()
    organization = await Organization.get(id=ada.organization_id)
    grace = await make_member(organization=organization)
    chat = await ai_chats.create(actor=ada, title="Plans")

    await ai_chats.append(chat.id, actor=ada, role="user", text="Hello")
    await ai_chats.append(chat.id, actor=grace, role="user", text="you")

    assert texts(await said(chat, actor=grace)) == ["Hello", "you"]
    assert [each.id for each in (await ai_chats.list_chats(actor=grace)).items] == [chat.id]
    assert (await ai_chats.get(chat.id, actor=grace)).organization_id == organization.id
    await ai_chats.delete(chat.id, actor=grace)
    assert await AiChat.all().count() == 0


async def test_who_may_nothing_or_is_a_member_no_more_is_refused() -> None:
    ada = await make_member()
    organization = await Organization.get(id=ada.organization_id)
    guest, gone = (
        await make_member(role="guest", organization=organization),
        await make_member(organization=organization),
    )
    chat = await ai_chats.create(actor=ada)
    await Member.filter(id=gone.id).delete()

    for actor, refusal in ((guest, members.NotPermitted), (gone, members.OrganizationNotFound)):
        for refused in (
            ai_chats.create(actor=actor),
            ai_chats.list_chats(actor=actor),
            ai_chats.get(chat.id, actor=actor),
            ai_chats.messages(chat.id, actor=actor),
            ai_chats.append(chat.id, actor=actor, role="user", text="Hello"),
            ai_chats.rename(chat.id, actor=actor, title="Mine"),
            ai_chats.delete(chat.id, actor=actor),
        ):
            with pytest.raises(refusal):
                await refused

    assert await AiChat.all().count() == 1


async def test_whose_is_said_exactly_once() -> None:
    actor = await make_member()
    chat = await ai_chats.create(actor=actor)

    for owner in ({}, {"user_id": actor.user_id, "actor": actor}):
        for refused in (
            ai_chats.get(chat.id, **owner),  # type: ignore[arg-type]
            ai_chats.append(chat.id, role="user", text="Hello", **owner),  # type: ignore[arg-type]
        ):
            with pytest.raises(TypeError):
                await refused


async def test_chats_are_listed_newest_first_and_without_what_was_said() -> None:
    user = await make_user()
    made = [(await make_chat(user, messages=OLD)).id for _ in range(3)]

    first = await ai_chats.list_chats(user_id=user.id, limit=2)
    second = await ai_chats.list_chats(user_id=user.id, limit=2, after=first.after)

    assert [chat.id for chat in [*first.items, *second.items]] == made[::-1]
    assert first.items[0].title == "Greetings"
    with pytest.raises(AttributeError):
        assert first.items[0].messages


async def test_a_chat_has_another_title() -> None:
    user = await make_user()
    chat = await ai_chats.create(user_id=user.id)
    assert chat.title is None

    with clock.shifted(HOUR):
        renamed = await ai_chats.rename(chat.id, user_id=user.id, title=" Greetings ")

    assert renamed.title == "Greetings"
    assert renamed.updated_at is not None
    assert renamed.updated_at >= chat.created_at + HOUR


@pytest.mark.parametrize("title", ["", " ", "x" * 201, "a\0", "\ud800"])
async def test_a_title_that_can_not_be_one_is_refused(title: str) -> None:
    user = await make_user()
    chat = await make_chat(user)

    with pytest.raises(TextInvalid):
        await ai_chats.create(user_id=user.id, title=title)
    with pytest.raises(TextInvalid):
        await ai_chats.rename(chat.id, user_id=user.id, title=title)

    assert (await ai_chats.get(chat.id, user_id=user.id)).title == "Greetings"


async def test_nobody_unknown_begins_a_chat() -> None:
    with pytest.raises(users.UserNotFound):
        await ai_chats.create(user_id="nobody")


async def test_with_a_chat_goes_what_was_said_in_it_and_with_its_owner_the_chat() -> None:
    user = await make_user()
    chats = [await make_chat(user) for _ in range(2)]
    for chat in chats:
        await ai_chats.append(chat.id, user_id=user.id, role="user", text="Hello")

    await ai_chats.delete(chats[0].id, user_id=user.id)
    assert [message.chat_id for message in await AiChatMessage.all()] == [chats[1].id]
    with pytest.raises(AiChatNotFound):
        await ai_chats.delete(chats[0].id, user_id=user.id)

    await users.delete(user.id)
    assert await AiChat.all().count() == await AiChatMessage.all().count() == 0


async def test_messages_to_a_chat_that_is_being_deleted_are_added_or_refused() -> None:
    user = await make_user()
    chat = await make_chat(user)

    results = await asyncio.gather(
        *(ai_chats.append(chat.id, user_id=user.id, role="user", text="Hello") for _ in range(4)),
        ai_chats.delete(chat.id, user_id=user.id),
        *(ai_chats.append(chat.id, user_id=user.id, role="user", text="Hello") for _ in range(4)),
        return_exceptions=True,
    )

    assert all(result is None or isinstance(result, Message | AiChatNotFound) for result in results)
    assert await AiChatMessage.all().count() == 0
