"""An archive out of its store, ready to be read."""

from contextlib import suppress
from pathlib import Path

from core import clock
from core.backup import archive, keys, names
from core.backup.archive import ArchiveDamaged, Target, WrongKey
from core.backup.blocking import Told, in_thread
from core.backup.content import Reader
from core.backup.dialects import engine
from core.backup.manifest import Manifest, ManifestInvalid, parse
from core.backup.stores import NotStored, Store
from core.errors import NotFound, Unavailable
from core.settings import DatabaseUrl, SettingsInvalid, settings


class BackupNotFound(NotFound):
    """There is no backup."""


class Foreign(Unavailable):
    """The archive is of another database."""


async def newest(store: Store) -> str:
    """The name of this database's newest archive that is no safety copy.

    Raises:
        BackupNotFound: there is none.
    """
    ours = [name for name in await store.names() if is_ours(name)]
    for name in sorted(ours, key=lambda name: name.split("-")[-2:], reverse=True):
        try:
            is_safety_copy = (await load(store, name)).is_safety_copy
        except ManifestInvalid:  # Whoever opens it is told.
            is_safety_copy = False
        if not is_safety_copy:
            return name
    raise BackupNotFound(f"there is no backup of this database in {store.where}")


def is_ours(name: str) -> bool:
    """Whether an archive is of this database, by its name: a store may be shared."""
    url = settings().direct_database
    like = names.new(engine(url).database_name(url), taken_at=clock.now())
    return name.rsplit("-", 2)[0] == like.rsplit("-", 2)[0]


async def load(store: Store, name: str) -> Manifest:
    """Its manifest.

    Raises:
        BackupNotFound: the store does not have it.
        ManifestInvalid: it can't be read.
    """
    if names.valid(name):
        with suppress(NotStored):
            return parse(await store.load_manifest(name), name=name)
    raise BackupNotFound(f"there is no backup {name!r} in {store.where}")


async def fetch(store: Store, manifest: Manifest, folder: Path) -> Path:
    """Have the archive here, with the right checksum.

    Raises:
        ArchiveDamaged: it is not what was written.
    """
    file = folder / "archive"
    await store.fetch(manifest.name, file)
    checksum = await in_thread(lambda _: archive.checksum(file), what="checksum")
    if checksum != manifest.sha256:
        raise ArchiveDamaged(
            f"{manifest.name} is damaged: its checksum is not the one in its manifest",
            remedy="use another archive: `stylobate backup list` shows which were proven",
        )
    return file


def reader(manifest: Manifest, file: Path) -> Reader:
    """Reads the archive, and insists that it holds what was put in."""

    def read(target: Target, told: Told) -> None:
        with file.open("rb") as source:
            done = archive.read(source, target, keys.identities(), told=told)
        if (done.plain_size, done.plain_sha256) != (manifest.plain_size, manifest.plain_sha256):
            raise ArchiveDamaged(
                f"{manifest.name} is not what its manifest says",
                remedy="use another archive: `stylobate backup list` shows which were proven",
            )

    return read


async def skim(manifest: Manifest, file: Path, folder: Path) -> None:
    """Read an archive to its end, and have the database's own program look through it."""
    url = settings().direct_database
    know = engine(url if url.dialect == manifest.dialect else scratch(manifest))
    await know.skim(reader(manifest, file), manifest, folder)


def require_key(manifest: Manifest) -> None:
    """Insist that a key for it is here.

    Raises:
        WrongKey: it is not.
        SettingsInvalid: there is no key at all.
    """
    if {identity.key_id for identity in keys.identities()}.isdisjoint(manifest.key_ids):
        raise WrongKey(
            f"no key here opens {manifest.name}: it is for {', '.join(manifest.key_ids)}",
            remedy="put that key into STYLOBATE_SECRETS, or into the file that STYLOBATE_BACKUP_IDENTITY_FILE names",
        )


def can_be_opened(manifest: Manifest) -> bool:
    """Whether a key for it is here. It need not be where archives are written for others' keys.

    Raises:
        WrongKey, SettingsInvalid: it should be.
    """
    try:
        require_key(manifest)
    except (WrongKey, SettingsInvalid):
        if settings().backup_recipients and not settings().backup_identity_file:
            return False
        raise
    return True


def scratch(manifest: Manifest) -> DatabaseUrl:
    """Where an archive is restored for proof.

    Raises:
        Foreign: that would be a database of the other kind.
    """
    url = settings().backup_scratch_url or settings().direct_database
    if url.dialect == manifest.dialect:
        return url
    raise Foreign(
        f"{manifest.name} is of a {manifest.dialect} database, and this one is {url.dialect}",
        remedy="set STYLOBATE_BACKUP_SCRATCH_URL, or DATABASE_URL, to a database of that kind",
    )
