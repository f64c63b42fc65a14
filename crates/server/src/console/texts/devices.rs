//! The list of devices.

super::texts! {
    title: "Devices", "Appareils";
    search: "Search", "Rechercher";
    search_hint: "The beginning of a fingerprint", "Le début d’une empreinte";
    filter: "Search", "Rechercher";
    none: "No licence runs on a device yet.", "Aucune licence ne fonctionne encore sur un appareil.";
    none_found: "No device begins so.", "Aucun appareil ne commence ainsi.";
    clear: "Show all", "Tout afficher";
    some: "More than {} devices begin so. Type more to find fewer.",
        "Plus de {} appareils commencent ainsi. Précisez la recherche.";
    device: "Device", "Appareil";
    license: "Licence", "Licence";
    name: "Name", "Nom";
    pool: "Pool", "Groupe";
    activated: "Activated", "Activé";
    seen: "Last seen", "Vu";
    address: "From", "Depuis";
    release_note: "A device is released on its licence’s page.", "Un appareil se libère sur la page de sa licence.";
}
