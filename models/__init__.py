"""What is stored. One file per table, and nothing here but tables."""

from models.account import Account
from models.ai_chat import AiChat
from models.ai_chat_message import AiChatMessage
from models.attempt import Attempt
from models.audit_entry import AuditEntry
from models.backup import Backup
from models.invitation import Invitation
from models.job_run import JobRun
from models.job_state import JobState
from models.mail import Mail
from models.member import Member
from models.organization import Organization
from models.passkey import Passkey
from models.purchase import Purchase, PurchaseType
from models.purchase_event import PurchaseEvent
from models.session import Session
from models.two_factor import TwoFactor
from models.user import User
from models.verification import Verification

__all__ = [
    "Account",
    "AiChat",
    "AiChatMessage",
    "Attempt",
    "AuditEntry",
    "Backup",
    "Invitation",
    "JobRun",
    "JobState",
    "Mail",
    "Member",
    "Organization",
    "Passkey",
    "Purchase",
    "PurchaseEvent",
    "PurchaseType",
    "Session",
    "TwoFactor",
    "User",
    "Verification",
]
