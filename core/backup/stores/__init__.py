"""Where archives are kept: a folder, or a bucket.

An archive is two files, itself and its manifest. The manifest is written last and removed first, so an archive
without one was never finished, or is on its way out, and does not count.
"""

from core.backup.stores.bucket import Bucket
from core.backup.stores.folder import Folder
from core.backup.stores.store import NotStored, Store, StoreUnavailable
from core.settings import settings

__all__ = ["NotStored", "Store", "StoreUnavailable", "open_store"]


def open_store(location: str | None = None) -> Store:
    """The store at a location, or the one of the settings. Nothing is asked of it yet.

    Raises:
        SettingsInvalid: this is no location.
        Unavailable: it is a bucket, and what talks to buckets is not installed.
    """
    location = settings().backup_store if location is None else location
    return Bucket(location) if "://" in location else Folder(location)
