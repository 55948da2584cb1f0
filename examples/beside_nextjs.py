"""A service beside a Next.js application with better-auth, on its database: docs/better-auth.md is the guide to it.

Run it from the project's root: ``uvicorn examples.beside_nextjs:app --port 8000``.
"""

from fastapi import FastAPI

from core import members, organizations, web

app = FastAPI(title="Beside Next.js", lifespan=web.lifespan)
web.install(app)
app.include_router(web.health())


@app.get("/api/py/me")
async def who_am_i(user: web.CurrentUser) -> dict[str, str]:
    """Who am I? The cookie that better-auth has set says it."""
    return {"id": user.id, "name": user.name, "email": user.email}


@app.get("/api/py/organizations")
async def list_organizations(here: web.CurrentSession) -> list[dict[str, str]]:
    """Where am I a member?"""
    found = await organizations.list_for_user(user_id=here.user_id)
    return [{"id": each.id, "name": each.name} for each in found.items]


@app.get("/api/py/organizations/{organization_id}/members")  # noqa: FAST003  CurrentMember takes it
async def list_members(actor: web.CurrentMember) -> list[dict[str, str]]:
    """Who else is? Somebody who is no member gets 404."""
    found = await members.list_members(actor)
    return [{"user_id": each.user_id, "role": each.role} for each in found.items]
