//! The overview.

super::texts! {
    total: "Licences", "Licences";
    active: "Active", "Actives";
    used: "Activated", "Activées";
    rate: "Activation rate: {}", "Taux d’activation : {}";
    unused: "Never activated", "Jamais activées";
    expiring: "Ending soon", "Bientôt échues";
    expired: "Expired", "Expirées";
    suspended: "Suspended", "Suspendues";
    revoked: "Revoked", "Révoquées";
    failed_today: "Refused today", "Refus aujourd’hui";
    delayed_today: "Sign-ins delayed today", "Connexions retardées aujourd’hui";
    activations: "Activations", "Activations";
    validations: "Validations", "Validations";
    granted: "granted", "acceptées";
    refused: "refused", "refusées";
    last_days: "last 28 days, by day", "28 derniers jours, par jour";
    as_table: "As a table", "En tableau";
    day: "Day", "Jour";
    ending: "Ending soon", "Bientôt échues";
    ending_all: "All that end within 30 days", "Toutes celles qui se terminent d’ici 30 jours";
    ending_none: "No licence ends within 30 days.", "Aucune licence ne se termine d’ici 30 jours.";
    pools: "Pool stock", "Stock des pools";
    duration: "Duration", "Durée";
    pool_total: "Made", "Créées";
    pool_used: "Used", "Utilisées";
    available: "Available", "Disponibles";
    low: "{}: less than a tenth of the keys is left. Make more of them.",
        "{} : il reste moins d’un dixième des clés. Créez-en d’autres.";
    alert: "There are many wrong keys from many addresses: somebody may be guessing. Nobody honest is locked out; the allowance of each address is halved meanwhile.",
        "Beaucoup de clés erronées viennent de nombreuses adresses : quelqu’un devine peut-être. Aucun utilisateur légitime n’est bloqué ; le quota de chaque adresse est réduit de moitié entre-temps.";
    is_new: "There is no licence yet.", "Il n’y a pas encore de licence.";
}
