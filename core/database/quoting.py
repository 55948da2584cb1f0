"""Names in statements that are put together."""


def quoted(name: str) -> str:
    """A name of the database's own, to stand in a statement."""
    return '"' + name.replace('"', '""') + '"'
