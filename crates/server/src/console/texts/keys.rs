//! Signing keys.

super::texts! {
    title: "Signing keys", "Clés de signature";
    all: "All keys", "Toutes les clés";
    intro: "What licences are signed and checked with. Applications are given the public part; the private part never leaves the server by this page.",
        "Ce avec quoi les licences sont signées et vérifiées. Les applications reçoivent la partie publique ; la partie privée ne quitte jamais le serveur par cette page.";
    none: "There is no key yet: one is made when the first licence is signed.",
        "Il n’y a pas encore de clé : elle est créée quand la première licence est signée.";
    key: "Key", "Clé";
    product: "Product", "Produit";
    every: "all products", "tous les produits";
    algorithm: "Kind", "Type";
    state: "Status", "État";
    made: "Made", "Créée";
    retired_at: "Retired", "Retirée";
    age: "Age", "Âge";
    days: "{} days", "{} jours";
    secret: "Shared secret", "Secret partagé";
    active: "Signs", "Signe";
    verify_only: "Verifies", "Vérifie";
    retired: "Retired", "Retirée";
    old: "Older than a year", "Plus d’un an";
    old_text: "It has signed for more than a year: think of rotating it.",
        "Elle signe depuis plus d’un an : pensez à la remplacer.";
    small: "Too small", "Trop petite";
    small_text: "An RSA key below 2048 bits is too small to be safe: what it verifies could be forged.",
        "Une clé RSA de moins de 2048 bits n’est pas sûre : ce qu’elle vérifie pourrait être contrefait.";
    imported: "It was made elsewhere and taken in.", "Elle a été créée ailleurs puis importée.";
    no_private: "Only its public part is here: it verifies, and does not sign.",
        "Seule sa partie publique est ici : elle vérifie mais ne signe pas.";
    public: "Public part", "Partie publique";
    public_text: "Build it into the application, which checks licences with it.",
        "À intégrer à l’application, qui s’en sert pour vérifier les licences.";
    download: "Download", "Télécharger";
    secret_text: "A shared secret has no public part and is not shown. It stays as long as there are keys made with it.",
        "Un secret partagé n’a pas de partie publique et n’est pas affiché. Il reste tant qu’il existe des clés créées avec lui.";

    actions: "Change it", "La modifier";
    rotate: "Rotate", "Remplacer";
    rotate_text: "A new key signs from now on. This one still verifies what it signed, so no licence stops working; but applications must be given the new public part before they can check new licences.",
        "Une nouvelle clé signe désormais. Celle-ci vérifie encore ce qu’elle a signé : aucune licence ne cesse de fonctionner ; mais les applications doivent recevoir la nouvelle partie publique pour vérifier les nouvelles licences.";
    rotate_done: "This key signs from now on. Give its public part to the applications.",
        "Cette clé signe désormais. Remettez sa partie publique aux applications.";
    retire: "Retire", "Retirer";
    retire_text: "Nothing that it signed is taken here any more, for good: such licences are refused. If it signs now, the next licence is signed with a new key.",
        "Rien de ce qu’elle a signé n’est plus accepté ici, définitivement : ces licences sont refusées. Si elle signe actuellement, la prochaine licence sera signée avec une nouvelle clé.";
    retire_sure: "Type the key’s hint {} to confirm", "Pour confirmer, saisissez l’indice {} de la clé";
    retire_unsure: "The hint that was typed is not this key’s, so nothing was done.",
        "L’indice saisi n’est pas celui de cette clé ; rien n’a été fait.";
    retire_done: "The key was retired.", "La clé a été retirée.";
    gone: "This is not possible with this key now.", "Ce n’est pas possible avec cette clé actuellement.";
}
