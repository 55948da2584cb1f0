"""A small but complete product: everything of the ready router, a chat that answers, and who has paid for that.

Run it from the project's root: ``stylobate up --app examples.complete_app:app``, then open http://localhost:8000/docs.
Mails are written to ``var/mail``. Passkeys need ``STYLOBATE_BASE_URL=http://localhost:8000``, since browsers keep none
for an address.
"""

from typing import Annotated

from fastapi import Depends, FastAPI, Path
from pydantic import BaseModel

from core import ai_chats, purchases, web
from core.errors import Forbidden
from core.sessions import Principal
from examples import stripe_webhook


class ProOnly(Forbidden):
    """This comes with the Pro plan."""


async def pro(here: web.CurrentSession) -> Principal:
    """Who has paid."""
    if await purchases.active_plan(user_id=here.user_id) is None:
        raise ProOnly
    return here


class Answer(BaseModel):
    """What the model said."""

    role: str
    text: str


app = FastAPI(title="A complete product", lifespan=web.lifespan)
web.install(app)
app.include_router(web.health())  # /livez and /readyz, for whoever runs it.


@app.post("/api/me/chats/{chat_id}/answer", status_code=201)
async def answer(chat_id: Annotated[str, Path(max_length=255)], here: Annotated[Principal, Depends(pro)]) -> Answer:
    """Have the model answer, which in this example is an echo."""
    said = (await ai_chats.messages(chat_id, user_id=here.user_id)).items
    text = f"You said {len(said)} things."
    await ai_chats.append(chat_id, role="assistant", text=text, user_id=here.user_id)
    return Answer(role="assistant", text=text)


app.add_api_route("/webhooks/stripe", stripe_webhook.hear, methods=["POST"])
app.include_router(web.router(), prefix="/api")
