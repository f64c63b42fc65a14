//! Features: what applications may offer with a licence.

super::texts! {
    title: "Features", "Fonctions";
    intro: "What an application may offer with a licence. A licence has those of its policy, and its own.",
        "Ce qu’une application peut offrir avec une licence. Une licence a celles de sa politique, et les siennes.";
    none: "There is no feature yet.", "Il n’y a pas encore de fonction.";
    code: "Code", "Code";
    name: "Name", "Nom";
    policies: "Policies that carry it", "Politiques qui la portent";
    licenses: "Licences’ own", "Propre à des licences";
    some: "yes", "oui";
    unused: "unused", "inutilisée";

    create: "Make a feature", "Créer une fonction";
    code_hint: "Letters, digits, hyphens, dots and underscores; applications ask for it by this, so it stays.",
        "Lettres, chiffres, traits d’union, points et soulignés ; les applications l’emploient, il ne change donc plus.";
    name_hint: "For people. Left empty, it is called as its code says.",
        "Pour les personnes. Vide, elle s’appelle comme son code.";
    create_go: "Make it", "Créer";
    create_done: "The feature was made. A policy gets it on its own page.",
        "La fonction a été créée. Une politique la reçoit sur sa propre page.";
    rename: "Rename", "Renommer";
    rename_text: "Only people see the name: what applications ask for stays.",
        "Seules les personnes voient le nom : ce que demandent les applications demeure.";
    rename_done: "The feature was renamed.", "La fonction a été renommée.";
    delete: "Remove", "Supprimer";
    delete_text: "No policy and no licence has it. It can be made again.",
        "Aucune politique ni licence ne l’a. Elle peut être recréée.";
    delete_done: "The feature was removed.", "La fonction a été supprimée.";

    taken: "There is one of this code already.", "Il y en a déjà une de ce code.";
    used: "A policy or a licence has it, so it stays.", "Une politique ou une licence l’a ; elle demeure donc.";
    code_bad: "A code has 1 to 100 letters, digits, hyphens, dots and underscores.",
        "Un code compte 1 à 100 lettres, chiffres, traits d’union, points et soulignés.";
    name_bad: "Give it a name of up to 200 characters.", "Donnez-lui un nom de 200 caractères au plus.";
}
