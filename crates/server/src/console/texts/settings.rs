//! The settings that hold.

super::texts! {
    title: "Settings", "Réglages";
    intro: "What holds since the server was started. It is changed in the configuration file or by variables; {} says where each value comes from. Secrets are not shown.",
        "Ce qui vaut depuis le démarrage du serveur. Cela se change dans le fichier de configuration ou par des variables ; {} dit d’où vient chaque valeur. Les secrets ne sont pas affichés.";
    version: "Version", "Version";
    not_set: "not set", "non défini";
}
