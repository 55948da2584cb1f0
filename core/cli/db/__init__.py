"""``stylobate db``: the schema, from its migrations to its sample data."""

import typer

from core.cli.db import applying, filling, stats, writing

app = typer.Typer(help="The database's schema.", no_args_is_help=True)

app.command("migrate")(applying.migrate_)
app.command("downgrade")(applying.downgrade_)
app.command("status")(applying.status)
app.command("history")(applying.history)
app.command("check")(writing.check)
app.command("generate")(writing.generate_)
app.command("push")(writing.push_)
app.command("export")(writing.export_)
app.command("adopt")(applying.adopt_)
app.command("seed")(filling.seed_)
app.command("reset")(filling.reset_)
app.command("stats")(stats.stats)
