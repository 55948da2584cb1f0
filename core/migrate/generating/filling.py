"""What rows that are there already get in a column that is new.

Tortoise's ``default`` is Python's alone, so the database knows nothing of it. Where it is a constant, it stands in
Aerich's description of the models, and old rows get it, as new ones do. What a function makes, it makes for each row.
"""

import ast
import json
from typing import Any

_EMPTY = {"<function builtins.dict>": "{}", "<function builtins.list>": "[]"}
_STORED_OTHERWISE = ("BinaryField", "TimeDeltaField")

Fills = dict[tuple[str, str], str]
"""By table and column, SQL for a constant."""


def fills(state: str, dialect: str) -> Fills:
    """The constants that the models give to their columns."""
    found: Fills = {}
    for model in json.loads(state).values():
        for field in model["data_fields"]:
            literal = _literal(field, dialect)
            if literal is not None:
                found[model["table"], field["db_column"]] = literal
    return found


def _literal(field: dict[str, Any], dialect: str) -> str | None:
    value = field["default"]
    if value is None or field["field_type"] in _STORED_OTHERWISE:
        return None
    if field["field_type"] == "JSONField":
        value = _json(value)
    if isinstance(value, bool):
        return str(value).upper() if dialect == "postgres" else str(int(value))
    if isinstance(value, str):
        return None if value is None or value.startswith("<") else quoted(value)
    return None if value is None else repr(value)


def _json(value: object) -> str | None:
    if not isinstance(value, str):
        return json.dumps(value)
    if value.startswith("<"):
        return _EMPTY.get(value)
    try:
        return json.dumps(json.loads(value))
    except ValueError:
        pass
    try:
        return json.dumps(ast.literal_eval(value))
    except (ValueError, SyntaxError, TypeError):
        return None


def quoted(text: str) -> str:
    """A string of SQL."""
    return "'" + text.replace("'", "''") + "'"
