//! What a licence says, field by field.

super::texts! {
    scheme: "Kind", "Type";
    license_id: "Licence", "Licence";
    product: "Product", "Produit";
    holder: "For", "Pour";
    tier: "Type or tier", "Type ou palier";
    features: "Features", "Fonctions";
    devices: "Devices", "Appareils";
    limits: "Limits", "Limites";
    pools: "Device pools", "Groupes d’appareils";
    device: "Only on the device", "Seulement sur l’appareil";
    issued: "Issued", "Émise";
    not_before: "Begins", "Débute";
    expires: "Ends", "Fin";
    perpetual: "Perpetual", "Perpétuelle";
    not_in_key: "not in the key; the server knows", "pas dans la clé ; le serveur le sait";
    grace: "Days of grace", "Jours de grâce";
    trial: "Trial", "Essai";
    trial_days: "{} days from the first start on each device", "{} jours dès le premier démarrage sur chaque appareil";
    yes: "yes", "oui";
}
