//! The licence page of an installation (system E).

super::texts! {
    title: "License", "Licence";
    menu: "Activate a key", "Activer une clé";
    intro: "What this installation itself may do. Keys add up: each one that is activated brings its devices.",
        "Ce que cette installation peut faire elle-même. Les clés s’additionnent : chacune apporte ses appareils.";
    intro_other: "What this customer’s installation may do. Keys add up: each one that is activated brings its devices.",
        "Ce que l’installation de ce client peut faire. Les clés s’additionnent : chacune apporte ses appareils.";
    to_own: "Back to our own", "Retour à la nôtre";
    other: "Another installation, by its name", "Une autre installation, par son nom";
    show: "Show", "Afficher";
    unknown: "There is no installation of this name; our own is shown.",
        "Il n’y a pas d’installation de ce nom ; voici la nôtre.";
    key: "License key", "Clé de licence";
    activate: "Activate License", "Activer la licence";
    missing: "License key is required.", "La clé de licence est nécessaire.";
    done: "License activated successfully.", "La licence est activée.";
    again: "License was active already.", "La licence était déjà active.";
    tier_unknown: "The tier of this key is not known here: the vendor has no policy for it. Ask the vendor.",
        "Le palier de cette clé n’est pas connu ici : le vendeur n’a pas de politique pour lui. Adressez-vous au vendeur.";
    wait: "Too many wrong keys were tried. Try again in {}.", "Trop de clés erronées ont été essayées. Réessayez dans {}.";
    tier: "Tier", "Palier";
    total: "Total devices", "Appareils en tout";
    free: "free", "gratuits";
    in_use: "In use", "Utilisés";
    company: "Company", "Société";
    expires: "Expires", "Expire";
    perpetual: "Perpetual", "Perpétuelle";
    status: "Status", "État";
    devices: "Devices", "Appareils";
    licenses: "Activated keys", "Clés activées";
    none: "No key is activated yet: the free tier is what there is.", "Aucune clé n’est encore activée : seul le palier gratuit est là.";
    active: "Active", "Active";
    over_grace: "More devices are in use than are licensed. All of them run on until {}, then those activated last are blocked.",
        "Plus d’appareils sont utilisés que licenciés. Tous fonctionnent jusqu’au {}, puis les derniers activés sont bloqués.";
    over: "More devices are in use than are licensed: those activated last are blocked.",
        "Plus d’appareils sont utilisés que licenciés : les derniers activés sont bloqués.";
}
