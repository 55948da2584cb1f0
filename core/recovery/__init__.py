"""What goes by mail because it needs a proof that somebody owns an inbox: addresses, lost passwords, farewells.

Every link works once and for one thing, and is worth nothing any more when the address that it went to is no longer the
person's. Whoever asks is told the same, and equally fast, whether or not somebody is known here.
"""

from core.recovery.addresses import (
    EmailChanged,
    EmailUnchanged,
    EmailVerified,
    cancel_email_change,
    confirm_email_change,
    prove_email,
    request_email_change,
    request_email_verification,
    verify_email,
)
from core.recovery.deletion import delete_account, request_account_deletion
from core.recovery.identity import ConfirmationNeeded, PasswordWrong
from core.recovery.secrets import PasswordChanged, change_password, request_password_reset, reset_password

__all__ = [
    "ConfirmationNeeded",
    "EmailChanged",
    "EmailUnchanged",
    "EmailVerified",
    "PasswordChanged",
    "PasswordWrong",
    "cancel_email_change",
    "change_password",
    "confirm_email_change",
    "delete_account",
    "prove_email",
    "request_account_deletion",
    "request_email_change",
    "request_email_verification",
    "request_password_reset",
    "reset_password",
    "verify_email",
]
