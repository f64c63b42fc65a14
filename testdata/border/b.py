"""System B as its document has it: 12-character keys, and dates as datetime.isoformat() writes them.

Reads a list of requests as JSON from standard input and writes the list of answers to standard output.
"""
import json
import random
import re
import string
import sys
from datetime import datetime, timedelta

ALPHABET = string.ascii_uppercase + string.digits


def make(seed, count):
    """Keys as the pool's first generator drew them: twelve of A-Z and 0-9."""
    draw = random.Random(seed)
    return ["".join(draw.choices(ALPHABET, k=12)) for _ in range(count)]


def verify(keys):
    return [re.match(r"^[A-Z0-9]{12}$", key) is not None for key in keys]


def expire(micros, days):
    """Both dates of an activation; null for an end that Python's calendar does not have."""
    activation = datetime(1970, 1, 1) + timedelta(microseconds=micros)
    try:
        expiration = (activation + timedelta(days=days)).isoformat()
    except OverflowError:
        expiration = None
    return {"activation_date": activation.isoformat(), "expiration_date": expiration}


OPS = {"make": make, "verify": verify, "expire": expire}
json.dump([OPS[request.pop("op")](**request) for request in json.load(sys.stdin.buffer)], sys.stdout)
