//! Pools of single-use keys.

super::texts! {
    title: "Pools", "Lots";
    intro: "Keys that work once, made in advance: how many of each duration are left.",
        "Des clés à usage unique, créées d’avance : combien il en reste de chaque durée.";
    none: "No product has keys of this kind.", "Aucun produit n’a de clés de ce type.";
    duration: "Duration", "Durée";
    available: "Available", "Disponibles";
    used: "Used", "Utilisées";
    suspended: "Suspended", "Suspendues";
    revoked: "Revoked", "Révoquées";
    total: "Made", "Créées";
    all: "All", "Toutes";
    low: "Low stock", "Stock bas";
    low_text: "Fewer than 10 % are left of: {}. Make more before they run out.",
        "Il reste moins de 10 % de : {}. Créez-en avant qu’elles ne manquent.";
}
