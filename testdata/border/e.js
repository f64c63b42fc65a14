// System E as its document has it: LK- keys of both versions, with Node's zlib and crypto.
//
// Reads a list of requests as JSON from standard input and writes the list of answers to standard output.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const zlib = require("node:zlib");

const tag = (secret, text) => crypto.createHmac("sha256", secret).update(text);
const check = (secret, signed) => tag(secret, signed).digest("hex").slice(0, 4).toUpperCase();
const signature = (secret, encoded) =>
  tag(secret, encoded).digest("base64").slice(0, 8).replaceAll("+", "-").replaceAll("/", "_");

function payloadOf(secret, encoded, found) {
  if (found !== signature(secret, encoded)) return null;
  return JSON.parse(zlib.gunzipSync(Buffer.from(encoded, "base64url")).toString("utf8"));
}

const ops = {
  make({ secret, tier, random, payload, level }) {
    if (payload === undefined) {
      const signed = `LK-1-${tier.toUpperCase()}-${random}`;
      return `${signed}-${check(secret, signed)}`;
    }
    const encoded = zlib.gzipSync(JSON.stringify(payload), { level }).toString("base64url");
    return `LK-2-${encoded}-${signature(secret, encoded)}`;
  },

  // V1: whether the check fits. V2: the payload, as read by the last eight characters and by the last hyphen.
  verify({ secret, license_key }) {
    if (license_key.startsWith("LK-1-")) {
      const cut = license_key.lastIndexOf("-");
      return license_key.slice(cut + 1) === check(secret, license_key.slice(0, cut));
    }
    const body = license_key.slice("LK-2-".length);
    const cut = body.lastIndexOf("-");
    return {
      last_eight: payloadOf(secret, body.slice(0, -9), body.slice(-8)),
      last_hyphen: payloadOf(secret, body.slice(0, cut), body.slice(cut + 1)),
    };
  },
};

const requests = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(requests.map((request) => ops[request.op](request))));
