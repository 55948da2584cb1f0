"""What the tests of workers and beat stand on."""

import pytest
import redis

from core.local.valkey import Valkey
from tests.programs import ROOT


@pytest.fixture(scope="session")
def settings_of_programs(valkey: Valkey) -> dict[str, str]:
    """A broker, jobs of an app's own beside ours, and no waiting for the sake of it."""
    return {
        "REDIS_URL": valkey.url(),
        "STYLOBATE_JOB_MODULES": "tasks,tests.tasks.jobs_for_tests",
        "STYLOBATE_JOB_JITTER": "PT0S",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def surroundings(settings_of_programs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the programs of a test find."""
    for name, value in settings_of_programs.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def broker(valkey: Valkey, surroundings: None) -> redis.Redis:
    """An empty broker."""
    client = redis.Redis.from_url(valkey.url())
    client.flushall()
    return client
