"""The rows of sample data, table by table."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from tortoise.models import Model

from models import (
    Account,
    AiChat,
    AiChatMessage,
    AuditEntry,
    Invitation,
    Mail,
    Member,
    Organization,
    Passkey,
    Purchase,
    PurchaseEvent,
    Session,
    User,
    Verification,
)

_DAY = timedelta(days=1)


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_FIRST = _listed(
    "Ada Alan Barbara Claude Donald Edsger Frances Grace Hedy Ivan Jean John Katherine Leslie Margaret Niklaus Olga"
    " Radia Shafi Sophie Tim Tony Vint Yukihiro Zoë Jürgen Élise Łukasz İpek 花子"
)
_LAST = _listed(
    "Allen Backus Bartik Cerf Church Dijkstra Engelbart Floyd Goldwasser Hamilton Hoare Hopper Johnson Kay Knuth Lamarr"
    " Lamport Liskov Lovelace Matsumoto McCarthy Naur Perlman Ritchie Shannon Sutherland Turing Wilson Wirth O'Brien"
)
_KINDS = ("Works", "Studio", "Systems", "Labs", "Partners", "Foundation")
_WORDS = _listed(
    "the a one every column row table index answer question morning letter bridge river harbour window quiet quick"
    " plain useful early late holds carries finds keeps opens closes moves between above under with without before"
)
_BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
)

Rows = Iterator[tuple[Any, ...]]


class Sample:
    """Every table's rows, each table from a chance of its own, so that one's rows don't depend on another's."""

    def __init__(self, *, people: int, number: int, until: datetime, password: str) -> None:
        self._people, self._number, self._until, self._password = people, number, until.astimezone(UTC), password
        self._began = self._until - 730 * _DAY
        self._organizations = max(people // 6, 1)

    def expected(self) -> int:
        """About how many rows there will be."""
        return int(self._people * 16.5)

    def tables(self) -> Iterator[tuple[type[Model], str, Rows]]:
        """In an order in which every row finds those it points to."""
        yield (
            User,
            "id name email email_verified username role banned locale onboarding_complete created_at updated_at",
            self._users(),
        )
        yield (
            Account,
            "id account_id provider_id user_id password access_token created_at updated_at",
            self._accounts(),
        )
        yield (
            Session,
            "id user_id token ip_address user_agent expires_at last_used_at created_at updated_at",
            self._sessions(),
        )
        yield Verification, "id identifier value expires_at created_at updated_at", self._verifications()
        yield (
            Passkey,
            "id name public_key user_id credential_id counter device_type backed_up created_at",
            self._passkeys(),
        )
        yield Organization, "id name slug metadata created_at", self._groups()
        yield Member, "id organization_id user_id role created_at", self._members()
        yield (
            Invitation,
            "id organization_id email role status expires_at created_at inviter_id",
            self._invitations(),
        )
        yield (
            Purchase,
            "id organization_id type customer_id subscription_id price_id status seats current_period_end created_at",
            self._purchases(),
        )
        yield PurchaseEvent, "id provider occurred_at expires_at", self._events()
        yield AiChat, "id organization_id user_id title messages created_at updated_at", self._chats()
        yield AiChatMessage, "id chat_id message created_at", self._messages()
        yield AuditEntry, "id action actor_id subject_id ip_address data created_at", self._audit()
        yield (
            Mail,
            "id recipient template locale payload status attempts due_at sent_at expires_at created_at updated_at",
            self._mails(),
        )

    def _chance(self, of: str) -> Random:
        return Random(f"{self._number} {of}")  # noqa: S311  the same for the same number is what is wanted

    def _moment(self, chance: Random, since: datetime | None = None) -> datetime:
        since = since or self._began
        return since + (self._until - since) * chance.random()

    def _persons(self) -> Iterator[tuple[str, str, datetime]]:
        """Id, name and beginning of every person, in the order of their ids. Asked twice, the answer is the same."""
        chance, step = self._chance("people"), (self._until - self._began) / self._people
        for place in range(self._people):
            began = self._began + step * (place + chance.random())
            name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
            yield _id(chance, began), name, began

    def _users(self) -> Rows:
        chance = self._chance("user")
        for place, (key, name, began) in enumerate(self._persons()):
            short = f"{name.lower().replace(' ', '.')}.{place}"
            yield (
                key,
                name,
                f"{short}@example.com",
                _luck(chance, 0.9),
                short if _luck(chance, 0.4) else None,
                "admin" if place == 0 else None,
                _luck(chance, 0.005),
                chance.choice(("en", "en", "de", None)),
                _luck(chance, 0.8),
                began,
                self._moment(chance, began),
            )

    def _accounts(self) -> Rows:
        chance = self._chance("account")
        for key, _, began in self._persons():
            kinds = ["credential"] if _luck(chance, 0.8) else []
            kinds += [it for it in ("google", "github") if _luck(chance, 0.25)] or ([] if kinds else ["google"])
            for kind in kinds:
                ours = kind == "credential"
                yield (
                    _id(chance, began),
                    key if ours else str(chance.getrandbits(64)),
                    kind,
                    key,
                    self._password if ours else None,
                    None if ours else _secret(chance),
                    began,
                    began,
                )

    def _sessions(self) -> Rows:
        chance = self._chance("session")
        for key, _, began in self._persons():
            for _ in range(min(int(chance.expovariate(0.4)), 20)):
                used = self._until - 20 * _DAY * chance.random() if _luck(chance, 0.7) else self._moment(chance, began)
                used = max(used, began)
                made = self._moment(chance, began) if used > began else began
                made = min(made, used)
                yield (
                    _id(chance, made),
                    key,
                    sha256(_secret(chance).encode()).hexdigest(),
                    f"203.0.113.{chance.randrange(256)}",
                    chance.choice(_BROWSERS),
                    used + 7 * _DAY,
                    used,
                    made,
                    used,
                )

    def _verifications(self) -> Rows:
        chance = self._chance("verification")
        for key, _, _ in self._persons():
            if _luck(chance, 0.15):
                made = self._until - 2 * _DAY * chance.random()
                purpose = chance.choice(("reset-password", "verify-email", "magic-link"))
                identifier = f"{purpose}:{sha256(_secret(chance).encode()).hexdigest()}"
                yield _id(chance, made), identifier, key, made + _DAY, made, made

    def _passkeys(self) -> Rows:
        chance = self._chance("passkey")
        for key, _, began in self._persons():
            if _luck(chance, 0.1):
                yield (
                    _id(chance, began),
                    chance.choice(("Laptop", "Phone", None)),
                    _secret(chance),
                    key,
                    _secret(chance),
                    chance.randrange(500),
                    chance.choice(("singleDevice", "multiDevice")),
                    _luck(chance, 0.7),
                    began,
                )

    def _teams(self) -> Iterator[tuple[str, str, datetime]]:
        chance, step = self._chance("teams"), (self._until - self._began) / self._organizations
        for place in range(self._organizations):
            began = self._began + step * (place + chance.random())
            yield _id(chance, began), f"{chance.choice(_LAST)} {chance.choice(_KINDS)}", began

    def _groups(self) -> Rows:
        for place, (key, name, began) in enumerate(self._teams()):
            yield key, name, f"{name.lower().replace(' ', '-')}-{place}", json.dumps({"plan": "sample"}), began

    def _members(self) -> Rows:
        """Every person in one organization, most of them in a big one; the first of each is its owner."""
        chance = self._chance("member")
        teams = list(self._teams())
        for place, (key, _, began) in enumerate(self._persons()):
            owner = place < len(teams)
            team, _, since = teams[place if owner else int(len(teams) * chance.random() ** 3)]
            role = "owner" if owner else chance.choice(("member", "member", "member", "admin"))
            yield _id(chance, max(began, since)), team, key, role, max(began, since)

    def _invitations(self) -> Rows:
        chance = self._chance("invitation")
        for place, ((team, _, began), (inviter, _, _)) in enumerate(zip(self._teams(), self._persons(), strict=False)):
            for other in range(chance.randrange(5)):
                made = self._moment(chance, began)
                yield (
                    _id(chance, made),
                    team,
                    f"guest.{place}.{other}@example.org",
                    chance.choice(("member", "admin")),
                    chance.choice(("pending", "accepted", "accepted", "rejected", "canceled")),
                    made + 2 * _DAY,
                    made,
                    inviter,
                )

    def _purchases(self) -> Rows:
        chance = self._chance("purchase")
        for team, _, began in self._teams():
            if _luck(chance, 0.4):
                made, once = self._moment(chance, began), _luck(chance, 0.2)
                yield (
                    _id(chance, made),
                    team,
                    "ONE_TIME" if once else "SUBSCRIPTION",
                    f"cus_{chance.getrandbits(64):016x}",
                    None if once else f"sub_{chance.getrandbits(64):016x}",
                    chance.choice(("price_month", "price_year")),
                    None if once else chance.choice(("active", "active", "trialing", "past_due", "expired")),
                    None if once else chance.randint(1, 40),
                    None if once else self._until + 30 * _DAY * chance.random(),
                    made,
                )

    def _events(self) -> Rows:
        chance = self._chance("event")
        for _ in range(self._organizations):
            made = self._until - 80 * _DAY * chance.random()
            yield f"evt_{chance.getrandbits(96):024x}", "stripe", made, made + 90 * _DAY

    def _conversations(self) -> Iterator[tuple[str, str, datetime, int]]:
        chance = self._chance("chats")
        for key, _, began in self._persons():
            for _ in range(min(int(chance.expovariate(0.6)), 30)):
                made = self._moment(chance, began)
                yield _id(chance, made), key, made, min(int(chance.expovariate(0.15)), 200)

    def _chats(self) -> Rows:
        chance = self._chance("chat")
        for key, person, made, _ in self._conversations():
            first = [_said("user", _sentence(chance)), _said("assistant", _sentence(chance))]
            yield key, None, person, _sentence(chance), json.dumps(first), made, made

    def _messages(self) -> Rows:
        chance = self._chance("message")
        for chat, _, made, length in self._conversations():
            for place in range(length):
                moment = made + place * timedelta(seconds=45)
                said = _said("assistant" if place % 2 else "user", " ".join(_sentence(chance) for _ in range(3)))
                yield _id(chance, moment), chat, json.dumps(said), moment

    def _audit(self) -> Rows:
        chance = self._chance("audit")
        for key, _, began in self._persons():
            for action in ("user.sign_up", "session.create", "password.change"):
                if _luck(chance, 0.5):
                    made = self._moment(chance, began)
                    yield _id(chance, made), action, key, key, f"203.0.113.{chance.randrange(256)}", None, made

    def _mails(self) -> Rows:
        chance = self._chance("mail")
        for place in range(self._people // 10):
            made = self._until - 7 * _DAY * chance.random()
            yield (
                _id(chance, made),
                f"guest.{place}@example.com",
                chance.choice(("verify_email", "reset_password", "invitation")),
                "en",
                "",
                "sent",
                1,
                made,
                made,
                made + 7 * _DAY,
                made,
                made,
            )


def _id(chance: Random, moment: datetime) -> str:
    """A UUIDv7 of this time."""
    milliseconds = (moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)))


def _luck(chance: Random, probability: float) -> bool:
    return chance.random() < probability


def _secret(chance: Random) -> str:
    return f"{chance.getrandbits(256):064x}"


def _said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "text": text}]}


def _sentence(chance: Random) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randint(4, 12))).capitalize() + "."
