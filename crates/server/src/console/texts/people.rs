//! The people of the console: who there is, and what an administrator does about them.

super::texts! {
    title: "People", "Personnes";
    all: "All people", "Toutes les personnes";
    name: "Name", "Nom";
    email: "E-mail", "E-mail";
    role: "Role", "Rôle";
    factor: "Second factor", "Second facteur";
    factor_on: "on", "activé";
    factor_off: "off", "désactivé";
    state: "Status", "État";
    may_sign_in: "May sign in", "Peut se connecter";
    locked_out: "Locked out", "Exclu";
    locked_out_since: "Locked out since", "Exclu depuis";
    since: "Since", "Depuis";
    you: "you", "vous";
    admin_may: "Everything.", "Tout.";
    developer_may: "Everything but signing keys, secrets and people.",
        "Tout, sauf les clés de signature, les secrets et les personnes.";
    sales_may: "Make licences, change them, and change products and policies.",
        "Créer et modifier des licences, modifier produits et politiques.";
    support_may: "Find licences, show their keys, extend, move, suspend and revoke them.",
        "Trouver des licences, afficher leurs clés, les prolonger, déplacer, suspendre et révoquer.";
    read_only_may: "Look at everything but keys.", "Tout consulter, sauf les clés.";

    invite: "Invite somebody", "Inviter quelqu’un";
    invite_text: "You get a link to pass on. Whoever opens it chooses a password and is in. It works once, within an hour.",
        "Vous obtenez un lien à transmettre. La personne qui l’ouvre choisit un mot de passe et entre. Il sert une fois, pendant une heure.";
    invite_go: "Make the link", "Créer le lien";
    invited: "The link for {}", "Le lien pour {}";
    invited_text: "It is shown only now. Send it to nobody else: whoever opens it first is let in. It is good for an hour.",
        "Il n’est affiché que maintenant. Ne l’envoyez à personne d’autre : qui l’ouvre en premier entre. Il est valable une heure.";
    there_already: "Somebody with this address is here already. Open his page to change his role or give him a new link.",
        "Quelqu’un a déjà cette adresse. Ouvrez sa page pour changer son rôle ou lui donner un nouveau lien.";
    email_bad: "This is not an e-mail address. Write it as name@example.com.",
        "Ce n’est pas une adresse e-mail. Écrivez-la comme nom@example.com.";
    role_bad: "Choose one of the roles.", "Choisissez l’un des rôles.";

    waiting: "Waiting invitations", "Invitations en attente";
    waiting_text: "These links were not opened yet. What a link says is shown once, when it is made: if it was lost, make a new one.",
        "Ces liens n’ont pas encore été ouverts. Un lien n’est affiché qu’une fois, à sa création : s’il est perdu, créez-en un nouveau.";
    waiting_for: "For", "Pour";
    waiting_by: "Invited by", "Invité par";
    waiting_until: "Good until", "Valable jusqu’au";
    waiting_anybody: "whoever opens it", "toute personne qui l’ouvre";
    waiting_by_none: "the command line", "la ligne de commande";
    waiting_password: "new password", "nouveau mot de passe";
    withdraw: "Withdraw", "Retirer";
    withdraw_text: "The link lets nobody in any more. This cannot be taken back; a new invitation can be made.",
        "Le lien ne laisse plus entrer personne. C’est définitif ; on peut inviter de nouveau.";
    withdraw_done: "The invitation was withdrawn.", "L’invitation a été retirée.";
    again: "New link", "Nouveau lien";
    again_text: "You get another link for the same person and role, good for an hour from now. The first one lets nobody in any more.",
        "Vous obtenez un autre lien pour la même personne et le même rôle, valable une heure dès maintenant. Le premier ne laisse plus entrer personne.";
    waiting_over: "It waits no more: it was opened or withdrawn, or its time was over.",
        "Elle n’est plus en attente : ouverte, retirée ou expirée.";
    actions: "Change it", "Modifier";
    self_note: "This is you. Your password and second factor are on your own page; what you may do, another administrator changes.",
        "C’est vous. Votre mot de passe et votre second facteur sont sur votre page ; un autre administrateur peut changer vos droits.";
    own_page: "My account", "Mon compte";
    change_role: "Change the role", "Changer de rôle";
    change_role_text: "It holds at once, also where the person is signed in now.",
        "Cela vaut immédiatement, y compris pour les sessions ouvertes.";
    change_role_done: "The role was changed.", "Le rôle a été changé.";
    lock_out: "Lock out", "Exclure";
    lock_out_text: "All sessions of this person end at once, and nobody signs in with this address until you let the person in again. Tokens are not touched.",
        "Toutes ses sessions prennent fin aussitôt, et personne ne se connecte avec cette adresse jusqu’à ce que vous la laissiez revenir. Les jetons ne changent pas.";
    lock_out_done: "The person is locked out.", "La personne est exclue.";
    let_in: "Let in again", "Laisser revenir";
    let_in_text: "The person may sign in again with the password and second factor from before.",
        "La personne peut se reconnecter avec son mot de passe et son second facteur d’avant.";
    let_in_done: "The person may sign in again.", "La personne peut se reconnecter.";
    reset: "Give a new link", "Donner un nouveau lien";
    reset_text: "For a forgotten password or a lost phone: all sessions end, the second factor and earlier links are dropped, and you get a link with which the person chooses a new password. The old password works until then.",
        "Pour un mot de passe oublié ou un téléphone perdu : toutes les sessions prennent fin, le second facteur et les liens précédents sont supprimés, et vous obtenez un lien pour choisir un nouveau mot de passe. L’ancien reste valable jusque-là.";
    last_admin: "This is the only administrator who can sign in. Make another one first, who could undo this.",
        "C’est le seul administrateur qui peut se connecter. Nommez-en d’abord un autre, qui pourrait annuler cela.";
    not_yourself: "This cannot be done to oneself: ask another administrator.",
        "On ne peut pas se le faire à soi-même : demandez à un autre administrateur.";
}
