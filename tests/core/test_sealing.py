import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crypto import sealing
from core.settings import SettingsInvalid, overridden

OLD, NEW = "o" * 32, "n" * 32


@given(secret=st.text(st.characters(exclude_categories=["Cs"])), purpose=st.text(st.characters(codec="utf-8")))
def test_what_is_sealed_opens_for_the_same_purpose(secret: str, purpose: str) -> None:
    sealed = sealing.seal(secret, purpose=purpose)

    assert sealing.unseal(sealed, purpose=purpose) == secret
    assert sealing.seal(secret, purpose=purpose) != sealed


def test_what_is_moved_does_not_open() -> None:
    sealed = sealing.seal("secret", purpose="two_factor:ada")

    with pytest.raises(sealing.Unsealable):
        sealing.unseal(sealed, purpose="two_factor:grace")


@given(position=st.integers(0, 200), character=st.sampled_from("AZaz09-_.="))
def test_what_is_changed_does_not_open_and_says_nothing_of_what_was_in_it(position: int, character: str) -> None:
    sealed = sealing.seal("the secret", purpose="mail")
    position %= len(sealed)
    changed = sealed[:position] + character + sealed[position + 1 :]

    if changed != sealed:
        with pytest.raises(sealing.Unsealable) as refused:
            sealing.unseal(changed, purpose="mail")
        assert "the secret" not in str(refused.value)


@given(text=st.text())
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(sealing.Unsealable):
        sealing.unseal(text, purpose="mail")


def test_after_a_new_key_the_old_one_still_opens_and_is_outdated() -> None:
    with overridden(secrets={1: OLD}):
        sealed = sealing.seal("secret", purpose="mail")

    with overridden(secrets={2: NEW, 1: OLD}):
        assert sealing.unseal(sealed, purpose="mail") == "secret"
        assert sealing.outdated(sealed)
        assert not sealing.outdated(sealing.seal("secret", purpose="mail"))
    with overridden(secrets={2: NEW}), pytest.raises(sealing.Unsealable, match="mail"):
        sealing.unseal(sealed, purpose="mail")


def test_without_a_key_nothing_is_sealed_and_the_remedy_makes_one() -> None:
    with overridden(secrets={}), pytest.raises(SettingsInvalid, match="STYLOBATE_SECRETS") as refused:
        sealing.seal("secret", purpose="mail")

    assert "openssl rand" in refused.value.remedy
