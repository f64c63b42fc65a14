//! Customers.

super::texts! {
    title: "Customers", "Clients";
    search: "Search", "Rechercher";
    search_hint: "The beginning of an id, an e-mail address or a name", "Le début d’un id, d’une adresse e-mail ou d’un nom";
    filter: "Search", "Rechercher";
    none: "There is no customer yet.", "Il n’y a pas encore de client.";
    none_found: "Nobody was found. Ids, addresses and names are searched from their beginning.",
        "Personne n’a été trouvé. Les ids, adresses et noms se cherchent par leur début.";
    some: "These are the first {}: write more of it to see others.", "Voici les {} premiers : précisez pour en voir d’autres.";
    clear: "Show all", "Tout afficher";
    customer: "Customer", "Client";
    email: "E-mail", "E-mail";
    name: "Name", "Nom";
    since: "Since", "Depuis";
    state: "Status", "État";
    banned: "Banned", "Banni";
    ban: "Ban", "Bannir";
    ban_text: "None of this customer’s licences runs from the next check on, until the ban is lifted. What was licensed offline learns of it only when it asks again.",
        "Aucune licence de ce client ne fonctionne dès le prochain contrôle, jusqu’à la levée du bannissement. Ce qui est licencié hors ligne ne l’apprend qu’à sa prochaine demande.";
    lift: "Lift the ban", "Lever le bannissement";
    lift_text: "The licences run again as they did before, each as long as its own end allows.",
        "Les licences fonctionnent de nouveau comme avant, chacune jusqu’à sa propre fin.";
    ban_done: "The customer was banned.", "Le client a été banni.";
    lift_done: "The ban was lifted.", "Le bannissement a été levé.";
}
