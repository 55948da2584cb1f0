"""The changes that migrations are generated for: models before and after, and what has to be said about it.

The world is a small one. ``author`` has the children ``book``, which go with it, and ``book`` has ``page``, so that a
table rebuilt carelessly would take two others along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

_WORLD = """
from enum import Enum, StrEnum
from tortoise import fields
from tortoise.expressions import F
from tortoise.fields.db_defaults import Now, SqlDefault
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

{first}

class Author(Model):
    id = fields.CharField(64, primary_key=True)
    name = fields.CharField(100)
{author}
    class Meta:
        table = "author"
{author_meta}

class Book(Model):
    id = fields.CharField(64, primary_key=True)
    author = fields.ForeignKeyField("{{app}}.Author", related_name="books", source_field="authorId")
    title = fields.TextField()
{book}
    class Meta:
        table = "book"
{book_meta}

class Page(Model):
    id = fields.IntField(primary_key=True)
    book = fields.ForeignKeyField("{{app}}.Book", related_name="pages", source_field="bookId")
    text = fields.TextField(null=True)
    class Meta:
        table = "page"

{more}
"""


def world(**parts: str) -> str:
    """The models' source, with what a change puts into them. (``{app}`` is the dialect's name.)"""
    inside = {"author": 4, "book": 4, "author_meta": 8, "book_meta": 8}
    return _WORLD.format(
        **{
            name: indent(parts.get(name, ""), " " * inside.get(name, 0))
            for name in ("first", "author", "author_meta", "book", "book_meta", "more")
        }
    )


@dataclass(frozen=True)
class Change:
    """A change of models.

    ``allow`` is what has to be permitted, and is refused otherwise. ``rows`` gives columns other values than the
    test would make up, in order; ``gets`` is what the rows that were there get in a new column.
    """

    before: str
    after: str
    allow: frozenset[str] = frozenset()
    renames: Sequence[str] = ()
    table_renames: Sequence[str] = ()
    rows: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    gets: Mapping[str, Any] = field(default_factory=dict)
    only_models: bool = False
    """Nothing changes in the database."""
    empty_only: bool = False
    """It fails while there are rows, which is why it has to be permitted. Nothing is lost then."""


def author(before: str, after: str, **more: Any) -> Change:
    return Change(world(author=before), world(author=after), **more)


def _meta(before: str, after: str, fields: str = "", **more: Any) -> Change:
    return Change(world(author=fields, author_meta=before), world(author=fields, author_meta=after), **more)


_TEXT = "bio = fields.TextField(null=True)"
_DROP, _NARROW, _CAST = frozenset({"drop"}), frozenset({"narrow"}), frozenset({"cast"})
_REQUIRE, _UNIQUE = frozenset({"require"}), frozenset({"unique"})

_SHOP = """
class Shop(Model):
    id = fields.CharField(64, primary_key=True)
    name = fields.TextField()
    class Meta:
        table = "shop"
"""
_STAFF = """
class Staff(Model):
    id = fields.CharField(64, primary_key=True)
    boss = fields.ForeignKeyField("{app}.Staff", null=True, related_name="staff")
    name = fields.TextField()
    class Meta:
        table = "staff"
"""
_TAG = """
class Tag(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(20, unique=True)
    class Meta:
        table = "tag"
"""
_BOTH = """
class Ship(Model):
    id = fields.CharField(64, primary_key=True)
    captain = fields.ForeignKeyField("{app}.Sailor", null=True, related_name="commands")
    class Meta:
        table = "ship"

class Sailor(Model):
    id = fields.CharField(64, primary_key=True)
    ship = fields.ForeignKeyField("{app}.Ship", null=True, related_name="crew")
    class Meta:
        table = "sailor"
"""
_ALONE = """
class Ship(Model):
    id = fields.CharField(64, primary_key=True)
    class Meta:
        table = "ship"

class Sailor(Model):
    id = fields.CharField(64, primary_key=True)
    ship = fields.ForeignKeyField("{app}.Ship", null=True, related_name="crew")
    class Meta:
        table = "sailor"
"""
_MOOD = """
class Mood(StrEnum):
    GOOD = "good"
    BAD = "bad"
"""
_EDITOR = 'editor = fields.ForeignKeyField("{app}.Author", null=True, related_name="edits"'


CHANGES: dict[str, Change] = {
    # Columns that come.
    "add column nullable": author("", _TEXT, gets={"bio": None}),
    "add column nullable with default": author(
        "", 'bio = fields.TextField(null=True, default="x")', gets={"bio": None}
    ),
    "add column not null with default": author(
        "", 'bio = fields.CharField(20, default="it\'s \\\\ new; yes")', gets={"bio": "it's \\ new; yes"}
    ),
    "add column not null without default": author("", "bio = fields.TextField()", allow=_REQUIRE, empty_only=True),
    "add column not null with default from a function": author(
        "", "at = fields.DatetimeField(auto_now_add=True)", allow=_REQUIRE, empty_only=True
    ),
    "add column with database default": author("", "rank = fields.IntField(db_default=7)", gets={"rank": 7}),
    "add column with database default now": author("", "at = fields.DatetimeField(db_default=Now())"),
    "add column boolean with default": author("", "ok = fields.BooleanField(default=True)", gets={"ok": True}),
    "add column with json default": author("", "data = fields.JSONField(default=dict)", gets={"data": "{}"}),
    "add column with json constant": author(
        "", 'data = fields.JSONField(default={"a": [1, None]})', gets={"data": '{"a": [1, null]}'}
    ),
    "add column unique": author("", "nick = fields.CharField(20, null=True, unique=True)"),
    "add column unique not null with default": author(
        "", 'nick = fields.CharField(20, unique=True, default="x")', allow=_UNIQUE, empty_only=True
    ),
    "add column indexed": author("", "nick = fields.CharField(20, null=True, db_index=True)"),
    "add column not null indexed": author("", 'nick = fields.CharField(20, default="n", db_index=True)'),
    "add column decimal": author("", 'price = fields.DecimalField(10, 2, default="1.50")'),
    "add column uuid": author("", "key = fields.UUIDField(null=True)"),
    "add column with comment": author("", 'bio = fields.TextField(null=True, description="what, they (did)")'),
    "add columns two": author("", _TEXT + "\nborn = fields.DateField(null=True)"),
    # Names.
    "rename attribute": author(
        "nick = fields.CharField(20, source_field='nick')",
        "alias = fields.CharField(20, source_field='nick')",
        only_models=True,
    ),
    "rename column": author(
        "nick = fields.CharField(20, source_field='nick')",
        "nick = fields.CharField(20, source_field='alias')",
        renames=["author.nick:alias"],
    ),
    "rename both": author("nick = fields.CharField(20)", "alias = fields.CharField(20)", renames=["author.nick:alias"]),
    "rename both by attribute": author(
        "nick_name = fields.CharField(20, source_field='nickName')",
        "pen_name = fields.CharField(20, source_field='penName')",
        renames=["author.nick_name:pen_name"],
    ),
    "rename with a type change": author(
        "nick = fields.CharField(20)", "alias = fields.TextField()", renames=["author.nick:alias"]
    ),
    "rename with index and unique": author(
        "nick = fields.CharField(20, unique=True)\ngiven = fields.CharField(20, db_index=True)",
        "alias = fields.CharField(20, unique=True)\nfamily = fields.CharField(20, db_index=True)",
        renames=["author.nick:alias", "author.given:family"],
    ),
    "rename foreign key": Change(
        world(book=_EDITOR + ")"),
        world(book=_EDITOR.replace("editor =", "reader =") + ")"),
        renames=["book.editor:reader"],
    ),
    "rename in unique together": Change(
        world(author="nick = fields.CharField(20)", author_meta='unique_together = (("nick", "name"),)'),
        world(author="alias = fields.CharField(20)", author_meta='unique_together = (("alias", "name"),)'),
        renames=["author.nick:alias"],
    ),
    "rename swapped order": author(
        "a = fields.CharField(9)\nb = fields.CharField(9)",
        "b2 = fields.CharField(9)\na2 = fields.CharField(9)",
        renames=["author.a:a2", "author.b:b2"],
    ),
    # Columns that go.
    "drop column plain": author(_TEXT, "", allow=_DROP),
    "drop column indexed": author("nick = fields.CharField(20, null=True, db_index=True)", "", allow=_DROP),
    "drop column unique": author("nick = fields.CharField(20, null=True, unique=True)", "", allow=_DROP),
    "drop column not null with default": author('bio = fields.TextField(default="")', "", allow=_DROP),
    "drop column in check": Change(
        world(
            author="age = fields.IntField(null=True)",
            author_meta='constraints = (CheckConstraint(name="grown", check="age > 0"),)',
        ),
        world(),
        allow=_DROP,
    ),
    "drop and add of one type": author(
        "nick = fields.CharField(20, null=True)", "alias = fields.CharField(20, null=True)", allow=_DROP
    ),
    # Types.
    "widen varchar": author("nick = fields.CharField(20)", "nick = fields.CharField(40)"),
    "widen varchar indexed": author(
        "nick = fields.CharField(20, db_index=True)", "nick = fields.CharField(40, db_index=True)"
    ),
    "widen varchar unique": author(
        "nick = fields.CharField(20, unique=True)", "nick = fields.CharField(40, unique=True)"
    ),
    "narrow varchar": author("nick = fields.CharField(40)", "nick = fields.CharField(20)", allow=_NARROW),
    "varchar to text": author("nick = fields.CharField(40)", "nick = fields.TextField()"),
    "text to varchar": author("nick = fields.TextField()", "nick = fields.CharField(40)", allow=_NARROW),
    "int to bigint": author("n = fields.IntField()", "n = fields.BigIntField()"),
    "int to bigint with database default": author(
        "n = fields.IntField(db_default=4)", "n = fields.BigIntField(db_default=5)"
    ),
    "bigint to int": author("n = fields.BigIntField()", "n = fields.IntField()", allow=_NARROW),
    "char to int": author(
        "n = fields.CharField(20)", "n = fields.IntField()", allow=_CAST, rows={"n": ["1", "-20", "300"]}
    ),
    "int to char": author("n = fields.IntField()", "n = fields.CharField(20)", allow=_CAST),
    "text to json": author(
        "d = fields.TextField()", "d = fields.JSONField()", allow=_CAST, rows={"d": ['{"a": 1}', "[]", "3"]}
    ),
    "int to float": author("n = fields.IntField()", "n = fields.FloatField()", allow=_CAST),
    "decimal wider": author("p = fields.DecimalField(6, 2)", "p = fields.DecimalField(12, 4)"),
    "key int to bigint": Change(
        world(), world().replace("id = fields.IntField(primary_key=True)", "id = fields.BigIntField(primary_key=True)")
    ),
    "key wider": Change(world(), world().replace("id = fields.CharField(64", "id = fields.CharField(128")),
    # NULL.
    "set not null": author("nick = fields.CharField(20, null=True)", "nick = fields.CharField(20)", allow=_REQUIRE),
    "set not null with default": author(
        "nick = fields.CharField(20, null=True)",
        'nick = fields.CharField(20, default="none")',
        allow=_REQUIRE,
    ),
    "drop not null": author("nick = fields.CharField(20)", "nick = fields.CharField(20, null=True)"),
    # Indexes and uniques.
    "add index": author("nick = fields.CharField(20)", "nick = fields.CharField(20, db_index=True)"),
    "drop index": author("nick = fields.CharField(20, db_index=True)", "nick = fields.CharField(20)"),
    "add index of two": _meta("", 'indexes = (("name", "id"),)'),
    "change index": _meta('indexes = (("name", "id"),)', 'indexes = (("id", "name"),)'),
    "change index under one name": _meta(
        'indexes = (Index(F("name"), name="by_name"),)', 'indexes = (Index(F("id"), name="by_name"),)'
    ),
    "rename index": _meta(
        'indexes = (Index(F("name"), name="by_name"),)', 'indexes = (Index(F("name"), name="names"),)'
    ),
    "add partial index": _meta("", 'indexes = (PartialIndex(fields=("name",), condition={"id": "x"}),)'),
    "change partial index": _meta(
        'indexes = (PartialIndex(fields=("name",), name="few", condition={"id": "x"}),)',
        'indexes = (PartialIndex(fields=("name",), name="few", condition={"id": "y"}),)',
    ),
    "drop partial index": _meta('indexes = (PartialIndex(fields=("name",), condition={"id": "x"}),)', ""),
    "add unique": author("nick = fields.CharField(20)", "nick = fields.CharField(20, unique=True)", allow=_UNIQUE),
    "drop unique": author("nick = fields.CharField(20, unique=True)", "nick = fields.CharField(20)"),
    "unique to index": author("nick = fields.CharField(20, unique=True)", "nick = fields.CharField(20, db_index=True)"),
    "add unique together": _meta(
        "", 'unique_together = (("nick", "name"),)', "nick = fields.CharField(20)", allow=_UNIQUE
    ),
    "drop unique together": _meta('unique_together = (("nick", "name"),)', "", "nick = fields.CharField(20)"),
    "change unique together": _meta(
        'unique_together = (("nick", "name"),)',
        'unique_together = (("name", "born"),)',
        "nick = fields.CharField(20)\nborn = fields.IntField()",
        allow=_UNIQUE,
    ),
    # Foreign keys.
    "foreign key add nullable": Change(world(), world(book=_EDITOR + ")")),
    "foreign key add nullable indexed": Change(world(), world(book=_EDITOR + ", db_index=True)")),
    "foreign key add with its own column name": Change(world(), world(book=_EDITOR + ', source_field="editedBy")')),
    "foreign key add required": Change(
        world(), world(book=_EDITOR.replace("null=True, ", "") + ")"), allow=_REQUIRE, empty_only=True
    ),
    "foreign key on delete to set null": Change(
        world(book=_EDITOR + ")"), world(book=_EDITOR + ", on_delete=fields.SET_NULL)")
    ),
    "foreign key on delete to restrict": Change(
        world(), world().replace('source_field="authorId")', 'source_field="authorId", on_delete=fields.RESTRICT)')
    ),
    "foreign key made required": Change(
        world(book=_EDITOR + ")"), world(book=_EDITOR.replace("null=True, ", "") + ")"), allow=_REQUIRE
    ),
    "foreign key drop": Change(world(book=_EDITOR + ")"), world(), allow=_DROP),
    "foreign key constraint drop": Change(world(book=_EDITOR + ")"), world(book=_EDITOR + ", db_constraint=False)")),
    "foreign key constraint add": Change(
        world(book=_EDITOR + ", db_constraint=False)"),
        world(book=_EDITOR + ")"),
        rows={"editor_id": ["r1", "r2", "r3"]},
    ),
    "one to one add": Change(world(), world(book=_EDITOR.replace("ForeignKey", "OneToOne") + ")")),
    "foreign key to a new table": Change(
        world(), world(first=_SHOP, book='shop = fields.ForeignKeyField("{app}.Shop", null=True)')
    ),
    "foreign key to a table that goes": Change(
        world(first=_SHOP, book='shop = fields.ForeignKeyField("{app}.Shop", null=True)'), world(), allow=_DROP
    ),
    # Many to many.
    "many to many add": Change(
        world(more=_TAG), world(more=_TAG, book='tags = fields.ManyToManyField("{app}.Tag", related_name="books")')
    ),
    "many to many drop": Change(
        world(more=_TAG, book='tags = fields.ManyToManyField("{app}.Tag", related_name="books")'),
        world(more=_TAG),
        allow=_DROP,
    ),
    # Tables.
    "table add": Change(world(), world(more=_SHOP)),
    "table add with relations": Change(
        world(), world(more=_TAG, book='tags = fields.ManyToManyField("{app}.Tag", related_name="books")')
    ),
    "table rename": Change(
        world(), world().replace('table = "author"', 'table = "writer"'), table_renames=["author:writer"]
    ),
    "table rename of a child with a counter": Change(
        world(), world().replace('table = "page"', 'table = "sheet"'), table_renames=["page:sheet"]
    ),
    "table rename with a column": Change(
        world(author="nick = fields.CharField(20, db_index=True)"),
        world(author="alias = fields.CharField(30, db_index=True)").replace('table = "author"', 'table = "writer"'),
        table_renames=["author:writer"],
        renames=["author.nick:alias"],
    ),
    "table drop": Change(world(more=_SHOP), world(), allow=_DROP),
    "table drop of a parent": Change(world(more=_ALONE), world(), allow=_DROP),
    "tables drop that reference each other": Change(world(more=_BOTH), world(), allow=_DROP),
    # Defaults.
    "default add": author("nick = fields.CharField(20)", 'nick = fields.CharField(20, default="a")', only_models=True),
    "default change": author(
        'nick = fields.CharField(20, default="a")', 'nick = fields.CharField(20, default="b")', only_models=True
    ),
    "default drop": author('nick = fields.CharField(20, default="a")', "nick = fields.CharField(20)", only_models=True),
    "database default add": author("n = fields.IntField()", "n = fields.IntField(db_default=3)"),
    "database default change": author("n = fields.IntField(db_default=3)", "n = fields.IntField(db_default=4)"),
    "database default drop": author("n = fields.IntField(db_default=3)", "n = fields.IntField()"),
    "database default text": author("t = fields.CharField(20)", 't = fields.CharField(20, db_default="so; it is")'),
    "database default now": author("at = fields.DatetimeField()", "at = fields.DatetimeField(db_default=Now())"),
    # Comments.
    "comment add": author(_TEXT, 'bio = fields.TextField(null=True, description="about; it\'s them")'),
    "comment change": author(
        'bio = fields.TextField(null=True, description="one")', 'bio = fields.TextField(null=True, description="two")'
    ),
    "comment drop": author('bio = fields.TextField(null=True, description="one")', _TEXT),
    "table comment": _meta("", 'table_description = "who writes"'),
    # Checks.
    "check add": _meta("", 'constraints = (CheckConstraint(name="named", check="length(name) > 0"),)'),
    "check change": _meta(
        'constraints = (CheckConstraint(name="named", check="length(name) > 0"),)',
        'constraints = (CheckConstraint(name="named", check="length(name) > 1"),)',
    ),
    "check drop": _meta('constraints = (CheckConstraint(name="named", check="length(name) > 0"),)', ""),
    # The rest.
    "enum value add": Change(
        world(first=_MOOD, author="mood = fields.CharEnumField(Mood)"),
        world(first=_MOOD + '    MIXED = "mixed up"\n', author="mood = fields.CharEnumField(Mood)"),
        rows={"mood": ["good", "bad", "good"]},
    ),
    "self reference": Change(
        world(
            more=_STAFF.replace(
                '    boss = fields.ForeignKeyField("{app}.Staff", null=True, related_name="staff")\n', ""
            )
        ),
        world(more=_STAFF),
    ),
    "self reference rebuilt": Change(
        world(more=_STAFF),
        world(more=_STAFF.replace("name = fields.TextField()", "name = fields.TextField(null=True)")),
    ),
    "two tables that reference each other": Change(world(), world(more=_BOTH)),
    "two tables come to reference each other": Change(world(more=_ALONE), world(more=_BOTH)),
    "two tables that reference each other rebuilt": Change(
        world(more=_BOTH), world(more=_BOTH.replace("related_name", "on_delete=fields.SET_NULL, related_name"))
    ),
    "nothing": Change(world(), world(), only_models=True),
    "everything at once": Change(
        world(author="nick = fields.CharField(20)\nold = fields.TextField(null=True)", more=_SHOP),
        world(
            author="alias = fields.CharField(30, null=True, db_index=True)\nrank = fields.IntField(default=1)",
            author_meta='constraints = (CheckConstraint(name="named", check="length(name) > 0"),)',
            book=_EDITOR + ", on_delete=fields.SET_NULL)",
            more=_TAG,
        ),
        renames=["author.nick:alias"],
        allow=_DROP,
        gets={"rank": 1},
    ),
}
