"""An OpenID Connect provider on this machine, which can be made to misbehave. It is GitHub, too, at other addresses."""

import asyncio
import hmac
import json
import socket
import threading
from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

import httpx
import uvicorn
from joserfc import jws
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from core import clock

CLIENT_ID, CLIENT_SECRET = "the-client", "the client's secret: ü%&+"
ACCESS_LIFETIME = 3_600

_ANYTHING = JWSRegistry({"x-vendor": HeaderParameter("the vendor's", "str")}, strict_check_header=False)


class OidcProvider:
    """What the provider knows, and how it behaves. Attributes are set by tests; ``reset`` makes it honest again."""

    def __init__(self) -> None:
        self.url = ""
        self._heard = threading.Condition()
        # Making one takes long.
        self._keys = [RSAKey.generate_key(2048, {"kid": f"key-{number}", "use": "sig"}) for number in range(2)]
        self.another_key = RSAKey.generate_key(2048)
        self.reset()

    def reset(self) -> None:
        self.person: dict[str, Any] = {
            "sub": "248289761001",
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada Lovelace",
            "picture": "https://example.com/ada.png",
        }
        self.claims: dict[str, Any] = {}
        """What the id token says instead; None leaves a claim out."""
        self.header: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any], dict[str, Any]], str | None] = self.signed
        self.userinfo: dict[str, Any] | None = None
        """What the userinfo says instead of the id token, which then has only the ``sub``."""
        self.metadata: dict[str, Any] = {}
        self.issued: dict[str, Any] = {}
        """What the token endpoint says besides or instead."""
        self.emails: Any = None
        """GitHub's list of addresses, instead of the person's one."""
        self.answers: dict[str, Response] = {}
        """What a path answers, instead of what it should."""
        self.delay: dict[str, float] = {}
        """Seconds that a path takes longer."""
        self.gates: dict[str, threading.Event] = {}
        """What a path waits for before it answers."""
        self.rotates = True
        """Whether a refresh token works once."""
        self.asked: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh_tokens: set[str] = set()
        self.access_tokens: set[str] = set()
        self.secrets: set[str] = set()
        """Every code and token that was issued."""
        self.key = self._keys[0]

    def rotate(self) -> None:
        """Sign with a new key, and forget the old one."""
        self.key = self._keys[self._keys.index(self.key) + 1]

    def signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jws.serialize_compact(header, json.dumps(claims), self.key, registry=_ANYTHING)

    def unsigned(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """With ``alg: none``, as if that were a signature."""
        parts = ({**header, "alg": "none"}, claims)
        return ".".join([*(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), ""])

    def signed_with_the_public_key(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """With HS256 and what everybody knows as the secret."""
        header = {**header, "alg": "HS256"}
        signing_input = self.unsigned(header, claims).rpartition(".")[0].split(".")[1]
        head = urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
        mac = hmac.digest(self.key.as_pem(private=False), f"{head}.{signing_input}".encode(), "sha256")
        return f"{head}.{signing_input}.{urlsafe_b64encode(mac).decode().rstrip('=')}"

    def signed_by_somebody_else(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """With another key under the same name."""
        return jws.serialize_compact(header, json.dumps(claims), self.another_key, registry=_ANYTHING)

    # The person's browser.

    async def visit(self, url: str) -> dict[str, str]:
        """Open the address that the browser is sent to, agree, and return what it brings back."""
        async with httpx.AsyncClient(trust_env=False) as browser:
            response = await browser.get(url)
        assert response.status_code == 302, response.text
        return query(response.headers["location"])

    async def until_asked(self, path: str) -> None:
        """Wait until somebody has asked this."""

        def wait() -> bool:
            with self._heard:
                return self._heard.wait_for(lambda: self.asked[path] > 0, 30)

        assert await asyncio.to_thread(wait)

    # The doors.

    def app(self) -> Starlette:
        doors = {
            "/.well-known/openid-configuration": self._configuration,
            "/jwks": self._jwks,
            "/authorize": self._authorize,
            "/token": self._token,
            "/userinfo": self._userinfo,
            "/elsewhere": self._userinfo,
            "/login/oauth/authorize": self._authorize,
            "/login/oauth/access_token": self._github_token,
            "/api/v3/user": self._github_user,
            "/api/v3/user/emails": self._github_emails,
        }
        routes = [Route(path, self._door(path, answer), methods=["GET", "POST"]) for path, answer in doors.items()]
        return Starlette(routes=routes)

    def _door(self, path: str, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def opened(request: Request) -> Response:
            self.headers[path] = dict(request.headers)
            with self._heard:
                self.asked[path] += 1
                self._heard.notify_all()
            await asyncio.sleep(self.delay.get(path, 0))
            if gate := self.gates.get(path):
                await asyncio.to_thread(gate.wait, 30)
            return self.answers.get(path) or await answer(request)

        return opened

    async def _configuration(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "authorization_response_iss_parameter_supported": True,
                **self.metadata,
            }
        )

    async def _jwks(self, _: Request) -> Response:
        unknown = {"kty": "AKP", "kid": "from the future", "alg": "ML-DSA-44", "pub": "AAAA"}
        broken = {"kty": "RSA", "kid": "broken", "n": 1}
        return JSONResponse({"keys": [unknown, broken, "nonsense", self.key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert asked["code_challenge_method"] == "S256"
        code = self._secret("code")
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self._issuer(request)}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    def _issuer(self, request: Request) -> str:
        return f"{self.url}/login/oauth" if request.url.path.startswith("/login/") else self.url

    async def _token(self, request: Request) -> Response:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        form = dict(parse_qsl((await request.body()).decode()))
        if scheme == "Basic":
            client = b64decode(credentials).decode("latin-1")
        else:
            client = f"{form.get('client_id')}:{form.get('client_secret')}"
        if client != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return JSONResponse({"error": "invalid_client"}, 401)
        nonce = None
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh_tokens:
                return JSONResponse({"error": "invalid_grant"}, 400)
            if self.rotates:
                self.refresh_tokens.remove(form["refresh_token"])
        else:
            begun = self._begun(form["code"], form["code_verifier"], form["redirect_uri"])
            if begun is None:
                return JSONResponse({"error": "invalid_grant", "error_description": "a used code"}, 400)
            nonce = begun.get("nonce")
        answer = {
            "access_token": self._secret("access"),
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFETIME,
            "scope": "openid email profile",
            "refresh_token": self._secret("refresh"),
            "id_token": self._id_token(nonce),
            **self.issued,
        }
        self.access_tokens.add(answer["access_token"])
        self.refresh_tokens.add(answer["refresh_token"])
        return JSONResponse({name: value for name, value in answer.items() if value is not None})

    def _begun(self, code: str, verifier: str, redirect_uri: str) -> dict[str, str] | None:
        """What a code was issued for, if it was, is used for the first time and by who began."""
        begun = self.codes.pop(code, None)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        proved = begun is not None and (begun["code_challenge"], begun["redirect_uri"]) == (challenge, redirect_uri)
        return begun if proved else None

    def _id_token(self, nonce: str | None) -> str | None:
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **({"sub": self.person["sub"]} if self.userinfo is not None else self.person),
            **self.claims,
        }
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        token = self.sign(header, {name: value for name, value in claims.items() if value is not None})
        if token:
            self.secrets.add(token)
        return token

    async def _userinfo(self, request: Request) -> Response:
        if not self._welcome(request):
            return JSONResponse({"error": "invalid_token"}, 401)
        told = self.userinfo if self.userinfo is not None else self.person
        return Response(json.dumps(told), media_type="application/json")

    async def _github_token(self, request: Request) -> Response:
        """GitHub says everything with 200, and JSON only to who asks for it."""
        form = dict(parse_qsl((await request.body()).decode()))
        assert request.headers["accept"] == "application/json"
        if (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "incorrect_client_credentials"})
        if self._begun(form["code"], form["code_verifier"], form["redirect_uri"]) is None:
            return JSONResponse({"error": "bad_verification_code", "error_description": "a used code"})
        access = self._secret("gho")
        self.access_tokens.add(access)
        return JSONResponse({"access_token": access, "token_type": "bearer", "scope": "read:user,user:email"})

    async def _github_user(self, request: Request) -> Response:
        if not self._welcome(request):
            return JSONResponse({"message": "Bad credentials"}, 401)
        return JSONResponse({"id": 583231, "login": "ada", "name": None, "email": None, "avatar_url": "javascript:1"})

    async def _github_emails(self, request: Request) -> Response:
        assert self._welcome(request)
        if self.emails is not None:
            return JSONResponse(self.emails)
        other = {"email": "other@example.com", "primary": False, "verified": True}
        email, verified = self.person["email"], self.person["email_verified"]
        return JSONResponse([other, {"email": email, "primary": True, "verified": verified}])

    def _welcome(self, request: Request) -> bool:
        return request.headers.get("authorization", "").removeprefix("Bearer ") in self.access_tokens

    def _secret(self, kind: str) -> str:
        secret = f"{kind}-{uuid4().hex}"
        self.secrets.add(secret)
        return secret


def query(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


class _Server(uvicorn.Server):
    """One that says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def serving() -> Iterator[OidcProvider]:
    """Run a provider in a thread of its own, on any free port."""
    provider = OidcProvider()
    config = uvicorn.Config(
        provider.app(), log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        provider.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="oidc", daemon=True)
        thread.start()
        assert server.ready.wait(30)
        try:
            yield provider
        finally:
            server.should_exit = True
            thread.join(30)
