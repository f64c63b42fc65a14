//! Signing in, and the first visit.

super::texts! {
    title: "Sign in", "Se connecter";
    email: "E-mail address", "Adresse e-mail";
    password: "Password", "Mot de passe";
    wrong: "The address or the password is wrong, or the account is locked.",
        "L’adresse ou le mot de passe est erroné, ou le compte est verrouillé.";
    wait: "Several wrong attempts were made for this address. Try again in {}.",
        "Plusieurs tentatives erronées ont été faites pour cette adresse. Réessayez dans {}.";
    other_site: "This form was sent by another site. Sign in here.",
        "Ce formulaire a été envoyé par un autre site. Connectez-vous ici.";
    session_over: "You are not signed in, or your session is over. Nothing was done. Sign in, and send the form again.",
        "Vous n’êtes pas connecté, ou votre session est terminée. Rien n’a été fait. Connectez-vous et renvoyez le formulaire.";
    session_over_kept: "Your session is over, so nothing was done. Sign in: what you typed is kept, and the form is shown again with it.",
        "Votre session est terminée ; rien n’a été fait. Connectez-vous : votre saisie est conservée et le formulaire la montrera de nouveau.";
    locked: "Too many wrong attempts were made from here. Try again in {}.",
        "Trop de tentatives erronées ont été faites d’ici. Réessayez dans {}.";
    code_title: "Second factor", "Second facteur";
    code: "Code from your authenticator app", "Code de votre application d’authentification";
    code_hint: "Six digits that change every 30 seconds. If the device is lost, an administrator runs:",
        "Six chiffres qui changent toutes les 30 secondes. Si l’appareil est perdu, un administrateur lance :";
    code_wrong: "This code is wrong or was used before. Wait for the next one.",
        "Ce code est erroné ou a déjà servi. Attendez le suivant.";
    code_wait: "Several wrong codes were shown. Try again in {}.",
        "Plusieurs codes erronés ont été saisis. Réessayez dans {}.";
    code_go: "Continue", "Continuer";
    forgotten: "Password forgotten, or no account yet?", "Mot de passe oublié, ou pas encore de compte ?";
    forgotten_text: "Somebody with a shell on the server makes a link, good for an hour:",
        "Une personne ayant un accès au serveur crée un lien, valable une heure :";
    setup_title: "Set up your account", "Créer votre compte";
    setup_admin: "You will be the administrator of this Keyward. Choose how you sign in.",
        "Vous serez l’administrateur de ce Keyward. Choisissez comment vous connecter.";
    setup_person: "You were invited to the console. Choose a password.",
        "Vous êtes invité à la console. Choisissez un mot de passe.";
    setup_again: "Choose a new password. Your sessions elsewhere end.",
        "Choisissez un nouveau mot de passe. Vos sessions ailleurs se terminent.";
    set_password: "Set the password", "Définir le mot de passe";
    name: "Your name", "Votre nom";
    optional: "optional", "facultatif";
    password_hint: "At least 10 characters. A sentence is better than a word with digits.",
        "Au moins 10 caractères. Une phrase vaut mieux qu’un mot avec des chiffres.";
    password_again: "The password again", "Le mot de passe, encore une fois";
    create: "Create the account", "Créer le compte";
    password_short: "The password needs at least 10 characters.", "Le mot de passe doit avoir au moins 10 caractères.";
    password_differs: "The two passwords are not the same.", "Les deux mots de passe diffèrent.";
    password_long: "The password is too long: 1,000 bytes at most.",
        "Le mot de passe est trop long : 1 000 octets au plus.";
    name_bad: "A name has at most 200 characters, and none that cannot be seen.",
        "Un nom a 200 caractères au plus, tous visibles.";
    email_bad: "Type an e-mail address, as name@example.com.", "Saisissez une adresse e-mail, comme nom@example.com.";
    email_taken: "Somebody with this address is here already. Sign in, or ask for a link for this address.",
        "Une personne avec cette adresse existe déjà. Connectez-vous, ou demandez un lien pour cette adresse.";
    link_over: "This link is over", "Ce lien n’est plus valable";
    link_over_text: "It was used, or an hour has passed since it was made. Somebody with a shell on the server makes another one:",
        "Il a servi, ou une heure s’est écoulée depuis sa création. Une personne ayant un accès au serveur en crée un autre :";
}
