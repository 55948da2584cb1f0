from itertools import pairwise

import pytest

from core import paging
from models import User
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")


async def pages(limit: int) -> list[list[str]]:
    """A whole list, page by page."""
    found, after = [], None
    while True:
        page = await paging.page(User.all(), after=after, limit=limit)
        found.append([user.id for user in page.items])
        if page.after is None:
            return found
        after = page.after


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (8, [7])])
async def test_the_pages_are_the_whole_list_newest_first_and_each_row_once(limit: int, sizes: list[int]) -> None:
    made = [(await make_user()).id for _ in range(7)]

    found = await pages(limit)

    assert [len(page) for page in found] == sizes
    assert [row for page in found for row in page] == made[::-1]


async def test_an_empty_list_has_one_empty_page() -> None:
    assert await pages(10) == [[]]


async def test_what_is_new_does_not_shift_the_pages_and_what_is_gone_leaves_no_gap() -> None:
    made = [(await make_user()).id for _ in range(6)]
    first = await paging.page(User.all(), limit=2)

    await make_user()
    await User.filter(id__in=[first.after, made[3]]).delete()
    second = await paging.page(User.all(), after=first.after, limit=2)

    assert [user.id for user in second.items] == [made[2], made[1]]


async def test_a_page_of_a_narrowed_list_is_narrowed_too() -> None:
    for name in ("Ada", "Grace") * 3:
        await make_user(name=name)

    first = await paging.page(User.filter(name="Ada"), limit=2)
    second = await paging.page(User.filter(name="Ada"), after=first.after, limit=2)

    assert [user.name for user in [*first.items, *second.items]] == ["Ada"] * 3
    assert second.after is None


@pytest.mark.parametrize(("limit", "rows"), [(-1, 1), (0, 1), (1, 1), (100, 100), (101, 100), (10**9, 100)])
async def test_a_page_has_one_row_at_least_and_a_hundred_at_the_most(limit: int, rows: int) -> None:
    await User.bulk_create(User(name="Ada", email=f"ada{number}@example.com") for number in range(102))

    page = await paging.page(User.all(), limit=limit)

    assert len(page.items) == rows
    assert page.after == page.items[-1].id
    assert all(newer.id > older.id for newer, older in pairwise(page.items))


@pytest.mark.parametrize("after", ["", " ", "' OR 1=1 --", "x" * 5_000])
async def test_any_text_may_be_said_to_be_the_end_of_a_page(after: str) -> None:
    made = await make_user()

    page = await paging.page(User.all(), after=after)

    assert [user.id for user in page.items] in ([], [made.id])
    assert page.after is None
