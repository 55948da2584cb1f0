"""What WebAuthn asks, and what is true of an answer. Nothing here touches the database.

Answers come from outside: what reads them raises whatever the parsers below it raise, and the caller catches it all.
"""

import json
import logging
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, NamedTuple

from pydantic_core import Url, ValidationError
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.crypto import tokens
from core.settings import SettingsInvalid, settings
from models import Passkey, User

_log = logging.getLogger(__name__)

_LONGEST_RESPONSE = 65_536
"""Characters. An answer with a long chain of certificates has some 8,000."""
_LONGEST_CREDENTIAL_ID = 1_023
"""Bytes, by the standard."""
# As better-auth writes them; the library's own values are spelled otherwise.
_DEVICE_TYPES = {CredentialDeviceType.SINGLE_DEVICE: "singleDevice", CredentialDeviceType.MULTI_DEVICE: "multiDevice"}
_TRANSPORTS = {transport.value: transport for transport in AuthenticatorTransport}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HANDLE = re.compile(rb"[0-9a-f]{64}")


class Site(NamedTuple):
    """Whom passkeys are for."""

    rp_id: str
    origin: str


class Made(NamedTuple):
    """A new passkey, in the table's terms."""

    credential_id: str
    public_key: str
    counter: int
    device_type: str
    backed_up: bool
    transports: str | None
    aaguid: str


class Answer(NamedTuple):
    """What a device says before anything of it is verified."""

    credential_id: str
    user_handle: bytes | None
    credential: AuthenticationCredential


class Proof(NamedTuple):
    """What a device has signed."""

    counter: int
    backed_up: bool
    device_type: str
    user_verified: bool


def site() -> Site:
    """The host and the origin of ``STYLOBATE_BASE_URL``, in the form in which browsers say them.

    Raises:
        SettingsInvalid: it has no host, or an address instead of a name, which browsers refuse.
    """
    try:
        url = Url(settings().base_url)
    except ValidationError:
        raise _unfit() from None
    if not url.host or url.scheme not in _DEFAULT_PORTS or _is_address(url.host):
        raise _unfit()
    port = "" if url.port == _DEFAULT_PORTS[url.scheme] else f":{url.port}"
    return Site(url.host, f"{url.scheme}://{url.host}{port}")


def _unfit() -> SettingsInvalid:
    return SettingsInvalid(
        "STYLOBATE_BASE_URL: browsers keep passkeys for a host that has a name, and not for an address",
        remedy="set it to https:// and the name; on a laptop, to http://localhost:8000",
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def creation_options(
    site: Site, *, user: User, exclude: Iterable[Passkey], challenge: str, lifetime: timedelta
) -> dict[str, Any]:
    """What ``navigator.credentials.create`` is given."""
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=settings().app_name,
        user_id=_handle(user.id),
        user_name=user.email,
        user_display_name=user.name,
        challenge=base64url_to_bytes(challenge),
        timeout=int(lifetime.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            # A key that the device can't offer by itself is of no use to somebody who has not said who they are.
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[_descriptor(passkey) for passkey in exclude],
    )
    return options_to_json_dict(options)


def request_options(site: Site, *, allow: Iterable[Passkey], challenge: str, lifetime: timedelta) -> dict[str, Any]:
    """What ``navigator.credentials.get`` is given."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        challenge=base64url_to_bytes(challenge),
        timeout=int(lifetime.total_seconds() * 1000),
        allow_credentials=[_descriptor(passkey) for passkey in allow],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    names = (passkey.transports or "").split(",")
    transports = [_TRANSPORTS[name] for name in names if name in _TRANSPORTS]
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id), transports=transports or None)


def _handle(user_id: str) -> bytes:
    """What a device keeps as the name of a person: 64 bytes, the most there may be, where an id has up to 255."""
    return tokens.digest(f"passkey-user:{user_id}").encode()


def is_somebody_elses(handle: bytes | None, *, user_id: str) -> bool:
    """Whether a user handle was made here, for somebody else.

    better-auth makes a handle of 32 random letters for every passkey and forgets it: nobody can say whose that is.
    """
    return handle is not None and _HANDLE.fullmatch(handle) is not None and handle != _handle(user_id)


def made(response: str | dict[str, Any], *, site: Site, challenge: str) -> Made:
    """Verify what ``navigator.credentials.create`` gave."""
    credential = parse_registration_credential_json(_json(response))
    _check_frame(credential.response.client_data_json, site=site)
    verified = verify_registration_response(
        credential=credential,
        expected_challenge=base64url_to_bytes(challenge),
        expected_rp_id=site.rp_id,
        expected_origin=site.origin,
    )
    if credential.raw_id != verified.credential_id or len(verified.credential_id) > _LONGEST_CREDENTIAL_ID:
        raise ValueError("the id is not the attested one, or too long")
    # A key that nothing can be verified with would be noticed only when somebody wants to sign in.
    decoded_public_key_to_cryptography(decode_credential_public_key(verified.credential_public_key))
    transports = dict.fromkeys(transport.value for transport in credential.response.transports or ())
    return Made(
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=b64encode(verified.credential_public_key).decode(),
        counter=verified.sign_count,
        device_type=_DEVICE_TYPES[verified.credential_device_type],
        backed_up=verified.credential_backed_up,
        transports=",".join(transports) or None,
        aaguid=verified.aaguid,
    )


def answer(response: str | dict[str, Any]) -> Answer:
    """Read what ``navigator.credentials.get`` gave."""
    credential = parse_authentication_credential_json(_json(response))
    return Answer(bytes_to_base64url(credential.raw_id), credential.response.user_handle, credential)


def proof(answer: Answer, *, site: Site, challenge: str, public_key: str) -> Proof:
    """Verify an answer with the passkey's key. The counter is for the caller to compare."""
    _check_frame(answer.credential.response.client_data_json, site=site)
    verified = verify_authentication_response(
        credential=answer.credential,
        expected_challenge=base64url_to_bytes(challenge),
        expected_rp_id=site.rp_id,
        expected_origin=site.origin,
        credential_public_key=b64decode(public_key),
        credential_current_sign_count=0,
    )
    return Proof(
        counter=verified.new_sign_count,
        backed_up=verified.credential_backed_up,
        device_type=_DEVICE_TYPES[verified.credential_device_type],
        user_verified=verified.user_verified,
    )


def _json(response: str | dict[str, Any]) -> str:
    """One form of the answer, of a bounded length."""
    text = response if isinstance(response, str) else json.dumps(response)
    if len(text) > _LONGEST_RESPONSE:
        raise ValueError("too long")
    return text


def _check_frame(client_data_json: bytes, *, site: Site) -> None:
    """Refuse an answer given in a page that stands within somebody else's, which the library leaves to its caller."""
    client_data = parse_client_data_json(client_data_json)
    if client_data.cross_origin:
        raise ValueError("given within another site's page")
    if client_data.origin != site.origin:
        # Verified again by the library. Whoever set the wrong address finds nothing else in the log.
        _log.info("a passkey was refused: the page it was used on is not at STYLOBATE_BASE_URL")
