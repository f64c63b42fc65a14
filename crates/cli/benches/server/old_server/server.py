"""A server of system C as its document describes one: Flask under gunicorn, a connection to PostgreSQL for each question.

Seal, then the stored and active row, then the end; a line in the log for each; the limiter is there, and off.
"""
import hashlib
import hmac
import logging
import os
import time

import psycopg2
from flask import Flask, jsonify, request
from flask_cors import CORS
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

FIND = "SELECT user_id, tier, expires_at, active, features FROM licenses WHERE license_key = %s AND active = TRUE"
FEATURES = {
    "free": ["basic_dashboard", "manual_trading", "basic_analytics", "community_read"],
    "pro": ["basic_dashboard", "manual_trading", "basic_analytics", "community_read", "ai_agents_3", "advanced_analytics",
            "strategy_marketplace", "copy_trading", "priority_support"],
    "elite": ["basic_dashboard", "manual_trading", "basic_analytics", "community_read", "ai_agents_unlimited",
              "advanced_analytics", "strategy_marketplace", "copy_trading", "priority_support", "market_intelligence",
              "custom_strategies", "api_access", "whale_tracking", "premium_community"],
}
SECRET = os.environ["MASTER_KEY"].encode()

app = Flask(__name__)
CORS(app, origins=["https://app.example.com"])
limiter = Limiter(app=app, key_func=get_remote_address, default_limits=["100 per hour"], enabled=False)
logging.basicConfig(level=logging.INFO)
log = logging.getLogger(__name__)


def fits(key):
    parts = key.split("-")
    if len(parts) != 4 or parts[0] != "QF":
        return False
    prefix, tier, seal, at = parts
    return seal == hmac.new(SECRET, f"{prefix}-{tier}-{at}".encode(), hashlib.sha256).hexdigest()[:16]


def find(key):
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    cursor = connection.cursor()
    cursor.execute(FIND, (key,))
    row = cursor.fetchone()
    cursor.close()
    connection.close()
    return row


def refused(status, error):
    return jsonify({"valid": False, "error": error}), status


@app.post("/api/verify")
@limiter.limit("10 per minute")
def verify():
    body = request.get_json()
    if not body or "license" not in body:
        return refused(400, "Missing license key")
    key = body["license"]
    log.info("asked by %s about %s...", body.get("origin", "unknown"), key[:10])
    if not fits(key):
        return refused(401, "Invalid license signature")
    row = find(key)
    if row is None:
        return refused(401, "License not found")
    user, tier, end, _, _ = row
    end = int(end.timestamp() * 1000)
    if end < int(time.time() * 1000):
        return refused(401, "License expired")
    log.info("%s... is valid, tier %s", key[:10], tier)
    return jsonify({"valid": True, "tier": tier, "expiresAt": end, "userId": user, "features": FEATURES[tier]})
