"""What a statement says, token by token: the CREATE TABLE that SQLite keeps as it was written."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?isx)
    --[^\n]* | /\*.*?(?:\*/|\Z)
    | '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\]
    | [\w$.]+ | \S
    """
)


def tokens(sql: str) -> list[str]:
    """The words of a statement, its strings, names and comments each one of them."""
    return _TOKEN.findall(sql)


def _is_comment(token: str) -> bool:
    return token.startswith(("--", "/*"))


def _unquoted(token: str) -> str:
    if token[0] in "\"`'":
        return token[1:-1].replace(token[0] * 2, token[0])
    return token[1:-1] if token[0] == "[" else token


class Written:
    """A CREATE TABLE as it was written: what SQLite tells of it nowhere else."""

    def __init__(self, sql: str) -> None:
        self.comments: dict[str, str] = {}
        self.uniques: dict[tuple[str, ...], str] = {}
        self.columns: dict[str, str] = {}
        """What stands in it for each column, up to a comment."""
        self._items: dict[str, list[str]] = {}
        self._loose: list[list[str]] = []
        for item in _items(sql):
            bare = [found for found in item if not _is_comment(found[0])]
            words = [found[0] for found in bare]
            if not words:
                continue
            if words[0].upper() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"):
                self._loose.append(words)
                if words[0].upper() == "CONSTRAINT" and words[2].upper() == "UNIQUE":
                    columns = tuple(_unquoted(token) for token in words[4:-1:2])  # Between them, commas.
                    self.uniques[columns] = _unquoted(words[1])
                continue
            name = _unquoted(words[0])
            self._items[name] = words
            self.columns[name] = sql[bare[0].start() : bare[-1].end()]
            if comments := [found[0] for found in item if _is_comment(found[0])]:
                self.comments[name] = comments[-1].removeprefix("/*").removesuffix("*/").strip()

    def says(self, word: str) -> bool:
        """Whether a word stands in any column's definition."""
        return any(word in (token.upper() for token in item) for item in self._items.values())

    def after(self, column: str, word: str) -> str | None:
        """What follows a word in a column's definition: one token, or all in the parentheses."""
        item = self._items.get(column, [])
        for place, token in enumerate(item[:-1]):
            if token.upper() == word:
                return _enclosed(item[place + 1 :]) or item[place + 1].upper()
        return None

    def checks(self) -> Iterator[tuple[str, str]]:
        """The name of each, which may be empty, and its text."""
        for item in (*self._items.values(), *self._loose):
            for place, token in enumerate(item):
                if token.upper() == "CHECK":
                    named = place > 1 and item[place - 2].upper() == "CONSTRAINT"
                    yield (_unquoted(item[place - 1]) if named else ""), _enclosed(item[place + 1 :])


def written_columns(sql: str) -> dict[str, str]:
    """What a CREATE TABLE says of each column."""
    return Written(sql).columns


def _items(sql: str) -> Iterator[list[re.Match[str]]]:
    """What stands between the commas of a CREATE TABLE."""
    item: list[re.Match[str]] = []
    depth = 0
    for found in _TOKEN.finditer(sql):
        token = found[0]
        depth += (token == "(") - (token == ")")  # noqa: S105  a parenthesis
        if depth == 0 and item:
            yield item
            return
        if depth == 1 and token == ",":  # noqa: S105  a comma
            yield item
            item = []
        elif depth > 1 or (depth == 1 and (token != "(" or item)):  # noqa: S105  the same
            item.append(found)


def _enclosed(words: list[str]) -> str:
    """The words from the first, an opening parenthesis, to the one that closes it."""
    depth = 0
    for place, token in enumerate(words):
        depth += (token == "(") - (token == ")")  # noqa: S105  the same
        if depth == 0:
            return " ".join(words[: place + 1]) if place else ""
    return ""
