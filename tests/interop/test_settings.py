"""Applications that are set differently: an older version, a cookie cache, digests, https, another secret."""

import pytest

from core import accounts, authentication, passwordless, recovery, two_factor
from core.accounts import Tokens
from core.authentication import SecondStep
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.settings import overridden
from models import Account, TwoFactor
from tests.interop.applications import SITE, application, code_of
from tests.interop.conftest import SECRET, shared
from tests.interop.letters import token_of_last_mail
from tests.interop.test_guide import GUIDE
from tests.test_docs import every_block

PASSWORD = "correct horse battery"

pytestmark = [pytest.mark.only("postgres"), pytest.mark.interop, pytest.mark.timeout(600)]


@pytest.mark.parametrize("schema", ["made by its migrator", "made by us"])
async def test_the_schema_and_the_cookies_of_an_older_one_are_known(postgres: Postgres, schema: str) -> None:
    with overridden(sharing="better-auth", better_auth_secret=SECRET, sharing_version="1.4", base_url=SITE):
        async with (
            shared(postgres, schema, generation="1.4") as address,
            application("1.4", DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET) as theirs,
            theirs.browser() as ada,
            theirs.browser() as grace,
        ):
            await ada.sign_up("ada@example.com", PASSWORD)
            joined = await grace.here.post(
                "/api/auth/sign-up", json={"name": "Grace", "email": "grace@example.com", "password": PASSWORD}
            )

            assert theirs.problems == []
            assert joined.status_code == 201
            assert await ada.known_here() == await ada.known_there() == "ada@example.com"
            assert await grace.known_here() == await grace.known_there() == "grace@example.com"
            assert await grace.post("/sign-in/email", email="grace@example.com", password=PASSWORD)
            assert (await ada.here.post("/api/auth/sign-out")).status_code == 204
            assert await ada.known_there() is None


async def test_its_check_of_the_schema_would_find_what_is_wrong(postgres: Postgres) -> None:
    async with shared(postgres, "made by Drizzle") as address:
        async with application("1.7", DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET) as theirs:
            assert theirs.problems == []

        await fetch('ALTER TABLE "user" ADD COLUMN "nickname" text NOT NULL')
        async with application("1.7", DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET) as theirs:
            assert "nickname" in "".join(theirs.problems)


async def test_its_cookie_cache_is_read_and_not_believed(postgres: Postgres) -> None:
    with overridden(sharing="better-auth", better_auth_secret=SECRET, base_url=SITE):
        async with (
            shared(postgres, "made by us") as address,
            application("1.7", "--cookie-cache", DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET) as theirs,
            theirs.browser() as ada,
            theirs.browser() as again,
        ):
            await ada.sign_up("ada@example.com", PASSWORD)
            await again.post("/sign-in/email", email="ada@example.com", password=PASSWORD)

            await again.post("/revoke-other-sessions")

            assert (await ada.here.get("/cached")).json() == await ada.known_there() == "ada@example.com"
            assert await ada.known_here() is None
            await ada.here.post("/api/auth/sign-out")
            assert (await ada.here.get("/cached")).json() is await ada.known_there() is None


async def test_an_application_that_stores_digests_and_seals_is_known_when_it_is_said(postgres: Postgres) -> None:
    email = "grace@example.com"
    with overridden(
        sharing="better-auth",
        better_auth_secret=SECRET,
        sharing_identifiers="hashed",
        sharing_oauth_tokens="sealed",
        base_url=SITE,
    ):
        async with (
            shared(postgres, "made by us") as address,
            application("1.7", "--careful", DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET) as theirs,
            theirs.browser() as browser,
        ):
            made = await authentication.sign_up(name="Grace", email=email, password=PASSWORD)
            browser.bearer = made.token
            linked = await accounts.link(
                user_id=made.user.id, provider="github", subject="1", tokens=Tokens(access_token="the access token")
            )
            access = await browser.post("/get-access-token", accountId=linked.id)
            assert access["accessToken"] == "the access token"
            assert "token" not in ((await Account.get(id=linked.id)).access_token or "")

            await browser.post("/request-password-reset", email=email)
            token = (await theirs.sent("reset", email))["token"]
            await recovery.reset_password(token=token, password="chosen here 1234")
            await recovery.request_password_reset(email=email)
            token = await token_of_last_mail(email)
            await browser.post("/reset-password", token=token, newPassword="chosen there 1234")
            await browser.post("/email-otp/send-verification-otp", email=email, type="sign-in")
            code = (await theirs.sent("otp", email))["otp"]
            assert await passwordless.sign_in_with_code(email=email, code=code)
            await passwordless.request_magic_link(email=email)
            await browser.get("/magic-link/verify", token=await token_of_last_mail(email))

            plain = await fetch('SELECT "identifier" FROM "verification" WHERE "identifier" LIKE \'%:%\'')
            assert plain == []


async def test_over_https_its_cookies_have_their_prefix_and_go_both_ways(postgres: Postgres) -> None:
    site = SITE.replace("http:", "https:")
    with overridden(sharing="better-auth", better_auth_secret=SECRET, base_url=site):
        async with (
            shared(postgres, "made by us") as address,
            application("1.7", f"--base-url={site}", DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET) as theirs,
            theirs.browser(site) as ada,
        ):
            await ada.sign_up("ada@example.com", PASSWORD)

            assert set(ada.cookies) == {"__Secure-better-auth.session_token"}
            assert await ada.known_here() == "ada@example.com"
            await ada.here.post("/api/auth/sign-out")
            assert ada.cookies == {}
            await ada.here.post("/api/auth/sign-in", json={"email": "ada@example.com", "password": PASSWORD})
            assert set(ada.cookies) == {"__Secure-better-auth.session_token"}
            assert await ada.known_there() == "ada@example.com"


async def test_when_the_secret_is_changed_what_was_sealed_opens_and_who_was_signed_in_is_not(
    postgres: Postgres,
) -> None:
    before, after = f"1:{SECRET}", f"2:another-secret-0123456789-abcdefghijklmnop,1:{SECRET}"
    ada, grace = "ada@example.com", "grace@example.com"
    with overridden(sharing="better-auth", better_auth_secrets=before, base_url=SITE):
        async with shared(postgres, "made by us") as address:
            async with (
                application("1.7", DATABASE_URL=address, BETTER_AUTH_SECRETS=before) as theirs,
                theirs.browser() as browser,
            ):
                await browser.sign_up(ada, PASSWORD)
                enrolled = await browser.post("/two-factor/enable", password=PASSWORD)
                await browser.post("/two-factor/verify-totp", code=code_of(enrolled["totpURI"]))
                made = await authentication.sign_up(name="Grace", email=grace, password=PASSWORD)
                enrolment = await two_factor.enrol(user_id=made.user.id)
                codes = await two_factor.confirm(user_id=made.user.id, code=code_of(enrolment.uri))
                assert await browser.known_here() == ada
                cookies = browser.cookies

            async with (
                application("1.7", DATABASE_URL=address, BETTER_AUTH_SECRETS=after) as theirs,
                theirs.browser() as browser,
            ):
                with overridden(better_auth_secrets=after):
                    browser.cookies = cookies
                    assert (await browser.known_here(), await browser.known_there()) == (None, None)

                    waiting = await authentication.sign_in(email=ada, password=PASSWORD)
                    assert isinstance(waiting, SecondStep)
                    backup = enrolled["backupCodes"][0]
                    assert await authentication.complete_second_step(token=waiting.token, code=backup)
                    await browser.post("/sign-in/email", email=grace, password=PASSWORD)
                    await browser.post("/two-factor/verify-backup-code", code=codes[0])
                    assert await browser.known_here() == await browser.known_there() == grace
                    # Sealed anew by us meanwhile.
                    await browser.post("/sign-in/email", email=ada, password=PASSWORD)
                    await browser.post("/two-factor/verify-totp", code=code_of(enrolled["totpURI"]))
                    assert await browser.known_here() == ada


async def test_when_the_sharing_ends_everybody_comes_in_once_more_and_has_our_forms_then(postgres: Postgres) -> None:
    email = "ada@example.com"
    with overridden(better_auth_secret=SECRET, base_url=SITE):
        async with shared(postgres, "made by its migrator") as address:
            async with (
                application("1.7", DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET) as theirs,
                theirs.browser() as browser,
            ):
                await browser.sign_up(email, PASSWORD)
                enrolled = await browser.post("/two-factor/enable", password=PASSWORD)
                await browser.post("/two-factor/verify-totp", code=code_of(enrolled["totpURI"]))
                assert await browser.known_here() is None

            for code in (code_of(enrolled["totpURI"]), *enrolled["backupCodes"][:2]):
                waiting = await authentication.sign_in(email=email, password=PASSWORD)
                assert isinstance(waiting, SecondStep)
                assert await authentication.complete_second_step(token=waiting.token, code=code)

            with overridden(better_auth_secret=None):
                waiting = await authentication.sign_in(email=email, password=PASSWORD)
                assert isinstance(waiting, SecondStep)
                backup = enrolled["backupCodes"][2]
                assert await authentication.complete_second_step(token=waiting.token, code=backup)
            account, kept = await Account.get(), await TwoFactor.get()
            assert (account.password or "").startswith("$argon2id$")
            assert await fetch(_LEFT) == [{"count": 0}]
            assert (kept.secret[:2], kept.backup_codes[:2]) == ("1.", "1.")


_LEFT = next(it.text for it in every_block(GUIDE) if it.language == "sql" and "~" in it.text)
"""How the guide counts those who have not come back."""
