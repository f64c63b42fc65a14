//! Installations.

super::texts! {
    title: "Installations", "Installations";
    intro: "Each is one customer’s running copy of a product, in which its licences add up.",
        "Chacune est la copie d’un produit chez un client, dans laquelle ses licences s’additionnent.";
    none: "There is no installation yet.", "Il n’y a pas encore d’installation.";
    name: "Installation", "Installation";
    own: "our own", "la nôtre";
    tier: "Tier", "Niveau";
    licenses: "Active licences", "Licences actives";
    devices: "Devices", "Appareils";
    free: "Free devices", "Appareils gratuits";
    as_policy: "policy", "politique";
    off: "off", "désactivés";
    state: "Status", "État";
    over_grace: "Over until {}", "Dépassement jusqu’au {}";
    over: "Over", "Dépassement";
    since: "Since", "Depuis";
    change: "Change", "Modifier";
    change_text: "So many devices run without a paid licence. With fewer than are in use, all run on for 7 days; then the ones activated last are refused.",
        "Autant d’appareils fonctionnent sans licence payante. S’il y en a moins qu’utilisés, tous continuent 7 jours ; ensuite les derniers activés sont refusés.";
    change_hint: "Left empty, as many as the free tier’s policy says; 0 switches it off.",
        "Vide : selon la politique gratuite ; 0 les désactive.";
    change_done: "The free devices were changed.", "Les appareils gratuits ont été modifiés.";
    number_bad: "Give a number of devices up to 1,000,000, or nothing.", "Indiquez un nombre d’appareils jusqu’à 1 000 000, ou rien.";
}
