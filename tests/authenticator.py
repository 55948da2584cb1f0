"""A device that keeps passkeys, and the browser in front of it, in software.

It does what WebAuthn says they do and no more than tests need: ES256, attestation "none", keys that the device offers
by itself, a counter, and the flags. What it signs is put together here, without the library under test.

::

    device = Authenticator()
    ceremony = await passkeys.registration_options(user=user)
    await passkeys.register(user_id=user.id, token=ceremony.token, response=device.create(ceremony.options))
"""

import copy
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from core.settings import settings

Json = dict[str, Any]

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
ES256 = -7


class Excluded(Exception):
    """The device has one of the keys already that it was told to leave out (a browser's InvalidStateError)."""


class NotAllowed(Exception):
    """The device has no key for this, or the page may not ask (a browser's NotAllowedError or SecurityError)."""


@dataclass
class Key:
    """A key pair, whose it is and how often it was used."""

    credential_id: bytes
    private: ec.EllipticCurvePrivateKey
    rp_id: str
    user_handle: bytes
    counter: int = 0


@dataclass
class Authenticator:
    """A device. What it is and does can be changed at any time, also to what no good device does."""

    counts: bool = True
    """Whether it counts; a passkey that lives on many devices doesn't, and always says 0."""
    verifies: bool = True
    present: bool = True
    backup_eligible: bool = False
    backed_up: bool = False
    transports: tuple[str, ...] = ("internal",)
    aaguid: bytes = bytes(16)
    origin: str | None = None
    """Where the page is; STYLOBATE_BASE_URL unless told otherwise."""
    rp_id: str | None = None
    """For whom it signs, whatever it was asked; what it was asked when None."""
    cross_origin: bool = False
    keys: list[Key] = field(default_factory=list)

    def create(self, options: Json) -> Json:
        """``navigator.credentials.create``, as ``PublicKeyCredential.toJSON`` gives it."""
        rp_id = self._allowed(options["rp"]["id"])
        excluded = {decoded(each["id"]) for each in options["excludeCredentials"]}
        if any(key.credential_id in excluded for key in self.keys):
            raise Excluded
        assert {"type": "public-key", "alg": ES256} in options["pubKeyCredParams"]
        handle = decoded(options["user"]["id"])
        assert 1 <= len(handle) <= 64
        private = ec.generate_private_key(ec.SECP256R1())
        key = Key(secrets.token_bytes(32), private, rp_id, handle)
        # A device has one key for a person at a site.
        self.keys = [other for other in self.keys if (other.rp_id, other.user_handle) != (rp_id, handle)]
        self.keys.append(key)

        public = private.public_key().public_numbers()
        cose = {1: 2, 3: ES256, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        attested = self.aaguid + len(key.credential_id).to_bytes(2, "big") + key.credential_id + cbor2.dumps(cose)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._signed_data(key, ATTESTED) + attested}
        return self._credential(
            key,
            {
                "clientDataJSON": encoded(self._client_data("webauthn.create", options["challenge"])),
                "attestationObject": encoded(cbor2.dumps(attestation)),
                "transports": list(self.transports),
            },
        )

    def get(self, options: Json) -> Json:
        """``navigator.credentials.get``: with the newest key that fits."""
        rp_id = self._allowed(options["rpId"])
        allowed = {decoded(each["id"]) for each in options["allowCredentials"]}
        fitting = [key for key in self.keys if key.rp_id == rp_id and (not allowed or key.credential_id in allowed)]
        if not fitting:
            raise NotAllowed
        key = fitting[-1]
        if self.counts:
            key.counter += 1
        client_data = self._client_data("webauthn.get", options["challenge"])
        signed = self._signed_data(key)
        signature = key.private.sign(signed + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            key,
            {
                "clientDataJSON": encoded(client_data),
                "authenticatorData": encoded(signed),
                "signature": encoded(signature),
                "userHandle": encoded(key.user_handle),
            },
        )

    def cloned(self) -> "Authenticator":
        """A copy that somebody made of it, with its keys and its counters."""
        clone = copy.copy(self)
        clone.keys = [copy.copy(key) for key in self.keys]
        return clone

    def _allowed(self, rp_id: str) -> str:
        """Browsers take a site's name or one above it, and no address."""
        host = (urlsplit(settings().base_url).hostname or "").encode("idna").decode()
        if host != rp_id and not host.endswith(f".{rp_id}"):
            raise NotAllowed
        return rp_id

    def _client_data(self, kind: str, challenge: str) -> bytes:
        url = urlsplit(settings().base_url)
        origin = self.origin or f"{url.scheme}://{url.netloc}"
        data = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": self.cross_origin}
        return json.dumps(data, separators=(",", ":")).encode()

    def _signed_data(self, key: Key, flags: int = 0) -> bytes:
        """Authenticator data, up to the attested key."""
        flags |= USER_PRESENT * self.present | USER_VERIFIED * self.verifies
        flags |= BACKUP_ELIGIBLE * self.backup_eligible | BACKED_UP * self.backed_up
        rp_id = self.rp_id or key.rp_id
        return sha256(rp_id.encode()).digest() + bytes([flags]) + key.counter.to_bytes(4, "big")

    @staticmethod
    def _credential(key: Key, response: Json) -> Json:
        return {
            "id": encoded(key.credential_id),
            "rawId": encoded(key.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }


def encoded(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "===")  # Too much padding is no error, and too little is.
