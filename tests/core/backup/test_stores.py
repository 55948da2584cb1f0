import asyncio
import os
import random
import resource
import stat
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Coroutine, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from obstore.store import S3Store

from core import clock
from core.backup import manifest, stores
from core.backup.stores import NotStored, Store, StoreUnavailable
from core.backup.stores.bucket import Bucket
from core.settings import SettingsInvalid, overridden
from tests.programs import ROOT
from tests.s3_server import ACCESS_KEY, BUCKET, LOCATION, SECRET_KEY, at, mute_server, s3_server, spoiling_proxy

FIRST = "stylobate-shop-20261122T031500Z-aaaaaa"
SECOND = "stylobate-shop-20261123T031500Z-bbbbbb"
STRANGE = [
    "readme.txt",
    "stylobate.json",
    f"{FIRST}.zst.age.bak",
    f"{FIRST}",
    f"{FIRST}.jsonx",
    f"other-{FIRST}.json",
    f"other-{FIRST}.zst.age",
    f"deeper/{FIRST}.json",
    f"deeper/{FIRST}.zst.age",
    "notes.part",
]
DAY = timedelta(days=1)
MEBI = 1 << 20


class Place(Protocol):
    """Where a store's files are, as somebody else sees them."""

    store: Store

    def put(self, file: str, data: bytes) -> None: ...

    def files(self) -> set[str]: ...


class FolderPlace:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = stores.open_store(str(folder))

    def put(self, file: str, data: bytes) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def files(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


class BucketPlace:
    def __init__(self, address: str) -> None:
        prefix = uuid4().hex
        with at(address):
            self.store = stores.open_store(f"s3://{BUCKET}/{prefix}/")
        self._bucket = S3Store(
            BUCKET,
            prefix=prefix,
            config={"endpoint": address, "skip_signature": True, "region": "us-east-1"},
            client_options={"allow_http": True},
        )

    def put(self, file: str, data: bytes) -> None:
        self._bucket.put(file, data)

    def files(self) -> set[str]:
        return {each["path"] for each in self._bucket.list().collect()}


@pytest.fixture(scope="session")
async def s3() -> AsyncIterator[str]:
    async with s3_server() as address:
        yield address


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, s3: str) -> Place:
    return BucketPlace(s3) if request.param == "bucket" else FolderPlace(tmp_path / "deep" / "store")


def archive_file(folder: Path, size: int = 1000) -> tuple[Path, str]:
    """A file of so many bytes, and its checksum."""
    data = random.Random(size).randbytes(size)  # noqa: S311  no secret
    file = folder / f"archive-{size}"
    file.write_bytes(data)
    return file, sha256(data).hexdigest()


async def save(store: Store, name: str, folder: Path, size: int = 1000) -> bytes:
    """Keep an archive with its manifest."""
    file, checksum = archive_file(folder, size)
    await store.save(name, file, sha256=checksum)
    await store.save_manifest(name, b'{"of": "it"}')
    return file.read_bytes()


@pytest.mark.parametrize("size", [0, 1000, 8 * MEBI, 20 * MEBI + 1])
async def test_what_is_saved_can_be_fetched(place: Place, tmp_path: Path, size: int) -> None:
    data = await save(place.store, FIRST, tmp_path, size)
    file = tmp_path / "fetched"

    await place.store.fetch(FIRST, file)

    assert file.read_bytes() == data
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await place.store.load_manifest(FIRST) == b'{"of": "it"}'
    assert place.files() == {f"{FIRST}.zst.age", f"{FIRST}.json"}


async def test_a_file_that_is_in_the_way_is_replaced_and_is_not_readable_to_others(
    place: Place, tmp_path: Path
) -> None:
    data = await save(place.store, FIRST, tmp_path)
    file = tmp_path / "fetched"
    file.write_bytes(bytes(5000))
    file.chmod(0o666)

    await place.store.fetch(FIRST, file)

    assert file.read_bytes() == data
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_only_what_is_complete_is_listed(place: Place, tmp_path: Path) -> None:
    await save(place.store, SECOND, tmp_path)
    await save(place.store, FIRST, tmp_path)
    place.put("stylobate-shop-20261124T031500Z-cccccc.zst.age", b"no manifest")
    place.put("stylobate-shop-20261124T031500Z-dddddd.json", b"no archive")

    assert await place.store.names() == [FIRST, SECOND]


async def test_the_files_of_others_are_left_alone(place: Place) -> None:
    for file in STRANGE:
        place.put(file, b"not ours")

    with clock.shifted(30 * DAY):
        swept = await place.store.sweep()
    await place.store.remove(FIRST)

    assert swept == []
    assert await place.store.names() == []
    assert place.files() == set(STRANGE)


async def test_an_empty_store_has_no_archives(place: Place) -> None:
    assert await place.store.names() == []
    assert await place.store.sweep() == []


async def test_what_is_not_there_is_not_found(place: Place, tmp_path: Path) -> None:
    await save(place.store, SECOND, tmp_path)

    with pytest.raises(NotStored):
        await place.store.load_manifest(FIRST)
    with pytest.raises(NotStored):
        await place.store.fetch(FIRST, tmp_path / "fetched")

    assert not (tmp_path / "fetched").exists()


async def test_an_archive_is_removed_with_its_manifest_and_may_be_gone_already(place: Place, tmp_path: Path) -> None:
    await save(place.store, FIRST, tmp_path)
    await save(place.store, SECOND, tmp_path)

    await place.store.remove(FIRST)
    await place.store.remove(FIRST)

    assert place.files() == {f"{SECOND}.zst.age", f"{SECOND}.json"}


async def test_what_was_never_finished_is_swept_after_a_day(place: Place, tmp_path: Path) -> None:
    await save(place.store, FIRST, tmp_path)
    place.put(f"{SECOND}.zst.age", b"no manifest")
    place.put(f"{SECOND}.json.part", b"half")

    with clock.shifted(DAY - timedelta(hours=1)):
        early = await place.store.sweep()
    with clock.shifted(DAY + timedelta(hours=1)):
        late = await place.store.sweep()

    assert early == []
    assert late == [f"{SECOND}.json.part", f"{SECOND}.zst.age"]
    assert place.files() == {f"{FIRST}.zst.age", f"{FIRST}.json"}


async def test_a_file_that_is_not_what_was_written_does_not_stay(place: Place, tmp_path: Path) -> None:
    file, _ = archive_file(tmp_path)

    with pytest.raises(StoreUnavailable, match="does not keep what is written there"):
        await place.store.save(FIRST, file, sha256="0" * 64)

    assert place.files() == set()


async def test_of_a_huge_manifest_only_the_beginning_is_read(place: Place) -> None:
    place.put(f"{FIRST}.json", bytes(20_000_000))

    assert manifest.LIMIT < len(await place.store.load_manifest(FIRST)) < 20_000_000


@pytest.mark.parametrize("name", ["../escaped", "", f"{FIRST}.json", f"../{FIRST}", "/etc/passwd"])
async def test_a_name_that_is_none_gets_nowhere(place: Place, tmp_path: Path, name: str) -> None:
    file, checksum = archive_file(tmp_path)

    for attempt in (
        place.store.save(name, file, sha256=checksum),
        place.store.save_manifest(name, b""),
        place.store.load_manifest(name),
        place.store.fetch(name, tmp_path / "fetched"),
        place.store.remove(name),
    ):
        with pytest.raises(ValueError, match="not the name of an archive"):
            await attempt


async def test_a_store_can_be_named_in_the_settings(tmp_path: Path) -> None:
    with overridden(backup_store=str(tmp_path)):
        assert stores.open_store().where == str(tmp_path)
    with at("http://localhost:1"):
        assert stores.open_store().where == LOCATION


@pytest.mark.parametrize(
    "location",
    [
        "s3://",
        "s3:///prefix",
        "s3://user:hunter2@bucket/x",
        "s3://bucket:80/x",
        "s3://bucket/x?key=hunter2",
        "gs://hunter2",
    ],
)
def test_what_is_no_location_is_refused_and_not_repeated(location: str) -> None:
    with overridden(backup_store=location), pytest.raises(SettingsInvalid, match="STYLOBATE_BACKUP_STORE") as refused:
        stores.open_store()

    assert "hunter2" not in f"{refused.value} {refused.value.remedy}"


# A folder


async def test_a_folder_and_its_files_are_for_this_account_alone(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    before = os.umask(0)

    try:
        await save(stores.open_store(str(folder)), FIRST, tmp_path)
    finally:
        os.umask(before)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("below", [".", "deeper"])
async def test_a_file_is_no_folder(tmp_path: Path, below: str) -> None:
    location = tmp_path / "file"
    location.write_bytes(b"precious")
    store = stores.open_store(str(location / below))

    with pytest.raises(StoreUnavailable, match="can't be used"):
        await save(store, FIRST, tmp_path)
    with pytest.raises(StoreUnavailable, match="can't be used"):
        await store.names()

    assert location.read_bytes() == b"precious"


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file can grow beyond one MiB, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEBI, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_of_what_did_not_fit_nothing_stays(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = FolderPlace(tmp_path / "store")
    await save(place.store, FIRST, tmp_path)
    file, checksum = archive_file(tmp_path, 3 * MEBI)
    request.getfixturevalue("small_files")

    with pytest.raises(StoreUnavailable, match="no space left") as refused:
        await place.store.save(SECOND, file, sha256=checksum)

    assert "STYLOBATE_BACKUP_KEEP" in refused.value.remedy
    assert place.files() == {f"{FIRST}.zst.age", f"{FIRST}.json"}


async def test_of_what_was_fetched_in_part_nothing_stays(
    place: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await save(place.store, FIRST, tmp_path, 3 * MEBI)
    request.getfixturevalue("small_files")

    with pytest.raises(StoreUnavailable, match="no space left"):
        await place.store.fetch(FIRST, tmp_path / "fetched")

    assert not (tmp_path / "fetched").exists()


KILLED = """
import asyncio, sys
from pathlib import Path
from core.backup import stores
asyncio.run(stores.open_store(sys.argv[1]).save(sys.argv[2], Path(sys.argv[3]), sha256=""))
"""


def kill_while_saving(store: Path, pipe: Path) -> None:
    os.mkfifo(pipe)
    program = [sys.executable, "-c", KILLED, str(store), FIRST, str(pipe)]
    with subprocess.Popen(program, cwd=ROOT) as saving, pipe.open("wb") as dump:
        # More than fits into the pipe, so some of it was read when this returns.
        dump.write(bytes(3 * MEBI))
        saving.kill()
        saving.wait()


async def test_killed_in_the_middle_it_leaves_nothing_that_counts(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "store")

    await asyncio.to_thread(kill_while_saving, tmp_path / "store", tmp_path / "pipe")

    assert place.files() == {f"{FIRST}.zst.age.part"}
    assert await place.store.names() == []
    with clock.shifted(2 * DAY):
        assert await place.store.sweep() == [f"{FIRST}.zst.age.part"]
    await save(place.store, FIRST, tmp_path)


# A bucket


async def test_thousands_of_archives_are_all_listed(s3: str) -> None:
    place = BucketPlace(s3)
    names = [f"stylobate-shop-20261123T0315{number % 60:02}Z-{number:06}" for number in range(600)]

    def put_all() -> None:
        for name in names:
            place.put(f"{name}.zst.age", b"")
            place.put(f"{name}.json", b"")

    # Not here: the server waits for us to listen to what it says.
    await asyncio.to_thread(put_all)

    assert await place.store.names() == sorted(names)


def everything(store: Store, folder: Path) -> list[Coroutine[None, None, object]]:
    """All that can be asked of a store."""
    file, checksum = archive_file(folder)
    return [
        store.save(FIRST, file, sha256=checksum),
        store.save_manifest(FIRST, b"{}"),
        store.load_manifest(FIRST),
        store.fetch(FIRST, folder / "fetched"),
        store.names(),
        store.remove(FIRST),
        store.sweep(),
    ]


async def complaints(store: Store, folder: Path) -> set[str]:
    """What it says to whatever is asked of it."""
    said = set()
    for question in everything(store, folder):
        with pytest.raises(StoreUnavailable) as refused:
            await question
        seen = "".join(traceback.format_exception(refused.value)) + refused.value.remedy
        assert SECRET_KEY not in seen
        assert ACCESS_KEY not in seen
        said.add(str(refused.value))
    return said


async def test_a_bucket_that_is_not_there_is_said_to_be_missing(s3: str, tmp_path: Path) -> None:
    with at(s3):
        store = stores.open_store("s3://nothing-here/prefix")

    assert await complaints(store, tmp_path) == {"s3://nothing-here/prefix refuses us (NoSuchBucket)"}


async def test_a_key_that_is_not_known_is_said_to_be_refused(tmp_path: Path) -> None:
    async with s3_server(knows_nobody=True) as address:
        with at(address):
            store = stores.open_store()

        assert await complaints(store, tmp_path) == {f"{LOCATION} refuses us (InvalidAccessKeyId)"}


async def test_a_port_where_nobody_listens_does_not_answer(tmp_path: Path) -> None:
    async with mute_server() as address:
        pass  # It is closed now.
    with at(address):
        store = stores.open_store()

    assert await complaints(store, tmp_path) == {f"{LOCATION} does not answer"}


async def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    async with mute_server() as address:
        with at(address):
            store = Bucket(LOCATION, patience=0.2)

        assert await complaints(store, tmp_path) == {f"{LOCATION} does not answer"}


@pytest.mark.parametrize("address", ["nonsense", "ftp://localhost", "http://", "http://:80"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with at(address), pytest.raises(SettingsInvalid, match="AWS_ENDPOINT_URL is not an address"):
        stores.open_store()


async def test_what_changes_on_the_way_is_noticed_and_does_not_stay(s3: str, tmp_path: Path) -> None:
    file = tmp_path / "archive"
    file.write_bytes(b"right" * 1000)
    checksum = sha256(file.read_bytes()).hexdigest()

    async with spoiling_proxy(s3, up=lambda data, _: data.replace(b"right", b"wrong")) as address:
        with at(address):
            store = stores.open_store(f"s3://{BUCKET}/{uuid4().hex}")
        with pytest.raises(StoreUnavailable):
            await store.save(FIRST, file, sha256=checksum)
        with pytest.raises(NotStored):
            await store.fetch(FIRST, tmp_path / "fetched")


async def test_of_an_upload_that_breaks_off_nothing_can_be_seen(s3: str, tmp_path: Path) -> None:
    file, checksum = archive_file(tmp_path, 20 * MEBI)

    async with spoiling_proxy(s3, up=lambda data, before: data if before < MEBI else None) as address:
        with at(address):
            store = stores.open_store(f"s3://{BUCKET}/{uuid4().hex}")
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await store.save(FIRST, file, sha256=checksum)
        with pytest.raises(NotStored):
            await store.fetch(FIRST, tmp_path / "fetched")


async def test_of_a_download_that_breaks_off_nothing_stays(s3: str, tmp_path: Path) -> None:
    location = f"s3://{BUCKET}/{uuid4().hex}"
    with at(s3):
        await save(stores.open_store(location), FIRST, tmp_path, 20 * MEBI)

    async with spoiling_proxy(s3, down=lambda data, before: data if before < MEBI else None) as address:
        with at(address):
            store = stores.open_store(location)
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await store.fetch(FIRST, tmp_path / "fetched")

    assert not (tmp_path / "fetched").exists()


WITHOUT = """
import sys
sys.modules["obstore"] = sys.modules["obstore.store"] = sys.modules["obstore.exceptions"] = None
from core import errors
from core.backup import stores
try:
    stores.open_store("s3://bucket/x")
except errors.Unavailable as error:
    print(error, "|", error.remedy)
"""


def test_without_what_talks_to_buckets_it_is_said_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "archives can't go into a bucket: obstore is not installed | pip install 'stylobate[s3]'\n"
