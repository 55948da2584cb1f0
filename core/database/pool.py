"""How the connections of this process stand."""

from core.database.connection import connection
from core.database.postgres import PostgresClient
from core.database.queries import Pool
from core.database.replicas import Standing
from core.database.sqlite import SqliteClient


def pool() -> Pool:
    """How many there may be, are open and are in use, and who waits for one. It asks no server.

    Raises:
        RuntimeError: inside a transaction, which has one connection and no pool.
    """
    client = connection()
    if not isinstance(client, PostgresClient | SqliteClient):
        raise RuntimeError("a transaction has no pool")  # noqa: TRY004  the type is not the caller's choice
    return client.pool()


def replicas() -> list[Standing]:
    """How the replicas stand that this process reads from; none before it has read from one."""
    client = connection()
    return client.replicas.watched() if isinstance(client, PostgresClient) and client.replicas is not None else []
