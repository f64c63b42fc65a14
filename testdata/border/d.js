// System D as its document has it: licence files signed over JSON.stringify(payload), by Node's own crypto.
//
// Reads a list of requests as JSON from standard input and writes the list of answers to standard output.
"use strict";
process.env.TZ = "UTC";
const crypto = require("node:crypto");
const fs = require("node:fs");

const keys = new Map();
function load(pem, read) {
  if (!keys.has(pem)) keys.set(pem, read(pem));
  return keys.get(pem);
}

const ops = {
  // The content of the .key file that the generator writes.
  make({ private_key, product, licenseType, issuedTo, deviceId, issuedAt, months, gracePeriodDays, extra }) {
    const issued = new Date(issuedAt);
    const expires = new Date(issued);
    expires.setMonth(expires.getMonth() + months);
    const payload = {
      product,
      licenseType,
      issuedTo,
      deviceId,
      issuedAt: issued.toISOString(),
      expiresAt: expires.toISOString(),
      gracePeriodDays,
      ...extra,
    };
    const key = load(private_key, crypto.createPrivateKey);
    const signature = crypto.sign("sha256", Buffer.from(JSON.stringify(payload)), key).toString("base64");
    return JSON.stringify({ payload, signature }, null, 2);
  },

  // What the application makes of a file: whether the signature holds, and what it then reads.
  verify({ public_key, file }) {
    const { payload, signature } = JSON.parse(file);
    const key = load(public_key, crypto.createPublicKey);
    const signed = Buffer.from(JSON.stringify(payload));
    return { valid: crypto.verify("sha256", signed, key, Buffer.from(signature, "base64")), payload };
  },

  stringify({ text }) {
    return JSON.stringify(JSON.parse(text));
  },
};

const requests = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(requests.map((request) => ops[request.op](request))));
