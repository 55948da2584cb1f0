"""What bodies, paths and pages are made of. Lengths are limits for the parser; what is acceptable, core says."""

from typing import Annotated, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from core.paging import LONGEST
from models.base import KEY

Name = Annotated[str, Field(max_length=200)]
Email = Annotated[str, Field(max_length=320)]
Password = Annotated[str, Field(max_length=128)]
Token = Annotated[str, Field(max_length=200)]
Code = Annotated[str, Field(max_length=64)]
Address = Annotated[str, Field(max_length=2_048)]
Locale = Annotated[str, Field(max_length=35)]
Roles = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=32)]
Scopes = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=32)]

Key = Annotated[str, Field(max_length=KEY)]
Id = Annotated[str, Path(max_length=KEY)]
After = Annotated[str | None, Query(max_length=KEY, description="The page before said where to go on.")]
Limit = Annotated[int, Query(ge=1, le=LONGEST)]

Item = TypeVar("Item")


class Body(BaseModel):
    """What is sent to us. What we don't know is a mistake, and is said to be one."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """What is sent back, of a row or of what core returned."""

    model_config = ConfigDict(from_attributes=True)


class Listed(Shown, Generic[Item]):
    """A piece of a list, and what to ask for the next piece with; null on the last."""

    items: list[Item]
    after: str | None
