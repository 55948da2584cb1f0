from collections.abc import Iterator

import pytest

from core.settings import overridden
from tests.core.better_auth.recorded import SECRET


@pytest.fixture(scope="module", autouse=True)
def shared() -> Iterator[None]:
    """The secret of the recorded run."""
    with overridden(sharing="better-auth", better_auth_secret=SECRET):
        yield
