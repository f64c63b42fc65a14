//! Tokens of programs and people.

super::texts! {
    title: "Tokens", "Jetons";
    intro: "A token lets a program, or a person at the older forms, do what its role may. Its text is shown once, when it is made.",
        "Un jeton permet à un programme, ou à une personne sur les anciens formulaires, de faire ce que permet son rôle. Son texte n’est affiché qu’une fois, à sa création.";
    none: "There is no token yet.", "Il n’y a pas encore de jeton.";
    none_found: "No token is like that.", "Aucun jeton ne correspond.";
    clear: "Show all", "Tout afficher";
    filter: "Filter", "Filtrer";
    kind: "Kind", "Type";
    any: "any", "tous";
    open: "Not revoked", "Non révoqué";
    installations: "Of an installation", "D’une installation";
    name: "Name", "Nom";
    role: "May do", "Droits";
    hint: "Ends with", "Se termine par";
    state: "Status", "État";
    created: "Made", "Créé";
    expires: "Good until", "Valable jusqu’au";
    used: "Last used", "Dernier emploi";
    good: "Good", "Valable";
    expired: "Expired", "Expiré";
    revoked: "Revoked", "Révoqué";
    of_installation: "Installation {}", "Installation {}";
    reads_key: "and its secret", "et son secret";

    create: "Make a token", "Créer un jeton";
    create_name: "Name, by which people recognise it", "Nom, pour le reconnaître";
    days: "Days that it is good for", "Durée de validité en jours";
    days_hint: "Left empty, it is good until it is revoked.", "Vide : valable jusqu’à sa révocation.";
    one_installation: "One installation’s", "Celui d’une installation";
    one_installation_may: "Sees and changes what this installation has, and no other.",
        "Voit et modifie ce qu’a cette installation, et aucune autre.";
    installation: "Name of the installation", "Nom de l’installation";
    may_read_key: "May read the installation’s secret: whoever has that can make keys for it.",
        "Peut lire le secret de l’installation : qui le possède peut créer des clés pour elle.";
    create_go: "Make it", "Créer";
    made: "The new token", "Le nouveau jeton";
    made_text: "It is shown only now. Whoever has it may do what its role may: keep it like a password.",
        "Il n’est affiché que maintenant. Qui l’a peut tout ce que permet son rôle : gardez-le comme un mot de passe.";

    revoke: "Revoke", "Révoquer";
    revoke_text: "Whatever uses it is refused from the next request on, and sessions that were opened with it end. This cannot be taken back; a new token can take its place.",
        "Tout ce qui l’emploie est refusé dès la prochaine requête, et les sessions ouvertes avec lui prennent fin. C’est définitif ; un nouveau jeton peut le remplacer.";
    revoke_done: "The token was revoked.", "Le jeton a été révoqué.";
    gone: "It was revoked already.", "Il était déjà révoqué.";

    name_bad: "Give it a name of up to 100 characters.", "Donnez-lui un nom de 100 caractères au plus.";
    days_bad: "Give a number of days from 1 to 36,500, or nothing.",
        "Indiquez un nombre de jours de 1 à 36 500, ou rien.";
    kind_bad: "Choose what it may do, from what is offered here.", "Choisissez ses droits parmi ceux proposés ici.";
    installation_bad: "There is no installation of this name.", "Il n’y a pas d’installation de ce nom.";
    not_yours: "Nobody makes or revokes a token that may do more than he may.",
        "Personne ne crée ni ne révoque un jeton qui peut plus que lui-même.";
}
