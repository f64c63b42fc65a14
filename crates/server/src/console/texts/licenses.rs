//! The list of licences, and one licence's page.

super::texts! {
    title: "Licences", "Licences";
    search: "Search", "Rechercher";
    search_hint: "Key or its last four characters, words of a name or company, client, e-mail, device, key:value",
        "Clé ou ses quatre derniers caractères, mots d’un nom ou d’une société, client, e-mail, appareil, clé:valeur";
    status: "Status", "État";
    any: "any", "indifférent";
    product: "Product", "Produit";
    policy: "Policy", "Politique";
    scheme: "Kind", "Type";
    filter: "Filter", "Filtrer";
    license: "Licence", "Licence";
    customer: "Customer", "Client";
    ends: "Ends", "Fin";
    devices: "Devices", "Appareils";
    none: "There is no licence yet.", "Il n’y a pas encore de licence.";
    none_found: "Nothing was found. Words, clients, addresses and devices are searched from their beginning; metadata as key:value; a key by all of it or its last four characters.",
        "Rien n’a été trouvé. Les mots, clients, adresses et appareils se cherchent par leur début ; les métadonnées par clé:valeur ; une clé en entier ou par ses quatre derniers caractères.";
    none_yet: "None of those that were looked at fits; older ones may.",
        "Aucune de celles qui ont été examinées ne convient ; de plus anciennes le peuvent.";
    short: "Only so many licences are looked at for a page. Go on with the next page.",
        "Une page n’examine qu’un certain nombre de licences. Continuez avec la page suivante.";
    many: "Many licences fit; these are some of them. Type more to find fewer.",
        "Beaucoup de licences conviennent ; en voici quelques-unes. Précisez la recherche pour en trouver moins.";
    within_bad: "Give the days as a whole number from 1 to 36,500.",
        "Indiquez les jours par un nombre entier de 1 à 36 500.";
    of_user: "These are the licences of one customer.", "Voici les licences d’un seul client.";
    installation: "Installation", "Installation";
    sort: "Sort", "Trier";
    sort_newest: "newest first", "les plus récentes";
    sort_oldest: "oldest first", "les plus anciennes";
    sort_ends: "next to end", "les prochaines échéances";

    tick: "Tick", "Cocher";
    tick_all: "Tick all of this page", "Cocher toute la page";
    bulk: "Several at once", "Plusieurs à la fois";
    bulk_which: "Which", "Lesquelles";
    bulk_ticked: "those that are ticked", "celles qui sont cochées";
    bulk_all: "all that this list finds", "toutes celles de cette liste";
    bulk_what: "What", "Action";
    bulk_go: "Go on", "Continuer";
    bulk_sure: "Nothing is done yet: look through them, then confirm below.",
        "Rien n’est encore fait : vérifiez la liste, puis confirmez ci-dessous.";
    bulk_count: "Licences: {}", "Licences : {}";
    bulk_most: "The list finds more. These are {} of them: do them, then go on with the rest.",
        "La liste en contient davantage. En voici {} : traitez-les, puis continuez avec les autres.";
    bulk_rest: "Go on with the rest", "Continuer avec les autres";
    bulk_many: "The search may find more. Type more to be sure of all.",
        "La recherche peut en trouver davantage. Précisez-la pour être sûr de toutes.";
    bulk_none: "No licence is ticked. Tick some in the list, or choose all that it finds.",
        "Aucune licence n’est cochée. Cochez-en dans la liste, ou choisissez toutes celles qu’elle contient.";
    bulk_back: "Back to the list", "Retour à la liste";
    bulk_done: "Done: {}", "Fait : {}";
    bulk_not_done: "Not done: {}", "Non fait : {}";
    bulk_changed: "A colleague changed it meanwhile, so nothing was done to it.",
        "Un collègue l’a modifiée entre-temps ; rien n’a été fait.";
    bulk_gone: "It is gone.", "Elle n’existe plus.";
    bulk_form: "New key or file: send it to the customer.", "Nouvelle clé ou nouveau fichier : envoyez-le au client.";
    bulk_broken: "The database cannot be reached; those from here on were not done. Try again in a moment.",
        "La base de données est injoignable ; à partir d’ici rien n’a été fait. Réessayez dans un instant.";
    outcome: "Outcome", "Résultat";
    done: "done", "fait";
    days_by: "Days", "Jours";
    export: "Export (CSV)", "Exporter (CSV)";
    export_note: "Without keys; up to 50,000 licences of a list, or 1,000 of a search. It is written down.",
        "Sans les clés ; jusqu’à 50 000 licences d’une liste, ou 1 000 d’une recherche. C’est inscrit au journal.";
    export_list: "Export the list (CSV)", "Exporter la liste (CSV)";
    clear: "Show all", "Tout afficher";
    first: "First page", "Première page";
    next: "Next page", "Page suivante";
    within: "Ends within", "Se termine dans";
    days: "days", "jours";

    active: "Active", "Active";
    unused: "Unused", "Inutilisée";
    expiring: "Ends soon", "Bientôt échue";
    grace: "Grace period", "Période de grâce";
    expired: "Expired", "Expirée";
    suspended: "Suspended", "Suspendue";
    revoked: "Revoked", "Révoquée";
    trial: "Trial", "Essai";
    used: "Used", "Utilisée";
    refused: "Refused", "Refusée";

    all: "All licences", "Toutes les licences";
    verdict: "What the customer sees", "Ce que voit le client";
    verdict_now: "now", "maintenant";
    verdict_as_of: "as of {}", "au {}";
    as_of: "As of (UTC)", "À la date (UTC)";
    device: "Device", "Appareil";
    simulate: "Try it", "Essayer";
    simulate_note: "Changes nothing, and is not counted.", "Ne change rien et n’est pas compté.";
    simulate_bad: "Give a date as 2027-01-31 or 2027-01-31 12:00.", "Indiquez une date comme 2027-01-31 ou 2027-01-31 12:00.";
    access_full: "full access", "accès complet";
    access_read_only: "read only", "lecture seule";
    access_none: "no access", "aucun accès";
    used_works: "The key was activated and works.", "La clé a été activée et fonctionne.";
    used_again: "It works once: a program that wants to activate it once more is answered ALREADY_USED.",
        "Elle ne sert qu’une fois : un programme qui veut l’activer de nouveau reçoit la réponse ALREADY_USED.";
    key: "Key", "Clé";
    key_shown: "The key as delivered. That you looked at it is written down.",
        "La clé telle que remise. Sa consultation est inscrite au journal.";
    reveal: "Show the key", "Afficher la clé";
    download: "Download", "Télécharger";
    no_key: "There is no key to show.", "Il n’y a pas de clé à afficher.";
    batch: "Batch", "Lot";
    made: "Made", "Créée";
    first_used: "First activated", "Première activation";
    last_checked: "Last validated", "Dernière validation";
    uses: "Uses", "Utilisations";
    transfers: "Transfers", "Transferts";
    features: "Features", "Fonctions";

    device_list: "Devices", "Appareils";
    device_none: "It runs on no device.", "Elle ne fonctionne sur aucun appareil.";
    fingerprint: "Fingerprint", "Empreinte";
    device_name: "Name", "Nom";
    activated: "Activated", "Activé";
    seen: "Last seen", "Vu";
    release: "Release", "Libérer";
    release_text: "The licence is no longer active on this device. What was licensed offline learns of it only when it asks again.",
        "La licence n’est plus active sur cet appareil. Ce qui est licencié hors ligne ne l’apprend qu’à sa prochaine demande.";
    release_free: "Another device may take its place.", "Un autre appareil peut prendre sa place.";
    release_once: "A key that works once stays used: for another device, transfer the licence.",
        "Une clé à usage unique reste utilisée : pour un autre appareil, transférez la licence.";
    release_bound: "Its key or file goes on naming this device: for another one, transfer the licence.",
        "Sa clé ou son fichier continue de désigner cet appareil : pour un autre, transférez la licence.";
    limits: "Limits", "Limites";
    forms: "Keys and files given out", "Clés et fichiers remis";
    form_ends: "Ends", "Fin";
    issued: "Issued", "Émise";
    newest: "newest", "la plus récente";
    replaced: "replaced", "remplacée";
    timeline: "What happened", "Ce qui s’est passé";
    event: "Event", "Événement";
    by: "By", "Par";
    at: "At", "Date";
    attempts: "Attempts to validate", "Tentatives de validation";
    all_events: "Every event, the newest first", "Tous les événements, du plus récent au plus ancien";
    all_attempts: "Every attempt, the newest first", "Toutes les tentatives, de la plus récente à la plus ancienne";
    answer: "Answer", "Réponse";
    times: "Times", "Fois";
    from: "From", "Depuis";
    nothing_yet: "Nothing yet.", "Rien pour l’instant.";

    actions: "Change it", "La modifier";
    new_form: "The customer must get the new key or file; the old one still finds the licence.",
        "Le client doit recevoir la nouvelle clé ou le nouveau fichier ; l’ancien retrouve encore la licence.";
    same_form: "The customer keeps the key: nothing is to be sent.", "Le client garde sa clé : rien n’est à envoyer.";
    why: "Why (for the audit log)", "Pourquoi (pour le journal)";
    suspend: "Suspend", "Suspendre";
    suspend_text: "It stops working at the next check, until it is reinstated.",
        "Elle cesse de fonctionner au prochain contrôle, jusqu’à son rétablissement.";
    revoke: "Revoke", "Révoquer";
    revoke_text: "It is refused from now on. Reinstating takes this back. A device that was licensed offline learns of it only when it asks again.",
        "Elle est refusée dès maintenant. La rétablir annule cela. Un appareil licencié hors ligne ne l’apprend qu’à sa prochaine demande.";
    reinstate: "Reinstate", "Rétablir";
    reinstate_text: "It is no longer suspended, and keeps the end that it has.", "Elle n’est plus suspendue et garde sa fin actuelle.";
    renew: "Renew", "Renouveler";
    renew_text: "By the policy’s duration.", "De la durée prévue par la politique.";
    extend: "Extend by days", "Prolonger de quelques jours";
    extend_text: "Days of 24 hours, from its end, or from today as its policy says.",
        "Des jours de 24 heures, à partir de sa fin, ou d’aujourd’hui selon sa politique.";
    transfer: "Transfer", "Transférer";
    transfer_text: "To another device, which takes the place of all others, to another customer, or both. It counts as a transfer.",
        "Vers un autre appareil, qui remplace tous les autres, vers un autre client, ou les deux. Cela compte comme un transfert.";
    transfer_device: "New device (fingerprint)", "Nouvel appareil (empreinte)";
    transfer_email: "New customer (e-mail)", "Nouveau client (e-mail)";
    transfer_beyond: "Although the policy allows no more", "Même si la politique n’en permet plus";
    email_bad: "Give an e-mail address, as name@example.com.", "Indiquez une adresse e-mail, comme nom@example.com.";
    days_bad: "Give a whole number of days, 1 or more.", "Indiquez un nombre entier de jours, 1 ou plus.";
    changed: "A colleague changed this licence after you opened the page, so nothing was done. This is how it is now; do it again if it is still needed.",
        "Un collègue a modifié cette licence après l’ouverture de la page ; rien n’a été fait. Voici son état actuel ; recommencez si c’est encore utile.";
    reinstate_first: "It is suspended or revoked, so nothing was done. Reinstate it first.",
        "Elle est suspendue ou révoquée ; rien n’a été fait. Rétablissez-la d’abord.";
    already: "It is so already; nothing was done.", "C’est déjà le cas ; rien n’a été fait.";

    done_suspend: "The licence is suspended.", "La licence est suspendue.";
    done_revoke: "The licence is revoked.", "La licence est révoquée.";
    done_reinstate: "The licence is no longer suspended.", "La licence n’est plus suspendue.";
    done_renew: "The licence is renewed.", "La licence est renouvelée.";
    done_renew_form: "The licence is renewed and has a new key or file: show it below and send it to the customer.",
        "La licence est renouvelée et a une nouvelle clé ou un nouveau fichier : affichez-le ci-dessous et envoyez-le au client.";
    done_transfer: "The licence is transferred.", "La licence est transférée.";
    done_transfer_form: "The licence is transferred and has a new key or file: show it below and send it to the customer.",
        "La licence est transférée et a une nouvelle clé ou un nouveau fichier : affichez-le ci-dessous et envoyez-le au client.";
    done_release: "The device is released.", "L’appareil est libéré.";
}
