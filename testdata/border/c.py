"""System C as its document has it: tiered keys under an HMAC of the master key's text.

Reads a list of requests as JSON from standard input and writes the list of answers to standard output.
"""
import hashlib
import hmac
import json
import sys


def signature(master_key, signed):
    return hmac.new(master_key.encode(), signed.encode(), hashlib.sha256).hexdigest()[:16]


def make(master_key, tier, timestamp):
    tier = tier.upper()
    return f"QF-{tier}-{signature(master_key, f'QF-{tier}-{timestamp}')}-{timestamp}"


def verify(master_key, license_key):
    """The document's verify_license_signature: four parts, the prefix, and the signature over the other three."""
    parts = license_key.split("-")
    if len(parts) != 4 or parts[0] != "QF":
        return False
    _, tier, found, timestamp = parts
    return found == signature(master_key, f"QF-{tier}-{timestamp}")


OPS = {"make": make, "verify": verify}
json.dump([OPS[request.pop("op")](**request) for request in json.load(sys.stdin.buffer)], sys.stdout)
