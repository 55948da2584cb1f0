import os
from typing import Any

import pytest

from core.settings import overridden
from tests.core.doctor.looking import found

STRONG = os.urandom(32).hex()
ELSEWHERE = "postgresql://stylobate_app:Vq3kJ8sW2xLm9pRt@db.example.net/stylobate"
HERE = "sqlite://var/stylobate.db"
SUBJECTS = ("secrets", "examples", "database password", "addresses")


async def names(**values: Any) -> set[str]:
    """What is found where these are set, and the rest is as it should be on a laptop."""
    with overridden(**{"secrets": {1: STRONG}, "database_url": HERE, **values}):
        return (await found(*SUBJECTS)).keys() | set()


async def test_on_a_laptop_nothing_has_to_be_set_but_a_key() -> None:
    assert await names() == set()
    assert await names(secrets={}) == {"secrets-missing"}


@pytest.mark.parametrize(
    "key",
    [
        "k" * 32,
        "password" * 4,
        "0123456789" * 4,
        "replace-me-by-64-random-characters",
        "my-secret-key-for-the-product-2026",
    ],
)
async def test_a_key_that_can_be_guessed_is_found_and_not_shown(key: str) -> None:
    with overridden(secrets={2: STRONG, 1: key}, database_url=HERE):
        there = await found("secrets")

    assert there["secrets-weak"].what == "key 1 of STYLOBATE_SECRETS can be guessed"
    assert key not in str(there)


async def test_a_random_key_is_none_that_can_be_guessed() -> None:
    for _ in range(50):
        assert await names(secrets={1: os.urandom(16).hex()}) == set()


async def test_better_auths_secret_is_looked_at_as_well() -> None:
    assert await names(sharing="better-auth", better_auth_secret="better-auth-secret-12345678901234567890") == {
        "secrets-weak"
    }
    assert await names(sharing="better-auth", better_auth_secret=STRONG) == set()


@pytest.mark.parametrize(
    "values",
    [
        {"stripe_webhook_secret": "whsec_replace_me"},
        {"oauth": {"google": {"client_id": "replace-me", "client_secret": "replace-me"}}},
        {"job_pings": {}, "aws_access_key_id": "replace-me"},
    ],
    ids=["stripe", "google", "bucket"],
)
async def test_values_of_the_example_are_found(values: dict[str, Any]) -> None:
    assert await names(**values) == {"example-values"}


@pytest.mark.parametrize("password", ["postgres", "Stylobate", "short"])
async def test_a_password_that_everybody_tries_first_is_found(password: str) -> None:
    url = f"postgresql://stylobate:{password}@localhost/product"

    assert await names(database_url=url) == {"database-password-weak"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"database_url": ELSEWHERE}, {"base-url-local", "mail-not-configured"}),
        ({"base_url": "http://product.example"}, {"base-url-insecure", "mail-not-configured"}),
        ({"base_url": "https://product.example", "smtp_url": "smtp://mail.example"}, {"mail-from-default"}),
        (
            {
                "database_url": ELSEWHERE,
                "base_url": "https://product.example",
                "smtp_url": "smtp://mail.example",
                "mail_from": "Product <no-reply@product.example>",
            },
            set(),
        ),
    ],
    ids=["address of a laptop", "no TLS", "sender", "production"],
)
async def test_what_is_for_a_laptop_is_found_where_there_are_people(values: dict[str, Any], expected: set[str]) -> None:
    assert await names(**values) == expected
