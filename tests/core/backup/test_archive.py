import asyncio
import io
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pyrage
import pytest
import zstandard
from pyrage import x25519

from core.backup import archive
from core.backup.archive import ArchiveDamaged, WrongKey
from core.backup.keys import Identity, Recipient
from tests.programs import ROOT

KIBI, MEBI = 1 << 10, 1 << 20


def make_identity() -> Identity:
    key = x25519.Identity.generate()
    return Identity(key_id=str(key.to_public()), secret=str(key))


def noise(size: int) -> bytes:
    """Bytes that can't be compressed, always the same."""
    return random.Random(size).randbytes(size)  # noqa: S311  no secret


KEY, OTHER = make_identity(), make_identity()


def write(content: bytes, *identities: Identity) -> bytes:
    target = io.BytesIO()
    archive.write(io.BytesIO(content), target, [Recipient(each.key_id) for each in identities or (KEY,)])
    return target.getvalue()


def read(data: bytes, *identities: Identity) -> bytes:
    target = io.BytesIO()
    archive.read(io.BytesIO(data), target, identities or (KEY,))
    return target.getvalue()


def sealed(packed: bytes) -> bytes:
    """What age makes of anything, for the key of these tests."""
    data: bytes = pyrage.encrypt(packed, [x25519.Recipient.from_str(KEY.key_id)])
    return data


CONTENTS = {
    "nothing": b"",
    "a byte": b"x",
    "one chunk of age, nearly": noise(64 * KIBI - 30),
    "some chunks": noise(200 * KIBI + 7),
    "text": b"one\ttwo\tthree\n" * 300_000,
    "zeros": bytes(40 * MEBI),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_what_is_written_is_what_is_read(content: bytes) -> None:
    file, back = io.BytesIO(), io.BytesIO()

    written = archive.write(io.BytesIO(content), file, [Recipient(KEY.key_id)])
    file.seek(0)
    was_read = archive.read(file, back, [OTHER, KEY])

    assert back.getvalue() == content
    assert tuple(was_read) == tuple(written)
    assert (written.size, written.plain_size) == (len(file.getvalue()), len(content))


def test_its_checksum_is_that_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "archive"
    with file.open("wb") as target:
        written = archive.write(io.BytesIO(noise(MEBI)), target, [Recipient(KEY.key_id)])

    assert archive.checksum(file) == written.sha256


def test_age_and_zstd_alone_open_it() -> None:
    data = write(b"select 1;\n" * 100_000)

    packed = pyrage.decrypt(data, [x25519.Identity.from_str(KEY.secret)])

    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed) == b"select 1;\n" * 100_000


def test_each_of_its_recipients_opens_it() -> None:
    data = write(b"content", KEY, OTHER)

    assert read(data, KEY) == read(data, OTHER) == b"content"


@pytest.mark.parametrize("keys", [[OTHER], []], ids=["another key", "no key"])
def test_without_its_key_it_does_not_open(keys: list[Identity]) -> None:
    data = write(b"content")

    with pytest.raises(WrongKey):
        archive.read(io.BytesIO(data), io.BytesIO(), keys)


ARCHIVE = write(noise(300 * KIBI))
"""Of five chunks."""

HEAD = ARCHIVE.index(b"\n--- ") + 5 + 44
"""Where its header ends; then come 16 bytes, and chunks of 64 KiB and 16 bytes."""
CHUNKS = range(HEAD + 16, len(ARCHIVE), 64 * KIBI + 16)


@pytest.mark.parametrize("tenth", range(10))
def test_cut_off_anywhere_it_is_damaged(tenth: int) -> None:
    with pytest.raises(ArchiveDamaged):
        read(ARCHIVE[: len(ARCHIVE) * tenth // 10])


@pytest.mark.parametrize("by", [-1, 0, 1])
@pytest.mark.parametrize("number", range(5))
def test_cut_off_where_a_chunk_begins_it_is_damaged(number: int, by: int) -> None:
    with pytest.raises(ArchiveDamaged):
        read(ARCHIVE[: CHUNKS[number] + by])


@pytest.mark.parametrize("size", [1, HEAD - 1, HEAD, HEAD + 1, len(ARCHIVE) - 17, len(ARCHIVE) - 1], ids=range(6))
def test_cut_off_at_its_ends_it_is_damaged(size: int) -> None:
    with pytest.raises(ArchiveDamaged):
        read(ARCHIVE[:size])


@pytest.mark.parametrize(
    "more", [b"x", bytes(64 * KIBI), write(b"x"), ARCHIVE[-100:]], ids=["a byte", "zeros", "an archive", "its own end"]
)
@pytest.mark.parametrize("data", [ARCHIVE, write(b"small")], ids=["large", "small"])
def test_with_something_behind_it_it_is_damaged(data: bytes, more: bytes) -> None:
    with pytest.raises(ArchiveDamaged):
        read(data + more)


@pytest.mark.parametrize("part", range(41))
def test_a_bit_that_flipped_is_noticed(part: int) -> None:
    place = HEAD + (len(ARCHIVE) - HEAD - 1) * part // 40
    changed = bytearray(ARCHIVE)
    changed[place] ^= 1 << place % 8

    with pytest.raises(ArchiveDamaged):
        read(bytes(changed))


@pytest.mark.parametrize("part", range(30))
def test_a_bit_that_flipped_in_the_header_is_noticed(part: int) -> None:
    place = HEAD * part // 30
    changed = bytearray(ARCHIVE)
    changed[place] ^= 4

    # Which key is meant stands there too, so it can look like another's.
    with pytest.raises((ArchiveDamaged, WrongKey)):
        read(bytes(changed))


def test_two_chunks_that_changed_places_are_noticed() -> None:
    first, second, third = CHUNKS[:3]

    with pytest.raises(ArchiveDamaged):
        read(ARCHIVE[:first] + ARCHIVE[second:third] + ARCHIVE[first:second] + ARCHIVE[third:])


PACKED = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(noise(MEBI) + bytes(MEBI))


@pytest.mark.parametrize(
    "packed",
    [b"", PACKED[:-1], PACKED[:-4], PACKED[: MEBI // 2], PACKED[:3], PACKED + b"more", b"no zstd at all", b"(" * 5],
    ids=["nothing", "a byte less", "no checksum", "half", "no header", "more", "other", "short"],
)
def test_what_age_gives_whole_and_zstd_does_not_is_damaged(packed: bytes) -> None:
    data = sealed(packed)

    with pytest.raises(ArchiveDamaged):
        read(data)


class _Full:
    """A disk that has room for so many bytes, as Linux's /dev/full has for none."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, data: bytes) -> int:
        if len(data) > self.room:
            raise OSError(28, os.strerror(28))
        self.room -= len(data)
        return len(data)


@pytest.mark.parametrize("size", [10, 9 * KIBI, 3 * MEBI])
def test_a_full_disk_is_what_it_is_and_no_damage(size: int) -> None:
    content = noise(size)
    data = write(content)

    with pytest.raises(OSError, match="No space left"):
        archive.write(io.BytesIO(content), _Full(len(data) // 2), [Recipient(KEY.key_id)])
    with pytest.raises(OSError, match="No space left"):
        archive.read(io.BytesIO(data), _Full(size - 1), [KEY])
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        archive.read(io.BytesIO(data), full, [KEY])


@pytest.mark.parametrize("size", [10, 3 * MEBI])
def test_a_program_that_no_longer_listens_is_what_it_is(size: int) -> None:
    data = write(noise(size))
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "wb", buffering=0) as gone, pytest.raises(BrokenPipeError):
        archive.read(io.BytesIO(data), gone, [KEY])


class _Broken(io.BytesIO):
    """A disk that can be read so far."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(min(size or 0, 100 * KIBI))
        if not data:
            raise OSError(5, os.strerror(5))
        return data


def test_a_disk_that_can_not_be_read_is_what_it_is() -> None:
    with pytest.raises(OSError, match="Input/output"):
        archive.write(_Broken(noise(MEBI)), io.BytesIO(), [Recipient(KEY.key_id)])
    with pytest.raises(OSError, match="Input/output"):
        archive.read(_Broken(ARCHIVE), io.BytesIO(), [KEY])


def _enough(size: int) -> None:
    if size > 2 * MEBI:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "work",
    [
        lambda _: archive.write(io.BytesIO(noise(6 * MEBI)), io.BytesIO(), [Recipient(KEY.key_id)], told=_enough),
        lambda data: archive.read(io.BytesIO(data), io.BytesIO(), [KEY], told=_enough),
    ],
    ids=["write", "read"],
)
def test_whoever_is_told_can_end_it(work: Callable[[bytes], object]) -> None:
    data = write(noise(6 * MEBI))

    with pytest.raises(KeyboardInterrupt):
        work(data)


def test_it_is_told_how_far_it_is() -> None:
    told: list[int] = []

    archive.write(io.BytesIO(bytes(5 * MEBI)), io.BytesIO(), [Recipient(KEY.key_id)], told=told.append)

    assert told[-1] == 5 * MEBI
    assert told == sorted(told)
    assert len(told) <= 7


class _Sip(io.RawIOBase):
    """A pipe that takes little at a time, and says so."""

    def __init__(self) -> None:
        self.taken = b""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.taken += bytes(data[:50_000])
        return len(data[:50_000])


def test_a_pipe_that_takes_little_at_a_time_gets_it_all() -> None:
    pipe = _Sip()

    archive.read(io.BytesIO(write(noise(MEBI))), pipe, [KEY])

    assert pipe.taken == noise(MEBI)


def test_through_pipes_of_real_programs_it_comes_out_whole(tmp_path: Path) -> None:
    file = tmp_path / "archive"

    with subprocess.Popen(["head", "-c", str(3 * MEBI), "/dev/zero"], stdout=subprocess.PIPE) as dump:
        assert dump.stdout is not None
        with file.open("wb") as target:
            archive.write(dump.stdout, target, [Recipient(KEY.key_id)])
    with subprocess.Popen(["wc", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as count:
        assert count.stdin is not None
        assert count.stdout is not None
        with file.open("rb") as source:
            archive.read(source, count.stdin, [KEY])
        count.stdin.close()
        counted = count.stdout.read()

    assert int(counted) == 3 * MEBI


async def test_the_event_loop_goes_on_meanwhile() -> None:
    loop = asyncio.get_running_loop()

    class Waiting(io.BytesIO):
        """Goes on only when the loop has answered."""

        def read(self, size: int | None = -1, /) -> bytes:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=60)
            return super().read(size)

    written = await asyncio.to_thread(archive.write, Waiting(noise(3 * MEBI)), io.BytesIO(), [Recipient(KEY.key_id)])

    assert written.plain_size == 3 * MEBI


MEMORY = """
import os, resource, sys, threading
from core.backup import archive
from core.backup.keys import Identity, Recipient

class Rows:
    left = int(sys.argv[1]) << 20
    def read(self, size):
        # Half of it repeats itself, as rows do.
        size = min(size, self.left)
        self.left -= size
        return os.urandom(size // 2) + bytes(size - size // 2)

class Nowhere:
    def write(self, data):
        return len(data)

reading, writing = os.pipe()
def write():
    with os.fdopen(writing, "wb") as target:
        archive.write(Rows(), target, [Recipient(sys.argv[2])])
thread = threading.Thread(target=write)
thread.start()
with os.fdopen(reading, "rb") as source:
    done = archive.read(source, Nowhere(), [Identity(key_id=sys.argv[2], secret=sys.argv[3])])
thread.join()
assert done.plain_size == int(sys.argv[1]) << 20
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def most_memory(mebibytes: int) -> int:
    """Of a process that writes and reads so much, in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(mebibytes), KEY.key_id, KEY.secret],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) // (1024 if sys.platform == "linux" else MEBI)


def test_a_large_archive_takes_no_more_memory_than_a_small_one() -> None:
    small, large = most_memory(50), most_memory(200)

    assert large < small + 20


def test_nothing_of_what_it_is_given_is_closed() -> None:
    files: list[IO[bytes]] = [io.BytesIO(b"content"), io.BytesIO(), io.BytesIO(write(b"content")), io.BytesIO()]

    archive.write(files[0], files[1], [Recipient(KEY.key_id)])
    archive.read(files[2], files[3], [KEY])

    assert [file.closed for file in files] == [False] * 4
