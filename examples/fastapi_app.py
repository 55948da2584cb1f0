"""An API to sign up, sign in and see where one is signed in.

Run it from the project's root: ``uvicorn examples.fastapi_app:app``, then open http://127.0.0.1:8000/docs.
"""

from datetime import datetime

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from core import authentication, sessions, web

app = FastAPI(title="Signing up, in and out", lifespan=web.lifespan)
web.install(app)
app.include_router(web.health())  # /livez and /readyz, for whoever runs it.


class Credentials(BaseModel):
    """What one signs in with."""

    email: str
    password: str


class Newcomer(Credentials):
    """What one signs up with."""

    name: str


class Device(BaseModel):
    """A place where somebody is signed in."""

    id: str
    ip_address: str | None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime | None
    current: bool


@app.post("/sign-up", status_code=201)
async def sign_up(body: Newcomer, request: Request, response: Response) -> dict[str, str]:
    """Join. A browser keeps the cookie, other clients send the token: ``Authorization: Bearer <token>``."""
    signed_in = await authentication.sign_up(
        name=body.name, email=body.email, password=body.password, **web.client(request)
    )
    web.set_session_cookie(response, signed_in.token, secure=request.url.is_secure)
    return {"token": signed_in.token}


@app.post("/sign-in")
async def sign_in(body: Credentials, request: Request, response: Response) -> dict[str, str]:
    """Come back. Somebody with two-factor on is not in yet: ``authentication.complete_second_step`` takes a code."""
    signed_in = await authentication.sign_in(email=body.email, password=body.password, **web.client(request))
    if isinstance(signed_in, authentication.SecondStep):
        response.status_code = 202
        return {"second_step": signed_in.token}
    web.set_session_cookie(response, signed_in.token, secure=request.url.is_secure)
    return {"token": signed_in.token}


@app.get("/me")
async def who_am_i(user: web.CurrentUser) -> dict[str, str]:
    """Who am I?"""
    return {"id": user.id, "name": user.name, "email": user.email}


@app.get("/sessions")
async def list_sessions(here: web.CurrentSession) -> list[Device]:
    """Where am I signed in?"""
    return [
        Device(
            id=session.id,
            ip_address=session.ip_address,
            user_agent=session.user_agent,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            current=session.id == here.session_id,
        )
        for session in await sessions.list_live(user_id=here.user_id)
    ]


@app.delete("/sessions/{session_id}", status_code=204)
async def revoke_session(session_id: str, here: web.CurrentSession) -> None:
    """Sign out over there."""
    await sessions.revoke(session_id=session_id, user_id=here.user_id)


@app.post("/sign-out", status_code=204)
async def sign_out(request: Request, response: Response) -> None:
    """Sign out here."""
    if token := web.session_token(request):
        await authentication.sign_out(token)
    web.clear_session_cookie(response, secure=request.url.is_secure)
