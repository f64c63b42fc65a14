//! The list of attempts to validate.

super::texts! {
    title: "Attempts to validate", "Tentatives de validation";
    answer: "Answer", "Réponse";
    refused: "Refused", "Refusées";
    granted: "Granted", "Acceptées";
    any: "All", "Toutes";
    license_id: "Id of the licence", "Id de la licence";
    from_day: "From (UTC)", "Du (UTC)";
    to_day: "To (UTC)", "Au (UTC)";
    filter: "Filter", "Filtrer";
    filter_bad: "A date is written 2027-01-31 or 2027-01-31 12:00, an id as it stands in the address of a page: what could not be read is left out.",
        "Une date s’écrit 2027-01-31 ou 2027-01-31 12:00, un id comme dans l’adresse d’une page ; ce qui n’a pas pu être lu est ignoré.";
    at: "When", "Quand";
    code: "Code", "Code";
    license: "Licence", "Licence";
    front: "Through", "Via";
    times: "Times", "Nombre";
    address: "From", "Depuis";
    unknown: "none of ours", "aucune des nôtres";
    open: "Open", "Ouvrir";
    none: "Nothing was found.", "Rien n’a été trouvé.";
    kept: "Attempts are kept for a while only, the counters of the overview for ever. Granted attempts of one licence within a minute stand on one line.",
        "Les tentatives ne sont conservées qu’un certain temps, les compteurs de la vue d’ensemble pour toujours. Les tentatives acceptées d’une même licence en une minute tiennent sur une ligne.";
    looked_back_to: "This page looked back to {}.", "Cette page remonte jusqu’au {}.";
}
