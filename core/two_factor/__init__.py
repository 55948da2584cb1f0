"""Two-factor: the second step of signing in, by an authenticator app, a backup code or a trusted device.

``user.two_factor_enabled`` is the one truth about whether it is asked for. It is set when the first code of an
enrolment comes back, so nobody is locked out by an app that never worked.

Wrong codes are counted, and an error undoes the transaction around it: ``verify`` is called outside one. What weakens
the second step (``disable``, ``regenerate_backup_codes``) believes its caller: ask for the password again before.
"""

from core.two_factor import waiting
from core.two_factor.codes import (
    LOCK,
    WRONG_CODES,
    TwoFactorCodeInvalid,
    TwoFactorCodesExhausted,
    TwoFactorLocked,
    TwoFactorNotEnabled,
    regenerate_backup_codes,
    verify,
)
from core.two_factor.devices import DEVICE, SECOND_STEP, forget_devices, renew_device, trust_device
from core.two_factor.enrolment import (
    Enrolment,
    TwoFactorAlreadyEnabled,
    TwoFactorDisabled,
    TwoFactorEnabled,
    TwoFactorNotEnrolled,
    confirm,
    disable,
    enrol,
    is_enabled,
)

__all__ = [
    "DEVICE",
    "LOCK",
    "SECOND_STEP",
    "WRONG_CODES",
    "Enrolment",
    "TwoFactorAlreadyEnabled",
    "TwoFactorCodeInvalid",
    "TwoFactorCodesExhausted",
    "TwoFactorDisabled",
    "TwoFactorEnabled",
    "TwoFactorLocked",
    "TwoFactorNotEnabled",
    "TwoFactorNotEnrolled",
    "confirm",
    "disable",
    "enrol",
    "forget_devices",
    "is_enabled",
    "regenerate_backup_codes",
    "renew_device",
    "trust_device",
    "verify",
    "waiting",
]
