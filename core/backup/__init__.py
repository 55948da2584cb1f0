"""Backups that are proven by restoring them.

An archive is one file, compressed and encrypted, and a manifest that says what was in every table when it was taken.
A check restores the archive into a database that is gone afterwards and compares; so does a restore, before the new
database takes the place of the old one.
"""

from core.backup.archives import Archive, Pruned, every, find, newest_verified, prune, stored
from core.backup.content import NotAsTaken
from core.backup.manifest import Manifest
from core.backup.opening import BackupNotFound, Foreign
from core.backup.programs import ProgramFailed, ProgramMissing
from core.backup.restoring import NotRestored, Restored, TableUnknown, restore, take_out
from core.backup.sqlite import NotBackedUp
from core.backup.taking import NotWritten, take
from core.backup.verifying import Verified, verify

__all__ = [
    "Archive",
    "BackupNotFound",
    "Foreign",
    "Manifest",
    "NotAsTaken",
    "NotBackedUp",
    "NotRestored",
    "NotWritten",
    "ProgramFailed",
    "ProgramMissing",
    "Pruned",
    "Restored",
    "TableUnknown",
    "Verified",
    "every",
    "find",
    "newest_verified",
    "prune",
    "restore",
    "stored",
    "take",
    "take_out",
    "verify",
]
