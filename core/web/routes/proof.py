"""Who weakens what protects a person shows first that it is them."""

from core.accounts import CREDENTIAL
from core.recovery import ConfirmationNeeded
from core.recovery.identity import require_fresh, require_password
from core.sessions import Principal
from core.web.routes.fields import Body, Password
from models import Account


class Proof(Body):
    """The password once more; of somebody who has none, that they have signed in within a day."""

    password: Password | None = None


async def require(session: Principal, proof: Proof) -> None:
    """Make sure that it is the person.

    Raises:
        PasswordWrong: the password is wrong, or there is none.
        ConfirmationNeeded: there is a password, and it was not given; or none, and the session is not fresh.
        AttemptsExhausted: too many were tried.
    """
    if proof.password is not None:
        await require_password(session.user_id, proof.password)
    elif await Account.exists(user_id=session.user_id, provider_id=CREDENTIAL, password__isnull=False):
        raise ConfirmationNeeded
    else:
        await require_fresh(session.user_id, session.session_id)
