//! The audit log.

super::texts! {
    title: "Audit log", "Journal d’audit";
    event: "Event begins with", "L’événement commence par";
    actor: "By", "Par";
    any: "anybody", "quiconque";
    anonymous: "Unknown", "Inconnu";
    token: "Token", "Jeton";
    user: "Person", "Personne";
    operator: "Command line", "Ligne de commande";
    system: "The program", "Le programme";
    resource: "Id of what it is about", "Id de l’objet concerné";
    from: "From (UTC)", "Du (UTC)";
    to: "To (UTC)", "Au (UTC)";
    filter: "Filter", "Filtrer";
    clear: "Show all", "Tout afficher";
    filter_bad: "A date is written 2027-01-31 or 2027-01-31 12:00, an id as it stands in the address of a page: what could not be read is left out.",
        "Une date s’écrit 2027-01-31 ou 2027-01-31 12:00, un id comme dans l’adresse d’une page ; ce qui n’a pas pu être lu est ignoré.";
    refused: "refused", "refusé";
    at: "When", "Quand";
    what: "What", "Quoi";
    on: "On", "Sur";
    address: "From", "Depuis";
    none: "Nothing was found.", "Rien n’a été trouvé.";
    looked_back_to: "This page looked back to {}.", "Cette page remonte jusqu’au {}.";
    older: "Look further back", "Remonter plus loin";
    only_this: "Only what is about this", "Seulement ce qui concerne ceci";

    verify: "Verify the log", "Vérifier le journal";
    verify_text: "Follows the chain from its first entry to its last and says whether anything was altered, removed, added or moved. It reads the whole log and may take a while.",
        "Suit la chaîne de la première à la dernière entrée et dit si quelque chose a été modifié, retiré, ajouté ou déplacé. Tout le journal est lu, ce qui peut durer.";
    sound: "The log is sound: all {} sealed entries stand as they were written.",
        "Le journal est intact : les {} entrées scellées sont telles qu’elles ont été écrites.";
    broken: "The log is broken. What stands behind the first such place cannot be judged.",
        "Le journal est rompu. Ce qui suit le premier endroit ne peut pas être jugé.";
    signed: "Signed checkpoints that fit: {}.", "Points de contrôle signés qui concordent : {}.";
    unsealed: "Entries that are not sealed yet: {}.", "Entrées pas encore scellées : {}.";
    erased: "Entries whose personal data was erased: {}.", "Entrées dont les données personnelles ont été effacées : {}.";
    outside: "Checkpoints outside the database, compared with it: {}.",
        "Points de contrôle hors de la base, comparés avec elle : {}.";
    outside_unread: "The file of checkpoints outside the database cannot be read: they were not compared.",
        "Le fichier des points de contrôle hors de la base est illisible : ils n’ont pas été comparés.";
    place: "Place", "Place";
    checking: "A check is under way already. Wait for its end and try again.",
        "Une vérification est déjà en cours. Attendez sa fin et réessayez.";

    export: "Export", "Exporter";
    export_text: "The newest 10,000 entries that the filter above lets through. For others choose its dates; the whole log is written by {}.",
        "Les 10 000 entrées les plus récentes que laisse passer le filtre ci-dessus. Pour d’autres, choisissez ses dates ; tout le journal s’écrit avec {}.";
    csv: "As CSV", "En CSV";
    jsonl: "As JSON lines", "En lignes JSON";
}
