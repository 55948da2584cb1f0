"""A hundred things that both sides do by turns, and what is left of it: no row that either refuses."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random

import pytest

from core import admin, authentication, invitations, members, organizations, sessions, two_factor, users
from core.authentication import Banned, SecondStep
from core.database.statements import fetch
from models import User
from tests.interop.applications import Application, Browser, code_of

OPERATIONS = 100

pytestmark = [pytest.mark.only("postgres"), pytest.mark.interop, pytest.mark.timeout(600)]


@dataclass
class Person:
    """What should be so."""

    id: str
    email: str
    password: str
    name: str
    tokens: list[str] = field(default_factory=list)
    backup_codes: list[str] | None = None
    banned: bool = False


@dataclass
class Company:
    """What should be so."""

    id: str
    owner: Person
    members: dict[str, str]


class Story:
    """People and their companies. Whoever does something does it at one side or the other."""

    def __init__(self, chance: Random, browser: Browser, chief: Browser, chief_id: str) -> None:
        self.chance, self.browser, self.chief, self.chief_id = chance, browser, chief, chief_id
        self.people: list[Person] = []
        self.companies: list[Company] = []
        self.numbers = 0

    def here(self) -> bool:
        return self.chance.random() < 0.5

    def somebody(self) -> Person | None:
        free = [each for each in self.people if not each.banned and each.tokens]
        return self.chance.choice(free) if free else None

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def visiting(self, person: Person) -> Browser:
        """The browser, with one of the person's sessions."""
        self.browser.cookies, self.browser.bearer = {}, self.chance.choice(person.tokens)
        return self.browser

    def nobody(self) -> Browser:
        self.browser.cookies, self.browser.bearer = {}, None
        return self.browser

    async def sign_up(self) -> None:
        email, password = f"person{self.number()}@example.com", f"password {self.chance.random()}"
        if self.here():
            made = await authentication.sign_up(name="Grace", email=email, password=password)
            person = Person(made.user.id, email, password, "Grace", [made.token])
        else:
            found = await self.nobody().sign_up(email, password)
            person = Person(found["user"]["id"], email, password, "Ada", [found["token"]])
        await User.filter(id=person.id).update(email_verified=True)
        self.people.append(person)

    async def sign_in(self) -> None:
        person = self.somebody()
        if person is None or person.backup_codes == []:
            return
        code = person.backup_codes.pop() if person.backup_codes else ""
        if self.here():
            found = await authentication.sign_in(email=person.email, password=person.password)
            if isinstance(found, SecondStep):
                found = await authentication.complete_second_step(token=found.token, code=code)
            person.tokens.append(found.token)
            return
        browser = self.nobody()
        answer = await browser.post("/sign-in/email", email=person.email, password=person.password)
        assert ("twoFactorRedirect" in answer) == bool(code)
        if code:
            answer = await browser.post("/two-factor/verify-backup-code", code=code)
        person.tokens.append(answer["token"])

    async def sign_out(self) -> None:
        person = self.somebody()
        if person is None:
            return
        if self.here():
            token = self.chance.choice(person.tokens)
            await authentication.sign_out(token)
        else:
            browser = self.visiting(person)
            token = browser.bearer or ""
            await browser.post("/sign-out")
        person.tokens.remove(token)

    async def rename(self) -> None:
        person = self.somebody()
        if person is None:
            return
        name = f"Name {self.number()}"
        if self.here():
            await users.rename(person.id, name=name)
        else:
            await self.visiting(person).post("/update-user", name=name)
        person.name = name

    async def set_password(self) -> None:
        person = self.somebody()
        if person is None:
            return
        password = f"password {self.chance.random()}"
        if self.here():
            await admin.set_password(actor_id=self.chief_id, user_id=person.id, password=password)
            person.tokens = []
        else:
            await self.chief.post("/admin/set-user-password", userId=person.id, newPassword=password)
            left = {each["token"] for each in (await self.listed(person))}
            person.tokens = [each for each in person.tokens if each in left]
        person.password = password

    async def revoke(self) -> None:
        person = self.somebody()
        if person is None:
            return
        token = self.chance.choice(person.tokens)
        if self.here():
            session_id = (await sessions.authenticate(token)).session_id
            await admin.revoke_session(actor_id=self.chief_id, user_id=person.id, session_id=session_id)
        else:
            await self.chief.post("/admin/revoke-user-session", sessionToken=token)
        person.tokens.remove(token)

    async def ban(self) -> None:
        person = self.somebody()
        if person is None or any(each.owner is person for each in self.companies):
            return
        if self.here():
            await admin.ban(actor_id=self.chief_id, user_id=person.id, reason="spam")
        else:
            await self.chief.post("/admin/ban-user", userId=person.id)
        person.banned, person.tokens = True, []

    async def unban(self) -> None:
        banned = [each for each in self.people if each.banned]
        if not banned:
            return
        person = self.chance.choice(banned)
        if self.here():
            await admin.unban(actor_id=self.chief_id, user_id=person.id)
        else:
            await self.chief.post("/admin/unban-user", userId=person.id)
        person.banned = False

    async def switch_two_factor(self) -> None:
        person = self.somebody()
        if person is None:
            return
        if person.backup_codes is not None:
            if self.here():
                await two_factor.disable(user_id=person.id)
            else:
                await self.visiting(person).post("/two-factor/disable", password=person.password)
            person.backup_codes = None
        elif self.here():
            enrolment = await two_factor.enrol(user_id=person.id)
            code = code_of(enrolment.uri)
            person.backup_codes = await two_factor.confirm(user_id=person.id, code=code)
        else:
            browser = self.visiting(person)
            enrolled = await browser.post("/two-factor/enable", password=person.password)
            code = code_of(enrolled["totpURI"])
            await browser.post("/two-factor/verify-totp", code=code)
            person.backup_codes = enrolled["backupCodes"]
        # They exchange the session that has switched it.
        left = [each["token"] for each in await self.listed(person)]
        person.tokens = left

    async def found(self) -> None:
        person = self.somebody()
        if person is None:
            return
        if self.here():
            company_id = (await organizations.create(user_id=person.id, name="Navy")).id
        else:
            made = await self.visiting(person).post("/organization/create", name="Acme", slug=f"slug-{self.number()}")
            company_id = made["id"]
        self.companies.append(Company(company_id, person, {person.id: "owner"}))

    async def hire(self) -> None:
        company = self.company()
        person = self.somebody()
        if company is None or person is None or person.id in company.members:
            return
        if self.here():
            actor = await members.acting(user_id=company.owner.id, organization_id=company.id)
            invitation_id = (await invitations.send(actor, email=person.email, roles=["member"])).id
        else:
            sent = await self.visiting(company.owner).post(
                "/organization/invite-member", email=person.email, role="member", organizationId=company.id
            )
            invitation_id = sent["id"]
        if self.here():
            await invitations.accept(invitation_id=invitation_id, user_id=person.id)
        else:
            await self.visiting(person).post("/organization/accept-invitation", invitationId=invitation_id)
        company.members[person.id] = "member"

    async def promote(self) -> None:
        company = self.company()
        others = [each for each in company.members if each != company.owner.id] if company else []
        if company is None or not others:
            return
        user_id, role = self.chance.choice(others), self.chance.choice(["member", "admin"])
        member = await members.acting(user_id=user_id, organization_id=company.id)
        if self.here():
            actor = await members.acting(user_id=company.owner.id, organization_id=company.id)
            await members.change_roles(actor, member.id, [role])
        else:
            await self.visiting(company.owner).post(
                "/organization/update-member-role", memberId=member.id, role=role, organizationId=company.id
            )
        company.members[user_id] = role

    async def dismiss(self) -> None:
        company = self.company()
        others = [each for each in company.members if each != company.owner.id] if company else []
        if company is None or not others:
            return
        user_id = self.chance.choice(others)
        member = await members.acting(user_id=user_id, organization_id=company.id)
        if self.here():
            actor = await members.acting(user_id=company.owner.id, organization_id=company.id)
            await members.remove(actor, member.id)
        else:
            await self.visiting(company.owner).post(
                "/organization/remove-member", memberIdOrEmail=member.id, organizationId=company.id
            )
        del company.members[user_id]

    def company(self) -> Company | None:
        running = [each for each in self.companies if each.owner.tokens]
        return self.chance.choice(running) if running else None

    async def listed(self, person: Person) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await self.chief.post("/admin/list-user-sessions", userId=person.id))["sessions"]
        return found

    async def go_on(self) -> None:
        more = [self.sign_up, self.sign_in, self.sign_in, self.rename, self.found, self.hire, self.hire]
        less = [self.sign_out, self.set_password, self.revoke, self.ban, self.unban, self.dismiss, self.promote]
        await self.chance.choice([*more, *less, self.switch_two_factor])()


@pytest.fixture
async def story(theirs: Application, request: pytest.FixtureRequest) -> AsyncIterator[Story]:
    await fetch('DELETE FROM "user"')
    await fetch('DELETE FROM "organization"')
    async with theirs.browser() as browser, theirs.browser() as chief:
        chief_id = (await chief.sign_up("chief@example.com", "the chief's password"))["user"]["id"]
        await User.filter(id=chief_id).update(role="admin", email_verified=True)
        yield Story(Random(request.node.name), browser, chief, chief_id)  # noqa: S311  the same each time


async def test_after_a_hundred_operations_by_turns_both_sides_know_the_same(story: Story) -> None:
    for _ in range(OPERATIONS):
        await story.go_on()

    assert len(story.people) > 3
    for person in story.people:
        await _is_the_same_on_both_sides(person, story)
    for company in story.companies:
        await _has_the_same_members_on_both_sides(company, story)


async def _is_the_same_on_both_sides(person: Person, story: Story) -> None:
    here = await sessions.list_live(user_id=person.id)
    assert sorted(each.token for each in here) == sorted(person.tokens)
    assert sorted(each["token"] for each in await story.listed(person)) == sorted(person.tokens)
    for token in person.tokens:
        browser = story.nobody()
        browser.bearer = token
        assert await browser.known_there() == await browser.known_here() == person.email
    assert (await users.get(person.id)).name == person.name

    browser, email, password = story.nobody(), person.email, person.password
    if person.banned:
        with pytest.raises(Banned):
            await authentication.sign_in(email=email, password=password)
        assert await browser.refused("/sign-in/email", email=email, password=password) == "BANNED_USER"
        return
    waits = isinstance(await authentication.sign_in(email=email, password=password), SecondStep)
    answer = await browser.post("/sign-in/email", email=email, password=password)
    assert waits is (person.backup_codes is not None) is ("twoFactorRedirect" in answer)


async def _has_the_same_members_on_both_sides(company: Company, story: Story) -> None:
    owner = company.owner
    found = await story.nobody().post("/sign-in/email", email=owner.email, password=owner.password)
    if "twoFactorRedirect" in found:
        if not owner.backup_codes:
            return
        await story.browser.post("/two-factor/verify-backup-code", code=owner.backup_codes.pop())
    there = await story.browser.get("/organization/list-members", organizationId=company.id)
    actor = await members.acting(user_id=owner.id, organization_id=company.id)
    here = (await members.list_members(actor)).items

    assert {each["userId"]: each["role"] for each in there["members"]} == company.members
    assert {each.user_id: each.role for each in here} == company.members
