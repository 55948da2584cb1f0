"""CHECK constraints: Tortoise's models can name them in ``Meta.constraints``, but its DDL leaves them out."""

from typing import Any

from tortoise.backends.base.schema_generator import BaseSchemaGenerator
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model


class WithChecks(BaseSchemaGenerator):
    """Comes before the generator of a dialect."""

    _checks: tuple[str, ...] = ()

    def _get_table_sql(self, model: type[Model], safe: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  Tortoise's
        self._checks = tuple(
            f'CONSTRAINT "{constraint.name}" CHECK ({constraint.check})'
            for constraint in model._meta.constraints
            if isinstance(constraint, CheckConstraint)
        )
        return super()._get_table_sql(model, safe)

    def _get_inner_statements(self) -> list[str]:
        return [*super()._get_inner_statements(), *self._checks]
