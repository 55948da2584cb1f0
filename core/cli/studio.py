"""``stylobate studio``: a web page for looking at the data."""

import asyncio
from typing import Annotated

import typer

from core.errors import Unavailable


def studio(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Its port; another free one when it is taken.")] = 5555,
    write: Annotated[bool, typer.Option("--write", help="Allow changes; each is written down.")] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
) -> None:
    """Look at the data in a web page, on this machine alone, until Ctrl-C.

    It prints a link, which lets in one browser, within two minutes. Without --write its database sessions can't change
    anything. Secrets are never shown.
    """
    try:
        from core.studio import serve
    except ImportError:
        raise Unavailable(
            "there is no studio: starlette-admin is not installed", remedy="pip install 'stylobate[studio]'"
        ) from None

    def tell(link: str) -> None:
        typer.echo(f"the studio {'can write' if write else 'only reads'}; this link lets in one browser:\n{link}")

    asyncio.run(serve(port=port, write=write, browser=browser, tell=tell))
