"""A RabbitMQ of the system's package in a folder: one node that nobody else knows."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path

PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"
PATIENCE = 60.0


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RabbitMQ:
    """On 127.0.0.1 alone, with its data in the folder, on the same port at each start."""

    def __init__(self, folder: Path, *, settings: str = "") -> None:
        assert Path(PROGRAM).exists(), "apt-get install --no-install-recommends rabbitmq-server"
        self._folder = folder
        self._port, self._names, self._nodes = free_port(), free_port(), free_port()
        self._epmd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(mode=0o700)
        (folder / ".erlang.cookie").write_text(secrets.token_hex(16))
        (folder / ".erlang.cookie").chmod(0o400)
        (folder / "plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self._port}\nlog.console = true\nlog.file = false\n{settings}\n"
        )
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(self._names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "tests@localhost",
            "RABBITMQ_DIST_PORT": str(self._nodes),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
            "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        }

    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def start(self) -> None:
        """Return when it takes connections."""
        if self._epmd is None:
            self._epmd = subprocess.Popen(["epmd"], env=self._environment)
        log = self._folder / "log"
        with log.open("wb") as said:
            self._process = subprocess.Popen(
                [PROGRAM], env=self._environment, stdout=said, stderr=said, start_new_session=True
            )
        subprocess.run(
            ["timeout", str(PATIENCE), "sh", "-c", f"until grep -q 'startup complete' {log}; do sleep 0.1; done"],
            check=True,
        )

    def signal(self, number: signal.Signals) -> None:
        """To the node and all that it has started."""
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """End it as a machine that loses power would."""
        if self._process is not None:
            self.signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def erase(self) -> None:
        """Leave nothing behind."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
        shutil.rmtree(self._folder)
