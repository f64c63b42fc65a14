"""Makes lk3_corpus.json: a thousand licences as vendors issue them, the same each time."""

import datetime
import json
import pathlib
import random
import uuid

FIRST = ["Nord", "Alpine", "Blue Harbour", "Castell", "Delta", "Ember", "Fjord", "Granite", "Helix", "Iris", "Jupiter",
         "Kestrel", "Lindgren", "Meridian", "Nakamura", "Oakfield", "Pavé", "Quartz", "Rivière", "Sølvberg", "Tanaka",
         "Umbra", "Vega", "Wójcik", "Yarrow", "Zürcher"]
SECOND = ["Foods", "Hotels", "Logistics", "Media", "Energy", "Clinics", "Press", "Retail", "Robotics", "Schools",
          "Shipping", "Software", "Studios", "Transport", "Works"]
FORM = ["GmbH", "Ltd", "Inc.", "SA", "AB", "B.V.", "S.r.l.", "Corporation", "& Co. KG", "Holdings plc", "AG"]
TIERS = [("PRO-10", 10)] * 8 + [("PRO-20", 20)] * 5 + [("PRO-50", 50)] * 3 + [("PRO-100", 100)] * 2 + [("ENTERPRISE", 999)]
PRODUCTS = ["signage", "ledger", "cast", "atlas-cad"]


def licence(rng):
    tier, devices = rng.choice(TIERS)
    issued = datetime.date(2025, 1, 1) + datetime.timedelta(days=rng.randrange(700))
    perpetual = rng.random() < 0.15
    return {
        "license_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "product": rng.choice(PRODUCTS),
        "tier": tier,
        "max_devices": devices,
        "company": " ".join([rng.choice(FIRST), rng.choice(SECOND), rng.choice(FORM)]),
        "issued": issued.isoformat(),
        "expires": None if perpetual else (issued + datetime.timedelta(days=rng.choice([30, 365, 365, 730]))).isoformat(),
    }


def main():
    rng = random.Random(20261122)
    lines = ",\n".join(json.dumps(licence(rng), ensure_ascii=False) for _ in range(1000))
    pathlib.Path(__file__).with_name("lk3_corpus.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
