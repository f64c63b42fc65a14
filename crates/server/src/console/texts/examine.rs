//! Testing a licence.

super::texts! {
    title: "Test a licence", "Tester une licence";
    intro: "Paste a key or the text of a licence file, or choose the file. Nothing is changed or counted, and the key is kept nowhere.",
        "Collez une clé ou le texte d’un fichier de licence, ou choisissez le fichier. Rien n’est modifié ni compté, et la clé n’est pas conservée.";
    text: "Key or licence", "Clé ou licence";
    file: "Or a file", "Ou un fichier";
    file_hint: "You can drop it on the field above, too.", "Vous pouvez aussi le déposer sur le champ ci-dessus.";
    test: "Test", "Tester";
    missing: "Paste a key or a licence first.", "Collez d’abord une clé ou une licence.";
    checks: "Every check, in order", "Chaque contrôle, dans l’ordre";
    says: "What it says", "Ce qu’elle dit";
    unchecked: "Nobody vouches for this: its seal does not fit.", "Personne ne s’en porte garant : son sceau ne convient pas.";
    page: "The licence’s page", "La page de la licence";
    pass: "Pass", "Réussi";
    fail: "Fail", "Échec";
    note: "Note", "Remarque";
    skip: "Not asked", "Non demandé";

    valid: "Valid", "Valable";
    grace: "In its grace period", "En période de grâce";
    trial: "Trial", "Essai";
    expired: "Expired", "Expirée";
    invalid: "Invalid", "Non valable";
    unknown: "Not found", "Introuvable";
    unused: "Good, and in use nowhere yet", "Bonne, et utilisée nulle part encore";

    form: "Form", "Forme";
    form_is: "recognised: {}", "reconnue : {}";
    seal: "Seal", "Sceau";
    seal_key: "fits the key {}", "convient à la clé {}";
    seal_secret: "fits the secret of {}", "convient au secret de {}";
    seal_retired: "fits a key that was retired: {}", "convient à une clé retirée : {}";
    seal_none: "this form has none; the server that made it knows it", "cette forme n’en a pas ; le serveur qui l’a créée la connaît";
    seal_bad: "none of {} keys and secrets fits: it was altered, or made elsewhere",
        "aucun de {} clés et secrets ne convient : elle a été modifiée, ou créée ailleurs";
    seal_no_key: "there is no key or secret here that makes this form", "il n’y a ici ni clé ni secret pour cette forme";
    registered: "Registered", "Enregistrée";
    registered_yes: "a licence of this server: {}", "une licence de ce serveur : {}";
    registered_no: "this server does not know it", "ce serveur ne la connaît pas";
    newest: "Newest form", "Forme la plus récente";
    newest_yes: "nothing newer was given out", "rien de plus récent n’a été remis";
    newest_no: "another took its place on {}; the licence is the same", "une autre l’a remplacée le {} ; la licence est la même";
    standing: "Neither suspended nor revoked", "Ni suspendue ni révoquée";
    standing_yes: "so it is", "c’est le cas";
    suspended: "it is suspended", "elle est suspendue";
    revoked: "it is revoked", "elle est révoquée";
    auto: "it was deactivated because it had expired", "elle a été désactivée parce qu’elle était échue";
    banned: "its customer is banned", "son client est banni";
    end: "End", "Fin";
    end_at: "{}", "{}";
    end_never: "it never ends", "elle n’a pas de fin";
    end_unknown: "not in the key; only the server that made it knows", "pas dans la clé ; seul le serveur qui l’a créée le sait";
    end_begins: "its time begins when it is first used", "sa durée commence à la première utilisation";
    end_over: "it was over on {}", "elle s’est terminée le {}";
    end_grace: "it was over on {}, and its grace is running", "elle s’est terminée le {}, et sa période de grâce court";
    devices: "Devices", "Appareils";
    devices_room: "{} in use", "{} utilisés";
    devices_full: "{} in use: none is free for another", "{} utilisés : aucun n’est libre";
    devices_bound: "only {}", "seulement {}";
    used: "Used", "Utilisée";
    used_no: "it works once, and was not used yet", "à usage unique, et pas encore utilisée";
    used_yes: "it works once, and was used on {}", "à usage unique, et utilisée le {}";
}
