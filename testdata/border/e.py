"""System E as its document has it: LK- keys of both versions, with Python's gzip and hmac.

Reads a list of requests as JSON from standard input and writes the list of answers to standard output.
"""
import base64
import gzip
import hashlib
import hmac
import json
import sys


def tag(secret, text):
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def check(secret, signed):
    return tag(secret, signed).hex()[:4].upper()


def signature(secret, encoded):
    return base64.b64encode(tag(secret, encoded)).decode()[:8].replace("+", "-").replace("/", "_")


def make(secret, tier=None, random=None, payload=None, level=9):
    if payload is None:
        signed = f"LK-1-{tier.upper()}-{random}"
        return f"{signed}-{check(secret, signed)}"
    packed = gzip.compress(json.dumps(payload).encode(), compresslevel=level)
    encoded = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return f"LK-2-{encoded}-{signature(secret, encoded)}"


def payload_of(secret, encoded, found):
    if found != signature(secret, encoded):
        return None
    packed = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return json.loads(gzip.decompress(packed))


def verify(secret, license_key):
    """V1: whether the check fits. V2: the payload, as read by the last eight characters and by the last hyphen."""
    if license_key.startswith("LK-1-"):
        signed, found = license_key.rsplit("-", 1)
        return found == check(secret, signed)
    body = license_key.removeprefix("LK-2-")
    older = body.rsplit("-", 1)
    return {
        "last_eight": payload_of(secret, body[:-9], body[-8:]),
        "last_hyphen": payload_of(secret, *older),
    }


OPS = {"make": make, "verify": verify}
json.dump([OPS[request.pop("op")](**request) for request in json.load(sys.stdin.buffer)], sys.stdout)
