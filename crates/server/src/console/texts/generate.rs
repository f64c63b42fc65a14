//! Making licences: the forms of each kind, the result, and lots of keys.

super::texts! {
    title: "Generate", "Générer";
    intro: "Choose what the application that you sell can read.", "Choisissez ce que lit l’application que vous vendez.";
    choose: "Another kind", "Un autre type";
    recommended: "recommended", "recommandé";
    weak: "weak", "faible";
    generate: "Generate", "Générer";
    optional: "optional", "facultatif";

    record: "Signed record", "Enregistrement signé";
    record_for: "For a client, by domain or name: a small JSON text with a signature, for applications that check it by themselves or ask POST /validate_license.",
        "Pour un client, par domaine ou nom : un petit texte JSON signé, pour les applications qui le vérifient elles-mêmes ou demandent à /validate_license.";
    pool: "Pool keys", "Clés de lot";
    pool_for: "Keys of 12 characters that work once and begin with their first activation, one or a whole lot. The application asks the server.",
        "Des clés de 12 caractères à usage unique, qui commencent à la première activation : une seule ou tout un lot. L’application interroge le serveur.";
    tier: "Tier key", "Clé de palier";
    tier_for: "A key of a tier for a customer; end and features are kept here, and the application asks the server.",
        "Une clé d’un palier pour un client ; la fin et les fonctions restent ici, et l’application interroge le serveur.";
    file: "Device file", "Fichier d’appareil";
    file_for: "A signed file for one device, which works without a network: after its end come days of grace, then reading only.",
        "Un fichier signé pour un appareil, qui fonctionne sans réseau : après sa fin, des jours de grâce, puis lecture seule.";
    lk1: "Short key (LK-1)", "Clé courte (LK-1)";
    lk1_for: "For installations that read nothing newer: the key says its tier, and the server keeps the rest.",
        "Pour les installations qui ne lisent rien de plus récent : la clé indique son palier, le serveur garde le reste.";
    lk1_weak: "Its check has 16 bits: it catches typing errors and keeps nobody out. Take LK-3 wherever the installation reads it.",
        "Son contrôle n’a que 16 bits : il détecte les fautes de frappe et n’arrête personne. Préférez LK-3 dès que l’installation le lit.";
    lk2: "Self-contained key (LK-2)", "Clé autonome (LK-2)";
    lk2_for: "For older installations: tier, devices, company and end are in the key.",
        "Pour les anciennes installations : palier, appareils, société et fin sont dans la clé.";
    lk2_weak: "Its seal has 48 bits, and whoever holds the installation’s secret can make keys. Take LK-3 wherever the installation reads it.",
        "Son sceau n’a que 48 bits, et quiconque détient le secret de l’installation peut créer des clés. Préférez LK-3 dès que l’installation le lit.";
    lk3: "Signed key (LK-3)", "Clé signée (LK-3)";
    lk3_for: "The one to choose for new applications: everything is in the key, it works without a network, and nobody but you can make one.",
        "Le bon choix pour de nouvelles applications : tout est dans la clé, elle fonctionne sans réseau, et vous seul pouvez en créer.";
    rsa_weak: "A key of {} bits is still accepted here, and what it accepts could be forged. New licences are signed with 2048 bits or more; retire the old key once what it signed is replaced.",
        "Une clé de {} bits est encore acceptée ici, et ce qu’elle accepte pourrait être falsifié. Les nouvelles licences sont signées avec 2048 bits ou plus ; retirez l’ancienne clé quand ses licences sont remplacées.";
    no_policies: "No policy is for this kind of licence. Make one first.",
        "Aucune politique n’est prévue pour ce type de licence. Créez-en une d’abord.";

    client_id: "Client id", "Identifiant du client";
    client_id_hint: "A domain or a name. Each client has one licence.", "Un domaine ou un nom. Chaque client a une licence.";
    record_type: "Type", "Type";
    days: "Days", "Jours";
    record_days_hint: "Days of 24 hours from now. Premium never ends.", "Jours de 24 heures à partir de maintenant. Premium ne se termine jamais.";
    duration: "Duration", "Durée";
    every_duration: "each of them", "chacune d’elles";
    count: "How many", "Combien";
    count_hint: "Up to 100,000; with “each of them”, so many of each duration.",
        "Jusqu’à 100 000 ; avec « chacune d’elles », autant de chaque durée.";
    batch: "Name of the lot", "Nom du lot";
    batch_hint: "Stands beside every key. Left out, it is called by the time of day.",
        "Figure à côté de chaque clé. Par défaut, la date et l’heure.";
    tier_name: "Tier", "Palier";
    user_id: "Your id of the customer", "Votre identifiant du client";
    email: "Customer’s e-mail address", "Adresse e-mail du client";
    tier_days_hint: "Days of 24 hours from now. Left out: 30, and for lifetime never.",
        "Jours de 24 heures à partir de maintenant. Par défaut : 30, et sans fin pour lifetime.";
    file_product: "Product", "Produit";
    file_product_hint: "As the application names itself. One that is not there yet is made.",
        "Tel que l’application se nomme. Un produit absent est créé.";
    device_id: "Device id", "Identifiant de l’appareil";
    device_id_hint: "Copied from the application; usually 16 digits of 0–9 and A–F.",
        "Copié depuis l’application ; en général 16 caractères 0–9 et A–F.";
    name: "Customer’s name", "Nom du client";
    name_hint: "It stands in the file.", "Il figure dans le fichier.";
    company: "Company", "Société";
    months: "Months", "Mois";
    months_hint: "Calendar months from now.", "Mois calendaires à partir de maintenant.";
    file_type: "Type", "Type";
    grace: "Days of grace", "Jours de grâce";
    grace_hint: "So long everything works on after the end.", "Durée pendant laquelle tout fonctionne encore après la fin.";
    max_devices: "Devices", "Appareils";
    max_devices_hint: "Left out: as many as the tier has.", "Par défaut : autant que le palier.";
    expires: "Ends on", "Se termine le";
    expires_hint: "When this day begins, at 00:00 UTC. Left out: never.", "Au début de ce jour, à 00:00 UTC. Par défaut : jamais.";
    lk3_expires_hint: "When this day begins, at 00:00 UTC. Left out: as the policy says, else never.",
        "Au début de ce jour, à 00:00 UTC. Par défaut : selon la politique, sinon jamais.";
    lk1_expires_hint: "When this day begins, at 00:00 UTC; only the server knows, the key does not say it. Left out: as the policy says.",
        "Au début de ce jour, à 00:00 UTC ; seul le serveur le sait, la clé ne le dit pas. Par défaut : selon la politique.";
    installation: "Installation", "Installation";
    installation_hint: "Whose secret seals the key, and where it is activated.", "Celle dont le secret scelle la clé et où elle s’active.";
    policy: "Policy", "Politique";
    features: "Features", "Fonctions";
    features_hint: "Codes, separated by commas; those of the policy come by themselves.",
        "Codes séparés par des virgules ; ceux de la politique viennent d’eux-mêmes.";
    limits: "Limits", "Limites";
    limits_hint: "As api_calls=1000, one on a line.", "Comme api_calls=1000, une par ligne.";
    device: "Only for the device", "Seulement pour l’appareil";
    device_hint: "Left out, any device may use it.", "Par défaut, tout appareil peut l’utiliser.";
    trial_days: "Trial days", "Jours d’essai";
    trial_days_hint: "Makes it a trial: each device counts from its first start.",
        "En fait un essai : chaque appareil compte dès son premier démarrage.";
    notes: "Notes", "Notes";
    notes_hint: "For you; not in the key.", "Pour vous ; pas dans la clé.";

    bad_required: "This is needed.", "Ce champ est nécessaire.";
    bad_number: "Give a whole number from {} to {}.", "Indiquez un nombre entier de {} à {}.";
    bad_choice: "Choose one of the list.", "Choisissez dans la liste.";
    bad_day: "Give a date as 2027-12-31.", "Indiquez une date comme 2027-12-31.";
    bad_past: "This day has begun already: the licence would be over.", "Ce jour a déjà commencé : la licence serait échue.";
    bad_limit: "Write a name and a number on each line, as api_calls=1000, each name once.",
        "Écrivez un nom et un nombre par ligne, comme api_calls=1000, chaque nom une fois.";
    bad_email: "Type an e-mail address, as name@example.com.", "Saisissez une adresse e-mail, comme nom@example.com.";
    bad_device: "A device id has no spaces and at most 256 characters.", "Un identifiant d’appareil n’a pas d’espace et au plus 256 caractères.";
    bad_lot: "At most 100,000 keys are made at once.", "Au plus 100 000 clés sont créées à la fois.";
    bad_form: "Correct what is marked below; what you typed is still there.", "Corrigez ce qui est marqué ; votre saisie est conservée.";
    taken_client: "This client has a licence already.", "Ce client a déjà une licence.";
    taken_client_link: "Renew or change that one", "Renouvelez ou modifiez celle-là";
    refused: "This could not be made.", "Cela n’a pas pu être créé.";

    done: "The licence is made", "La licence est créée";
    done_again: "This form was sent before: here is the licence that was made then, and no second one was made.",
        "Ce formulaire a déjà été envoyé : voici la licence créée alors ; aucune autre n’a été créée.";
    key: "Key", "Clé";
    text: "Licence", "Licence";
    download: "Download", "Télécharger";
    page: "The licence’s page", "La page de la licence";
    another: "Make another", "En créer une autre";
    check: "What it says, read back", "Ce qu’elle dit, relue";
    check_good: "Read back and checked.", "Relue et vérifiée.";
    check_bad: "It could not be read back. Do not give it out.", "La relecture a échoué. Ne la remettez pas.";
    customer: "For the customer", "Pour le client";
    vendor: "See to it", "À prévoir";
    tell_key: "The application must hold the public key {}, which signed this: the command “keyward keys public” prints it.",
        "L’application doit contenir la clé publique {}, qui a signé ceci : la commande « keyward keys public » l’affiche.";
    tell_secret: "The installation that reads it must hold the same secret as this server has for it.",
        "L’installation qui la lit doit détenir le même secret que ce serveur a pour elle.";
    tell_server: "The application asks this server about it, so it needs a network when it is activated.",
        "L’application interroge ce serveur ; il lui faut donc un réseau à l’activation.";
    tell_stored: "It can be shown again on the licence’s page; that somebody looked is written down.",
        "Elle peut être réaffichée sur la page de la licence ; chaque consultation est inscrite au journal.";

    hello: "Hello,", "Bonjour,";
    hello_name: "Hello {},", "Bonjour {},";
    letter_for: "here is your licence ({}).", "voici votre licence ({}).";
    letter_until: "It is valid until {}.", "Elle est valable jusqu’au {}.";
    letter_begins: "It works once, and its time begins with the first activation.",
        "Elle est à usage unique, et sa durée commence à la première activation.";
    letter_never: "It never ends.", "Elle n’a pas de fin.";
    letter_devices: "It is for {} devices.", "Elle est pour {} appareils.";
    letter_device: "It works on the device {} only.", "Elle fonctionne seulement sur l’appareil {}.";
    letter_record: "Put this text where the application asks for its licence, exactly as it is:",
        "Placez ce texte là où l’application demande sa licence, exactement tel quel :";
    letter_key: "Type or paste this key where the application asks for it:",
        "Saisissez ou collez cette clé là où l’application la demande :";
    letter_file: "Save the file that comes with this message, and open it where the application asks for its licence.",
        "Enregistrez le fichier joint et ouvrez-le là où l’application demande sa licence.";
    letter_lk: "To activate it, open the License page, paste this key and choose “Activate License”:",
        "Pour l’activer, ouvrez la page License, collez cette clé et choisissez « Activate License » :";

    lot: "Lot {}", "Lot {}";
    lot_going: "{} keys are being made.", "{} clés sont en cours de création.";
    lot_made: "made", "créées";
    lot_done: "All keys are made.", "Toutes les clés sont créées.";
    lot_reload: "Look again", "Actualiser";
    lot_wait: "They work once all of them are there. You may leave this page: the work goes on.",
        "Elles fonctionneront quand toutes seront là. Vous pouvez quitter cette page : le travail continue.";
    lot_csv: "Download the table (CSV)", "Télécharger le tableau (CSV)";
    lot_csv_note: "Whoever has the table has the keys. That it was downloaded is written down.",
        "Qui a le tableau a les clés. Le téléchargement est inscrit au journal.";
    lot_failed: "Nothing was made.", "Rien n’a été créé.";
    lot_busy: "Other lots are being made at the moment. Wait until one of them is done, and send the form again.",
        "D’autres lots sont en cours de création. Attendez la fin de l’un d’eux et renvoyez le formulaire.";
    lot_kept: "The lot was made, and its {} keys are in the database.",
        "Le lot a été créé, et ses {} clés sont dans la base de données.";
    lot_elsewhere: "The lot is not finished: another server is making it, or it was broken off and is being removed. Look again in a moment. None of its keys works before all of them are there.",
        "Le lot n’est pas terminé : un autre serveur est en train de le créer, ou il a été interrompu et se trouve en cours de suppression. Actualisez dans un moment. Aucune de ses clés ne fonctionne avant que toutes soient là.";
    lot_gone: "There is no such lot: nothing of it was made, or it was broken off and removed. Its form can be sent again.",
        "Ce lot n’existe pas : rien n’en a été créé, ou il a été interrompu et supprimé. Son formulaire peut être renvoyé.";
    form_old: "This form was opened too long ago to tell whether it was sent before, so nothing was made. Look whether what you want is there already; if it is not, send the form again.",
        "Ce formulaire est ouvert depuis trop longtemps pour savoir s’il a déjà été envoyé ; rien n’a donc été créé. Vérifiez que ce que vous voulez n’existe pas déjà ; sinon, renvoyez le formulaire.";
    lot_another: "Make another lot", "Créer un autre lot";
}
