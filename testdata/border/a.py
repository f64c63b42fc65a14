"""System A as its document has it: client records signed over json.dumps, made and checked with Python's own tools.

Reads a list of requests as JSON from standard input and writes the list of answers to standard output.
"""
import functools
import json
import sys
from datetime import datetime, timedelta, timezone

import rsa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

load_private = functools.cache(lambda pem: serialization.load_pem_private_key(pem.encode(), password=None))
load_public = functools.cache(lambda pem: serialization.load_pem_public_key(pem.encode()))
load_rsa_public = functools.cache(lambda pem: rsa.PublicKey.load_pkcs1_openssl_pem(pem.encode()))


def dumps(data, profile):
    if profile == "text_sorted":
        return json.dumps(data, sort_keys=True, separators=(",", ":"))
    return json.dumps(data)


def fields(profile, client_id, license_type, now, days):
    issued = datetime.fromtimestamp(now, tz=timezone.utc)
    if profile == "epoch":
        exp = issued + timedelta(days=days)
        return {
            "client_id": client_id,
            "license_type": license_type,
            "exp": int(exp.timestamp()),
            "issued_at": int(issued.timestamp()),
        }
    text = "%Y-%m-%d %H:%M:%S"
    never = license_type == "Premium" or days is None
    return {
        "client_id": client_id,
        "license_type": license_type,
        "issued_at": issued.strftime(text),
        "exp": "Never" if never else (issued + timedelta(days=days)).strftime(text),
    }


def sign(private_key, profile, **asked):
    """The record as the generator stores it, with the signature beside its fields."""
    data = fields(profile, **asked)
    signed = dumps(data, profile).encode()
    signature = load_private(private_key).sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return dumps({**data, "signature": signature.hex()}, profile)


def verify(public_key, profile, record):
    """What the two usual libraries say of a record, and the client as Python reads it."""
    data = json.loads(record)
    signature = bytes.fromhex(data.pop("signature"))
    signed = dumps(data, profile).encode()
    try:
        load_public(public_key).verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        by_cryptography = True
    except InvalidSignature:
        by_cryptography = False
    try:
        by_rsa = rsa.verify(signed, signature, load_rsa_public(public_key)) == "SHA-256"
    except rsa.VerificationError:
        by_rsa = False
    return {"cryptography": by_cryptography, "rsa": by_rsa, "client_id": data["client_id"]}


OPS = {"sign": sign, "verify": verify}
json.dump([OPS[request.pop("op")](**request) for request in json.load(sys.stdin.buffer)], sys.stdout)
