import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import permissions


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test adds is gone after it."""
    monkeypatch.setattr(permissions, "_table", permissions._table)


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("owner", "organization.delete", True),
        ("admin", "organization.delete", False),
        ("admin", "organization.update", True),
        ("member", "organization.update", False),
        ("member", "organization.read", True),
        ("member,admin", "invitation.create", True),
        (" member , admin ", "invitation.create", True),
        ("member", "ai_chat.read", True),
        ("member", "member", False),
        ("member", "", False),
        ("stranger", "organization.read", False),
        ("Owner", "organization.read", False),
        ("owner.", "organization.read", False),
        ("", "organization.read", False),
        (",,", "organization.read", False),
        (None, "organization.read", False),
        ("\0\ud800" + "x" * 10_000, "organization.read", False),
    ],
)
def test_a_role_allows_what_stands_in_the_table_and_nothing_else(
    role: str | None,
    permission: str,
    allowed: bool,  # noqa: FBT001  a column of the table above
) -> None:
    assert permissions.allows(role, permission) is allowed


def test_an_app_adds_roles_and_permissions_and_an_owner_has_them_all() -> None:
    permissions.extend({"billing": ["purchase.refund"], "member": ["report.read"]})

    assert permissions.allows("billing", "purchase.refund")
    assert not permissions.allows("billing", "organization.read")
    assert permissions.allows(["member"], "report.read")
    assert permissions.allows("member", "organization.read")
    assert permissions.allows("owner", "purchase.refund")
    assert not permissions.allows("admin", "purchase.refund")


@pytest.mark.parametrize(
    "roles",
    [
        {"Billing": ["report.read"]},
        {"a,owner": ["report.read"]},
        {"": ["report.read"]},
        {"billing\n": ["report.read"]},
        {"billing": ["report"]},
        {"billing": ["report.read\n"]},
        {"billing": ["Report.read"]},
        {"billing": "report.read"},
        {"fine": ["report.read"], "billing": ["report."]},
    ],
)
def test_what_is_not_written_as_a_role_or_a_permission_is_refused_and_nothing_is_added(
    roles: dict[str, list[str]],
) -> None:
    before = permissions._table

    with pytest.raises(ValueError, match="not a "):
        permissions.extend(roles)

    assert permissions._table is before


def test_nobody_can_change_the_table_in_place() -> None:
    with pytest.raises(TypeError):
        permissions._table["stranger"] = frozenset({"organization.delete"})  # type: ignore[index]


def test_of_many_that_add_at_once_nobody_is_lost() -> None:
    together = threading.Barrier(8)

    def extend(number: int) -> None:
        together.wait()
        for each in range(20):
            permissions.extend({f"role-{number}": [f"thing{each}.read"]})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(extend, range(8)))

    for number in range(8):
        assert all(permissions.allows(f"role-{number}", f"thing{each}.read") for each in range(20))


@pytest.mark.parametrize(
    ("roles", "others", "covered"),
    [
        ("owner", "owner", True),
        ("owner", "admin,member", True),
        ("admin", "admin", True),
        ("admin", "member", True),
        ("admin", "owner", False),
        ("admin", "member,owner", False),
        ("member", "admin", False),
        ("admin", "stranger", True),
        ("admin", None, True),
        ("stranger", "member", False),
        ("admin", "billing", False),
        ("admin,billing", "billing", True),
    ],
)
def test_roles_cover_those_that_allow_no_more(
    roles: str,
    others: str | None,
    covered: bool,  # noqa: FBT001  a column of the table above
) -> None:
    permissions.extend({"billing": ["purchase.refund"]})

    assert permissions.covers(roles, others) is covered


def test_only_owners_cover_owners_also_when_others_may_do_as_much() -> None:
    permissions.extend({"admin": permissions._table["owner"]})

    assert permissions.allows("admin", "organization.delete")
    assert not permissions.covers("admin", "owner")


def test_roles_are_stored_each_once_and_in_the_order_given() -> None:
    assert permissions.joined(["admin", " member ", "admin"]) == "admin,member"
    assert permissions.joined("admin, member") == "admin,member"
    assert permissions.split("admin, member,,admin") == ["admin", "member"]
    assert permissions.split(None) == []


@pytest.mark.parametrize("roles", [[], "", ",", ["stranger"], ["admin", "Admin"], ["a\0b"], ["\ud800"], ["x" * 9_999]])
def test_roles_that_nobody_defined_are_not_stored(roles: list[str] | str) -> None:
    with pytest.raises(permissions.RolesInvalid):
        permissions.joined(roles)
