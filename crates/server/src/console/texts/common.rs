//! What every page says.

super::texts! {
    all_times: "All times are UTC", "Les heures sont en UTC";
    cancel: "Cancel", "Annuler";
    copied: "Copied", "Copié";
    copy: "Copy", "Copier";
    dashboard: "Overview", "Vue d’ensemble";
    never: "never", "jamais";
    no_limit: "no limit", "sans limite";
    never_ends: "no end", "sans fin";
    select_copy: "Press Ctrl+C", "Appuyez sur Ctrl+C";
    licenses: "Licences", "Licences";
    menu: "Menu", "Menu";
    skip: "Skip to the content", "Aller au contenu";
    sign_out: "Sign out", "Se déconnecter";
    request: "Request", "Requête";
    back_home: "Back to the overview", "Retour à la vue d’ensemble";
    not_found: "Not found", "Introuvable";
    not_found_text: "There is nothing at this address.", "Il n’y a rien à cette adresse.";
    not_allowed: "Not allowed", "Non autorisé";
    not_allowed_text: "Your role does not allow this. Ask an administrator.",
        "Votre rôle ne le permet pas. Demandez à un administrateur.";
    nothing_done: "Nothing was done", "Rien n’a été fait";
    foreign_form: "This form was not sent from a page of your session, so nothing was done. Open the page again and send the form from there.",
        "Ce formulaire ne vient pas d’une page de votre session ; rien n’a donc été fait. Rouvrez la page et envoyez le formulaire de là.";
    kept_again: "You are signed in again. Nothing was done: what you typed stands below. Look through it, and press the button if it is still right.",
        "Vous êtes de nouveau connecté. Rien n’a été fait : votre saisie figure ci-dessous. Relisez-la et appuyez sur le bouton si elle convient toujours.";
    kept_foreign: "This form was not sent from a page of your present session, so nothing was done. What you typed stands below. Look through it, and press the button if it is still right.",
        "Ce formulaire ne vient pas d’une page de votre session actuelle ; rien n’a donc été fait. Votre saisie figure ci-dessous. Relisez-la et appuyez sur le bouton si elle convient toujours.";
    part_refused: "The server could not answer this. What you typed is still here; try again in a moment, or open the page anew.",
        "Le serveur n’a pas pu répondre. Votre saisie est toujours là ; réessayez dans un moment ou rouvrez la page.";
    unreached: "The server was not reached, so this page may not show what is true now. What you typed is still here; try again in a moment.",
        "Le serveur n’a pas été joint ; cette page n’est peut-être pas à jour. Votre saisie est toujours là ; réessayez dans un moment.";
    failed: "Something went wrong", "Une erreur s’est produite";
    failed_text: "This could not be done. The server’s log says more, under the request’s number.",
        "Cela n’a pas pu être fait. Le journal du serveur en dit plus, sous le numéro de la requête.";
    unavailable: "Not available", "Indisponible";
    unavailable_text: "The licence database is not available at the moment. Look whether it was done before you try again.",
        "La base de données n’est pas disponible pour le moment. Vérifiez si l’opération a été faite avant de réessayer.";
    too_many: "Too many attempts", "Trop de tentatives";
    too_many_text: "Too many wrong attempts came from this address. Try again in {}.",
        "Trop de tentatives erronées viennent de cette adresse. Réessayez dans {}.";
    too_large: "Too large", "Trop volumineux";
    too_large_text: "What was sent is larger than this form takes.", "L’envoi dépasse ce que ce formulaire accepte.";
    wrong_method: "Not possible", "Impossible";
    wrong_method_text: "This address cannot be used in this way.", "Cette adresse ne s’utilise pas ainsi.";
    not_received: "Not received", "Non reçu";
    not_received_text: "The form did not arrive whole. Send it again.",
        "Le formulaire n’est pas arrivé en entier. Renvoyez-le.";
    customers: "Customers", "Clients";
    installations: "Installations", "Installations";
    products: "Products", "Produits";
    pools: "Pools", "Lots";
    tokens: "Tokens", "Jetons";
    keys: "Signing keys", "Clés de signature";
    people: "People", "Personnes";
    audit: "Audit log", "Journal d’audit";
    settings: "Settings", "Réglages";
    first_page: "First page", "Première page";
    next_page: "Next page", "Page suivante";
    changed_meanwhile: "A colleague changed this meanwhile, so nothing was done. It stands here as it is now.",
        "Un collègue a modifié cela entre-temps ; rien n’a donc été fait. Voici l’état actuel.";
    role_admin: "Administrator", "Administrateur";
    role_developer: "Developer", "Développeur";
    role_sales: "Sales", "Ventes";
    role_support: "Support", "Assistance";
    role_read_only: "Read only", "Lecture seule";
}
