//! Products and policies: each rule in a sentence.

super::texts! {
    title: "Products", "Produits";
    all: "All products", "Tous les produits";
    intro: "What is sold, and under which rules: each licence follows a policy of its product.",
        "Ce qui est vendu, et selon quelles règles : chaque licence suit une politique de son produit.";
    code: "Code", "Code";
    name: "Name", "Nom";
    policies: "Policies", "Politiques";
    policy: "Policy", "Politique";
    scheme: "Kind of key", "Type de clé";
    duration: "Duration", "Durée";
    machines: "Devices", "Appareils";
    made: "Made", "Créé";
    changed: "Changed", "Modifiée";
    prefix: "Its keys begin with", "Ses clés commencent par";
    licenses: "Its licences", "Ses licences";
    no_policies: "It has no policy yet: without one no licence can be made.",
        "Il n’a pas encore de politique : sans elle, aucune licence ne peut être créée.";

    new_product: "Make a product", "Créer un produit";
    new_policy: "Make a policy", "Créer une politique";
    code_hint: "Small letters, digits and hyphens; applications name it by this, so it stays.",
        "Minuscules, chiffres et traits d’union ; les applications l’emploient, il ne change donc plus.";
    create: "Make it", "Créer";
    needs: "What each kind of key needs of its policy", "Ce que chaque type de clé attend de sa politique";
    lk3_needs: "The code is the tier that the key says; end, devices and features are written into it.",
        "Le code est le palier que dit la clé ; fin, appareils et fonctions y sont inscrits.";
    record_needs: "The code is the type of licence that the record says.",
        "Le code est le type de licence que dit l’enregistrement.";
    pool_needs: "The duration is in whole days: a key works once, and its time runs from its first activation.",
        "La durée est en jours entiers : une clé sert une fois, et le temps court dès sa première activation.";
    tier_needs: "The code is the tier that the key says, of letters and digits alone; without a duration a key is good for 30 days.",
        "Le code est le palier que dit la clé, en lettres et chiffres seulement ; sans durée, une clé vaut 30 jours.";
    file_needs: "A file says its end and its grace itself, and follows its product’s first policy with so many days of grace.",
        "Un fichier dit lui-même sa fin et son délai de grâce, et suit la première politique de son produit qui a ce délai.";
    lk2_needs: "The code is the tier that the key says; end and devices are written into it.",
        "Le code est le palier que dit la clé ; fin et appareils y sont inscrits.";
    lk1_needs: "The code is the tier, with a hyphen only before a number, as pro-10; a key says nothing else, so end and devices are known here alone.",
        "Le code est le palier, avec un trait d’union seulement devant un nombre, comme pro-10 ; la clé ne dit rien d’autre : fin et appareils ne sont connus qu’ici.";
    fronts: "Applications of the older systems are answered about the products {}: a policy for them belongs into one of these.",
        "Les applications des anciens systèmes obtiennent des réponses sur les produits {} : une politique pour elles se crée dans l’un de ceux-ci.";
    rest_later: "The rarer rules are changed on the policy’s own page, once it is made.",
        "Les règles plus rares se modifient sur la page de la politique, une fois créée.";
    product_done: "The product was made. Make its first policy here.",
        "Le produit a été créé. Créez ici sa première politique.";
    policy_done: "The policy was made.", "La politique a été créée.";
    change: "Change the policy", "Modifier la politique";
    change_text: "Limits, grace and access hold at once for every licence of this policy that is checked here. An end that was given stays; what a key or file says itself stays as it was issued. The duration holds for licences made or renewed from now on.",
        "Les limites, le délai de grâce et l’accès valent aussitôt pour toute licence de cette politique contrôlée ici. Une fin déjà fixée demeure ; ce qu’une clé ou un fichier dit lui-même reste tel qu’émis. La durée vaut pour les licences créées ou renouvelées désormais.";
    change_done: "The policy was changed.", "La politique a été modifiée.";
    save: "Save", "Enregistrer";

    field_duration: "Duration", "Durée";
    field_machines: "Devices at the most", "Appareils au plus";
    field_uses: "Uses at the most", "Utilisations au plus";
    field_grace: "Grace after the end", "Délai de grâce après la fin";
    field_offline: "May run offline for", "Peut fonctionner hors ligne";
    field_transfers: "Transfers at the most", "Transferts au plus";
    field_window: "Transfers count for", "Un transfert compte pendant";
    field_access: "After the end and the grace", "Après la fin et le délai de grâce";
    access_none: "no access", "aucun accès";
    access_read_only: "read only", "lecture seule";
    span_hint: "Durations in days, or as 12h, 30m or 45s. What is left empty is without limit.",
        "Durées en jours, ou comme 12h, 30m ou 45s. Ce qui reste vide est sans limite.";

    under: "Licences under it", "Licences qui la suivent";
    more: "Rarer rules", "Règles plus rares";
    at_once: "These hold at once for every licence under this policy.",
        "Celles-ci valent aussitôt pour toutes les licences de cette politique.";
    from_now: "These hold for whatever happens from now on under this policy: a licence that is made or begins, a device that is activated, a renewal, a move. Ends that were given stay.",
        "Celles-ci valent pour tout ce qui arrive désormais sous cette politique : une licence créée ou qui débute, un appareil activé, un renouvellement, un déplacement. Les fins déjà fixées demeurent.";
    q_strict: "Only activated devices", "Appareils activés seulement";
    q_single_use: "Single use", "Usage unique";
    q_expiration: "After the end", "Après la fin";
    q_overage: "More devices than the limit", "Plus d’appareils que la limite";
    q_basis: "When the time begins", "Début de la durée";
    q_arithmetic: "How days are counted", "Décompte des jours";
    q_renewal: "From when a renewal counts", "Départ d’un renouvellement";
    q_moved: "The end after a move", "La fin après un déplacement";
    q_unique: "Other licences on the same device", "Autres licences sur le même appareil";
    choice_bad: "Choose from what is offered here.", "Choisissez parmi ce qui est proposé ici.";
    overage_bad: "A limit of one device cannot be exceeded by a part: allow more devices, or twice as many.",
        "Une limite d’un appareil ne peut être dépassée d’une fraction : permettez plus d’appareils, ou le double.";
    code_bad: "A code has 1 to 50 small letters, digits and hyphens.",
        "Un code compte 1 à 50 minuscules, chiffres et traits d’union.";
    tier_bad: "The keys of this kind say the code, and cannot say this one: see below what each kind needs.",
        "Les clés de ce type disent le code, et ne peuvent pas dire celui-ci : voyez plus bas ce que chaque type attend.";
    days_bad: "Keys of a pool need a duration in whole days.", "Les clés d’un lot demandent une durée en jours entiers.";
    name_bad: "Give it a name of up to 200 characters.", "Donnez-lui un nom de 200 caractères au plus.";
    taken: "There is one of this code already.", "Il y en a déjà un de ce code.";
    scheme_bad: "Choose one of the kinds.", "Choisissez l’un des types.";
    span_bad: "{}: give days, or a time as 12h, 30m or 45s, up to 100 years.",
        "{} : indiquez des jours, ou une durée comme 12h, 30m ou 45s, jusqu’à 100 ans.";
    number_bad: "{}: give a number, or nothing.", "{} : indiquez un nombre, ou rien.";
    feature_bad: "A feature is a word of letters, digits, hyphens, dots and underscores, up to 100.",
        "Une fonction est un mot de lettres, chiffres, traits d’union, points et soulignés, 100 au plus.";

    features: "Features", "Fonctions";
    features_text: "What the application may offer with a licence of this policy, in this order.",
        "Ce que l’application peut offrir avec une licence de cette politique, dans cet ordre.";
    features_none: "None.", "Aucune.";
    feature: "Feature", "Fonction";
    add: "Add", "Ajouter";
    remove: "Remove", "Retirer";
    features_done: "The features were changed. Licences that are checked here have them at once; issued keys and files say what they said.",
        "Les fonctions ont été modifiées. Les licences contrôlées ici les ont aussitôt ; les clés et fichiers émis disent ce qu’ils disaient.";

    rules: "What it says", "Ce qu’elle dit";
    days: "{} days", "{} jours";
    one_day: "one day", "un jour";
    hours: "{} hours", "{} heures";
    minutes: "{} minutes", "{} minutes";
    seconds: "{} seconds", "{} secondes";
    forever: "without end", "sans fin";
    any_number: "any number", "sans limite";

    s_forever: "A licence has no end, unless it is given one.", "Une licence n’a pas de fin, sauf si on lui en donne une.";
    s_duration: "A licence is good for {}.", "Une licence est valable {}.";
    s_from_creation: "The time runs from when it is made.", "Le temps court dès sa création.";
    s_from_validation: "The time runs from its first validation.", "Le temps court dès sa première validation.";
    s_from_activation: "The time runs from its first activation.", "Le temps court dès sa première activation.";
    s_from_use: "The time runs from its first use.", "Le temps court dès sa première utilisation.";
    s_exact: "Days are 24 hours each.", "Un jour compte 24 heures.";
    s_months: "Thirty days count as a calendar month.", "Trente jours comptent comme un mois du calendrier.";
    s_calendar: "Months and years are counted by the calendar.", "Mois et années se comptent selon le calendrier.";
    s_renew_expiry: "A renewal is added to the old end.", "Un renouvellement s’ajoute à l’ancienne fin.";
    s_renew_now: "A renewal counts from the day it is made.", "Un renouvellement compte du jour où il est fait.";
    s_renew_if: "A renewal is added to the old end; once that is past, it counts from the day it is made.",
        "Un renouvellement s’ajoute à l’ancienne fin ; si elle est passée, il compte du jour où il est fait.";
    s_restrict: "After the end it is refused.", "Après la fin, elle est refusée.";
    s_revoke: "After the end it is refused before anything else is looked at.",
        "Après la fin, elle est refusée avant tout autre contrôle.";
    s_maintain: "After the end it is still valid; the answer says that it has expired.",
        "Après la fin, elle reste valable ; la réponse dit qu’elle a expiré.";
    s_grace: "Everything works for {} after the end.", "Tout fonctionne encore {} après la fin.";
    s_after_none: "Then there is no access.", "Ensuite il n’y a plus d’accès.";
    s_after_read: "Then the application may still be used to read.", "Ensuite l’application sert encore à lire.";
    s_single_use: "A key works once: used on one device, it can never be activated on another.",
        "Une clé sert une fois : utilisée sur un appareil, elle ne peut plus être activée sur un autre.";
    s_one_machine: "It runs on one device.", "Elle fonctionne sur un appareil.";
    s_machines: "It runs on up to {} devices.", "Elle fonctionne sur {} appareils au plus.";
    s_no_machines: "It runs on no device.", "Elle ne fonctionne sur aucun appareil.";
    s_any_machines: "It runs on any number of devices.", "Elle fonctionne sur un nombre illimité d’appareils.";
    s_strict: "It is valid only on devices that were activated.", "Elle n’est valable que sur des appareils activés.";
    strict_text: "A licence is refused until a device is activated for it, and on any other device.",
        "Une licence est refusée tant qu’aucun appareil n’est activé pour elle, et sur tout autre appareil.";
    s_over_none: "The limit of devices holds as it is.", "La limite d’appareils s’applique telle quelle.";
    s_over_quarter: "The limit of devices may be exceeded by a quarter.", "La limite d’appareils peut être dépassée d’un quart.";
    s_over_half: "The limit of devices may be exceeded by half.", "La limite d’appareils peut être dépassée de moitié.";
    s_over_twice: "Twice as many devices may be activated as the limit says.",
        "On peut activer deux fois plus d’appareils que la limite.";
    s_over_always: "The limit of devices is said, but never refuses one.",
        "La limite d’appareils est indiquée, mais n’en refuse aucun.";
    s_unique_license: "A device may run several licences.", "Un appareil peut fonctionner avec plusieurs licences.";
    s_unique_policy: "A device runs one licence of this policy.", "Un appareil fonctionne avec une licence de cette politique.";
    s_unique_product: "A device runs one licence of this product.", "Un appareil fonctionne avec une licence de ce produit.";
    s_unique_account: "A device runs one licence of all products.", "Un appareil fonctionne avec une licence, tous produits confondus.";
    s_match_two: "Two of a device’s fingerprints must fit.", "Deux des empreintes d’un appareil doivent correspondre.";
    s_match_most: "Half of a device’s fingerprints must fit.", "La moitié des empreintes d’un appareil doit correspondre.";
    s_match_all: "All of a device’s fingerprints must fit.", "Toutes les empreintes d’un appareil doivent correspondre.";
    s_per_user: "Each user’s devices are counted apart.", "Les appareils de chaque utilisateur se comptent à part.";
    s_uses: "It may be used up to {} times.", "Elle peut être utilisée {} fois.";
    s_users: "It serves up to {} users.", "Elle sert jusqu’à {} utilisateurs.";
    s_no_transfers: "It cannot be moved to another device.", "Elle ne peut pas être déplacée vers un autre appareil.";
    s_transfers: "It may be moved to another device up to {} times.", "Elle peut être déplacée vers un autre appareil {} fois au plus.";
    s_window: "Only moves of the last {} count.", "Seuls comptent les déplacements des derniers {}.";
    s_transfer_keep: "After a move the end stays.", "Après un déplacement, la fin demeure.";
    s_transfer_reset: "Whoever it is moved to begins a new term.", "Après un déplacement, une nouvelle période commence.";
    s_trial: "It may be tried for {}.", "On peut l’essayer {}.";
    s_offline: "A device may run for {} on its last online answer.", "Un appareil peut fonctionner {} sur sa dernière réponse en ligne.";
    s_scope_product: "Whoever asks must name the product.", "Toute demande doit nommer le produit.";
    s_scope_policy: "Whoever asks must name the policy.", "Toute demande doit nommer la politique.";
    s_scope_user: "Whoever asks must name the user.", "Toute demande doit nommer l’utilisateur.";
    s_scope_device: "Whoever asks must name the device.", "Toute demande doit nommer l’appareil.";
    s_protected: "It is protected: its users change nothing of it.", "Elle est protégée : ses utilisateurs n’y changent rien.";
}
