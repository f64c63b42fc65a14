//! One's own account.

super::texts! {
    title: "My account", "Mon compte";
    signed_in_as: "Signed in as", "Connecté en tant que";
    role: "Role", "Rôle";
    password_title: "Change the password", "Changer le mot de passe";
    password_old: "Present password", "Mot de passe actuel";
    password_new: "New password", "Nouveau mot de passe";
    password_change: "Change the password", "Changer le mot de passe";
    password_wrong: "The present password is wrong.", "Le mot de passe actuel est erroné.";
    password_done: "The password is changed. Your other sessions are over.",
        "Le mot de passe est changé. Vos autres sessions sont terminées.";
    factor_title: "Second factor", "Second facteur";
    factor_on: "On: signing in asks for a code from your authenticator app.",
        "Activé : la connexion demande un code de votre application d’authentification.";
    factor_off: "Off. With it, a stolen password alone lets nobody in.",
        "Désactivé. Avec lui, un mot de passe volé ne suffit pas pour entrer.";
    factor_set: "Set up a second factor", "Configurer un second facteur";
    factor_drop: "Turn it off", "Désactiver";
    factor_dropped: "The second factor is off.", "Le second facteur est désactivé.";
    factor_done: "The second factor is on.", "Le second facteur est activé.";
    factor_scan: "Scan this with your authenticator app, or type the secret into it.",
        "Scannez ceci avec votre application d’authentification, ou saisissez-y le secret.";
    factor_secret: "Secret", "Secret";
    factor_confirm: "Then type the code that it shows.", "Saisissez ensuite le code qu’elle affiche.";
    factor_wrong: "This code does not fit. Check the clock of your device and type the next code.",
        "Ce code ne convient pas. Vérifiez l’heure de votre appareil et saisissez le code suivant.";
    factor_go: "Turn it on", "Activer";
    sessions_title: "Sessions", "Sessions";
    sessions_this: "this one", "celle-ci";
    sessions_opened: "Opened", "Ouverte";
    sessions_seen: "Last used", "Dernière utilisation";
    sessions_from: "From", "Depuis";
    sessions_browser: "Browser", "Navigateur";
    sessions_unknown: "unknown", "inconnu";
    sessions_end: "End", "Terminer";
    sessions_end_others: "Sign out everywhere else", "Se déconnecter partout ailleurs";
    sessions_ended: "The session is over.", "La session est terminée.";
    sessions_all_ended: "All other sessions are over.", "Toutes les autres sessions sont terminées.";
    token_session: "You signed in with a token; passwords, second factors and sessions belong to people.",
        "Vous êtes connecté avec un jeton ; mots de passe, seconds facteurs et sessions appartiennent aux personnes.";
}
