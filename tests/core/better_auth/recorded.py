"""What a run of better-auth 1.7.25 wrote: its secret, a password, cookies, mails and rows."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data/better-auth-vectors.json").read_text(encoding="utf-8")
)
SECRET: str = RECORDED["SECRET"]
COOKIE: str = RECORDED["jar"]["better-auth.session_token"]
CACHE: str = RECORDED["jar"]["better-auth.session_data"]
ROWS: dict[str, list[dict[str, Any]]] = RECORDED["rows"]
TOKEN: str = ROWS["session"][0]["token"]
USER: str = ROWS["user"][0]["id"]
THEN = datetime(2026, 11, 22, 17, 31, 31, tzinfo=UTC)
