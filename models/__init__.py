"""What is stored. One file per table, and nothing here but tables."""

from models.account import Account
from models.ai_chat import AiChat
from models.invitation import Invitation
from models.member import Member
from models.organization import Organization
from models.passkey import Passkey
from models.purchase import Purchase, PurchaseType
from models.session import Session
from models.two_factor import TwoFactor
from models.user import User
from models.verification import Verification

__all__ = [
    "Account",
    "AiChat",
    "Invitation",
    "Member",
    "Organization",
    "Passkey",
    "Purchase",
    "PurchaseType",
    "Session",
    "TwoFactor",
    "User",
    "Verification",
]
