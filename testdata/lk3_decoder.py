"""A reader of lk3 licence keys, written from docs/lk3.md and docs/lk3.proto alone.

As a module: decode(key, public_keys, secrets, macs) returns the payload or raises Refused.
As a program: a JSON list of {"key", "public_keys", "secrets", "macs"} on standard input, a list
of answers, {"ok": true, "payload"} or {"ok": false, "code", "reason"}, on standard output.
"""

import base64
import hashlib
import hmac
import json
import re
import sys
import uuid

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_public_key

PREFIX = "LK-3-"
CONTEXT = b"keyward/lk3"
MAX_KEY, MAX_PAYLOAD = 131_072, 65_536
ENCRYPTED, MAC = 0x01, 0x02
HEADER_LEN, SIGNATURE_LEN, MAC_LEN, NONCE_LEN, TAG_LEN = 5, 64, 16, 12, 16
MAX_DAY, MAX_SECOND, MAX_GRACE_DAYS = 2_932_896, 253_402_300_799, 36_500
FIRST_MANDATORY_FIELD = 64

VARINT, FIXED64, BYTES, GROUP, END_GROUP, FIXED32 = range(6)

# Field number: (name, type, repeated, value when absent).
POOL = {
    1: ("name", "string", False, ""),
    2: ("max_devices", "uint64", False, 0),
    3: ("expires", "uint64", False, None),
}
LIMIT = {1: ("key", "string", False, ""), 2: ("value", "uint64", False, 0)}
PAYLOAD = {
    1: ("license_id", "bytes", False, b""),
    2: ("product", "string", False, ""),
    3: ("tier", "string", False, ""),
    4: ("max_devices", "uint64", False, None),
    5: ("company", "string", False, ""),
    6: ("issued", "uint64", False, 0),
    7: ("expires", "uint64", False, None),
    8: ("features", "string", True, None),
    9: ("limits", LIMIT, True, None),
    10: ("device_pools", POOL, True, None),
    11: ("grace_days", "uint64", False, 0),
    12: ("trial", "bool", False, False),
    13: ("not_before", "uint64", False, None),
    14: ("customer_id", "string", False, ""),
    15: ("device_id", "string", False, ""),
    16: ("serial", "uint64", False, None),
    17: ("trial_days", "uint64", False, None),
}


class Refused(Exception):
    """The key is refused; code and reason say why."""

    def __init__(self, code, reason=None):
        super().__init__(code if reason is None else f"{code}: {reason}")
        self.code, self.reason = code, reason


def decode(key, public_keys=(), secrets=(), macs=False):
    """The payload of a key, as a dict; public_keys are PEM texts, secrets are texts.

    A signed key is accepted only if there are public keys, one sealed by a MAC only if macs says so.
    """
    data = unwrap(key)
    if not data:
        raise Refused("MALFORMED")
    flags = data[0]
    if flags & ~(ENCRYPTED | MAC):
        raise Refused("UNSUPPORTED_VERSION")
    seal_len = MAC_LEN if flags & MAC else SIGNATURE_LEN
    if len(data) < HEADER_LEN + seal_len + (NONCE_LEN + TAG_LEN if flags & ENCRYPTED else 0):
        raise Refused("MALFORMED")
    if not (macs and secrets if flags & MAC else public_keys):
        raise Refused("BAD_SIGNATURE", "SEAL_NOT_ACCEPTED")
    sealed, seal, key_id = data[:-seal_len], data[-seal_len:], data[1:HEADER_LEN]

    if flags & MAC:
        secrets = [s for s in secrets if mac_is_valid(s, key_id, sealed, seal)]
        valid = bool(secrets)
    else:
        valid = any(signature_is_valid(p, key_id, sealed, seal) for p in public_keys)
    if not valid:
        raise Refused("BAD_SIGNATURE")

    payload = sealed[HEADER_LEN:]
    if flags & ENCRYPTED:
        payload = decrypt(payload, secrets)
    if len(payload) > MAX_PAYLOAD:
        raise Refused("TOO_LARGE")
    return read_payload(payload)


def unwrap(key):
    """The bytes behind the prefix: strict base64url without padding."""
    if len(key.encode("utf-8", "replace")) > MAX_KEY:
        raise Refused("TOO_LARGE")
    version = re.match("LK-(0|[1-9][0-9]*)-", key)
    if version and version[0] != PREFIX:
        raise Refused("UNSUPPORTED_VERSION")
    match = re.fullmatch(PREFIX + "([A-Za-z0-9_-]*)", key)
    if not match or len(match[1]) % 4 == 1:
        raise Refused("MALFORMED")
    text = match[1]
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:  # unused bits not zero
        raise Refused("MALFORMED")
    return data


def derive(secret, purpose):
    return HKDF(SHA256(), 32, None, CONTEXT + purpose).derive(secret.encode("utf-8"))


def mac_is_valid(secret, key_id, sealed, seal):
    mac_key = derive(secret, b"/mac")
    if hashlib.sha256(mac_key).digest()[:4] != key_id:
        return False
    return hmac.compare_digest(hmac.digest(mac_key, CONTEXT + sealed, "sha256")[:MAC_LEN], seal)


def signature_is_valid(pem, key_id, sealed, seal):
    public_key = load_pem_public_key(pem.encode())
    if not isinstance(public_key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")
    if hashlib.sha256(public_key.public_bytes_raw()).digest()[:4] != key_id:
        return False
    try:
        public_key.verify(seal, CONTEXT + sealed)
    except InvalidSignature:
        return False
    return True


def decrypt(payload, secrets):
    nonce, ciphertext = payload[:NONCE_LEN], payload[NONCE_LEN:]
    for secret in secrets:
        try:
            return AESGCM(derive(secret, b"/enc")).decrypt(nonce, ciphertext, None)
        except InvalidTag:
            pass
    raise Refused("BAD_SIGNATURE", "CANNOT_DECRYPT")


def read_payload(data):
    payload, unknown = read_message(data, PAYLOAD)
    if any(number >= FIRST_MANDATORY_FIELD for number in unknown):
        raise Refused("UNSUPPORTED_VERSION")
    instants = [payload["expires"], payload["not_before"]]
    instants += [pool["expires"] for pool in payload["device_pools"]]
    if (
        len(payload["license_id"]) not in (0, 16)
        or payload["issued"] > MAX_DAY
        or any(instant is not None and instant > MAX_SECOND for instant in instants)
        or payload["grace_days"] > MAX_GRACE_DAYS
        or (payload["trial_days"] or 0) > MAX_GRACE_DAYS
    ):
        raise Refused("MALFORMED")
    license_id = payload["license_id"]
    payload["license_id"] = str(uuid.UUID(bytes=license_id)) if license_id else None
    payload["limits"] = {entry["key"]: entry["value"] for entry in payload["limits"]}
    return payload


def read_message(data, fields):
    """A protobuf message: its known fields by name, and the numbers of the unknown ones."""
    message = {name: [] if repeated else default for name, _, repeated, default in fields.values()}
    unknown, pos = set(), 0
    while pos < len(data):
        number, wire_type, value, pos = read_field(data, pos)
        if number not in fields:
            unknown.add(number)
            continue
        name, kind, repeated, _ = fields[number]
        if wire_type != (VARINT if kind in ("uint64", "bool") else BYTES):
            raise Refused("MALFORMED")
        if kind == "string":
            try:
                value = value.decode("utf-8")
            except UnicodeDecodeError:
                raise Refused("MALFORMED") from None
        elif kind == "bool":
            value = value != 0
        elif isinstance(kind, dict):
            value, _ = read_message(value, kind)
        if repeated:
            message[name].append(value)
        else:
            message[name] = value  # of several, the last one counts
    return message, unknown


def read_field(data, pos):
    """One field: its number, wire type and value, and the position behind it."""
    tag, pos = read_varint(data, pos)
    number, wire_type = tag >> 3, tag & 7
    if not 1 <= number < 1 << 29:
        raise Refused("MALFORMED")
    if wire_type == VARINT:
        value, pos = read_varint(data, pos)
        return number, wire_type, value, pos
    if wire_type == GROUP:
        return number, wire_type, None, skip_group(data, pos, number)
    if wire_type == BYTES:
        length, pos = read_varint(data, pos)
    elif wire_type in (FIXED64, FIXED32):
        length = 8 if wire_type == FIXED64 else 4
    else:
        raise Refused("MALFORMED")
    if length > len(data) - pos:
        raise Refused("MALFORMED")
    return number, wire_type, data[pos:pos + length], pos + length


def skip_group(data, pos, number):
    """The position behind a group (deprecated, but protobuf), groups within it included."""
    open_groups = [number]
    while open_groups:
        tag, after_tag = read_varint(data, pos)
        if tag & 7 == GROUP and 1 <= tag >> 3 < 1 << 29:
            open_groups.append(tag >> 3)
            pos = after_tag
        elif tag & 7 == END_GROUP and tag >> 3 == open_groups.pop():
            pos = after_tag
        else:
            pos = read_field(data, pos)[3]
    return pos


def read_varint(data, pos):
    value = 0
    for shift in range(0, 70, 7):
        if pos >= len(data):
            raise Refused("MALFORMED")
        byte = data[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >= 1 << 64:
                raise Refused("MALFORMED")
            return value, pos
    raise Refused("MALFORMED")


def answer(request):
    try:
        payload = decode(request["key"], request["public_keys"], request["secrets"], request["macs"])
    except Refused as refused:
        return {"ok": False, "code": refused.code, "reason": refused.reason}
    return {"ok": True, "payload": payload}


if __name__ == "__main__":
    json.dump([answer(request) for request in json.load(sys.stdin.buffer)], sys.stdout)
    print()
