//! What the events of the audit log mean, in both languages.

use super::super::language::Language;

/// A sentence for an event; `None` for one that a newer Keyward wrote.
pub(in super::super) fn event(name: &str, language: Language) -> Option<&'static str> {
    let [english, french] = match name {
        "account.backup" => ["A backup was made.", "Une sauvegarde a été faite."],
        "account.create" => ["The account was made.", "Le compte a été créé."],
        "account.export" => ["Everything was exported.", "Tout a été exporté."],
        "account.import" => [
            "Everything came from the export of another database.",
            "Tout est venu de l’export d’une autre base de données.",
        ],
        "account.restore" => [
            "The database was restored from a backup.",
            "La base de données a été restaurée depuis une sauvegarde.",
        ],
        "batch.export" => ["A lot of keys was downloaded.", "Un lot de clés a été téléchargé."],
        "batch.issue" => ["A lot of keys was made.", "Un lot de clés a été créé."],
        "device.activate" => ["A device was activated.", "Un appareil a été activé."],
        "device.recovery-code" => [
            "A code was made that clears the alarm of a device’s clock.",
            "Un code a été créé qui lève l’alarme de l’horloge d’un appareil.",
        ],
        "device.release" => ["A device was released.", "Un appareil a été libéré."],
        "entitlement.attach" => ["Features were added.", "Des fonctionnalités ont été ajoutées."],
        "entitlement.create" => ["A feature was made.", "Une fonctionnalité a été créée."],
        "entitlement.delete" => ["A feature was removed.", "Une fonctionnalité a été supprimée."],
        "entitlement.detach" => ["Features were taken away.", "Des fonctionnalités ont été retirées."],
        "entitlement.rename" => ["A feature was renamed.", "Une fonctionnalité a été renommée."],
        "import" => ["An older system was moved in.", "Un ancien système a été importé."],
        "installation.change" => ["An installation was changed.", "Une installation a été modifiée."],
        "installation.create" => ["An installation was made.", "Une installation a été créée."],
        "installation.over-limit" => [
            "An installation uses more devices than it may.",
            "Une installation utilise plus d’appareils que permis.",
        ],
        "installation.within-limit" => [
            "An installation is within its limit of devices again.",
            "Une installation respecte de nouveau sa limite d’appareils.",
        ],
        "installation.wrong-key" => [
            "A key that fits no secret of this installation was tried.",
            "Une clé qui ne correspond à aucun secret de cette installation a été essayée.",
        ],
        "key.create" => ["A signing key was made.", "Une clé de signature a été créée."],
        "key.export" => {
            ["A private signing key was exported.", "Une clé de signature privée a été exportée."]
        }
        "key.import" => ["A signing key was taken in.", "Une clé de signature a été importée."],
        "key.retire" => ["A signing key was retired.", "Une clé de signature a été retirée du service."],
        "key.rotate" => {
            ["A signing key took the place of another.", "Une clé de signature en a remplacé une autre."]
        }
        "license.activate" => ["A licence was activated.", "Une licence a été activée."],
        "license.activate-offline" => [
            "A licence was activated for a device without a network.",
            "Une licence a été activée pour un appareil hors ligne.",
        ],
        "license.bypass-attempt" => [
            "A used key was tried on another device.",
            "Une clé déjà utilisée a été essayée sur un autre appareil.",
        ],
        "license.change" => ["A licence was changed.", "Une licence a été modifiée."],
        "license.deactivate" => {
            ["A device was released from a licence.", "Un appareil a été libéré d’une licence."]
        }
        "license.erase" => [
            "What named a person in a licence was erased.",
            "Ce qui nommait une personne dans une licence a été effacé.",
        ],
        "license.expire" => [
            "A licence was deactivated because its end had passed.",
            "Une licence a été désactivée parce que son échéance était passée.",
        ],
        "license.export" => ["A list of licences was exported.", "Une liste de licences a été exportée."],
        "license.first-validation" => [
            "A licence was asked about for the first time.",
            "Une licence a été vérifiée pour la première fois.",
        ],
        "license.issue" => ["A licence was made.", "Une licence a été créée."],
        "license.reactivate" => [
            "A record was reactivated, with a new one to give out.",
            "Un enregistrement a été réactivé ; un nouveau est à remettre.",
        ],
        "license.register-form" => [
            "A form of a licence that was made elsewhere was taken in.",
            "Une forme d’une licence créée ailleurs a été enregistrée.",
        ],
        "license.reinstate" => ["A licence was reinstated.", "Une licence a été rétablie."],
        "license.release-offline" => {
            ["A device without a network gave its seat back.", "Un appareil hors ligne a rendu sa place."]
        }
        "license.remove" => ["A licence was taken off its list.", "Une licence a été retirée de sa liste."],
        "license.renew" => ["A licence was renewed.", "Une licence a été renouvelée."],
        "license.reveal" => ["A whole key was shown.", "Une clé entière a été affichée."],
        "license.revoke" => ["A licence was revoked.", "Une licence a été révoquée."],
        "license.suspend" => ["A licence was suspended.", "Une licence a été suspendue."],
        "license.transfer" => ["A licence was transferred.", "Une licence a été transférée."],
        "license.use" => {
            ["Uses of a licence were counted.", "Des utilisations d’une licence ont été comptées."]
        }
        "master.export" => ["The master key was exported.", "La clé maîtresse a été exportée."],
        "master.rotate" => ["The master key was replaced.", "La clé maîtresse a été remplacée."],
        "person.accept" => ["An invitation was accepted.", "Une invitation a été acceptée."],
        "person.invite" => ["Somebody was invited.", "Quelqu’un a été invité."],
        "person.let_in" => ["Somebody was let in again.", "L’accès de quelqu’un a été rétabli."],
        "person.lock_out" => ["Somebody was locked out.", "L’accès de quelqu’un a été bloqué."],
        "person.password" => ["A password was changed.", "Un mot de passe a été changé."],
        "person.reset" => [
            "Somebody’s second factor and sessions were dropped.",
            "Le second facteur et les sessions de quelqu’un ont été supprimés.",
        ],
        "person.role" => ["A role was changed.", "Un rôle a été changé."],
        "person.second_factor" => [
            "A second factor was set up or turned off.",
            "Un second facteur a été mis en place ou désactivé.",
        ],
        "person.uninvite" => ["An invitation was withdrawn.", "Une invitation a été retirée."],
        "policy.change" => ["A policy was changed.", "Une politique a été modifiée."],
        "policy.create" => ["A policy was made.", "Une politique a été créée."],
        "pool.reset" => ["A pool was emptied.", "Un lot de clés a été vidé."],
        "product.create" => ["A product was made.", "Un produit a été créé."],
        "product.prefix" => {
            ["The prefix of a product’s keys was set.", "Le préfixe des clés d’un produit a été fixé."]
        }
        "secret.reveal" => ["A shared secret was shown.", "Un secret partagé a été affiché."],
        "secret.set" => ["A shared secret was set.", "Un secret partagé a été fixé."],
        "session.close" => ["Somebody signed out.", "Quelqu’un s’est déconnecté."],
        "session.close_all" => ["Sessions were ended.", "Des sessions ont été fermées."],
        "session.delay" => [
            "Sign-in is delayed after several wrong passwords or codes.",
            "La connexion est retardée après plusieurs mots de passe ou codes erronés.",
        ],
        "session.open" => ["Somebody signed in.", "Quelqu’un s’est connecté."],
        "session.password" => [
            "A password was right; the second factor is awaited.",
            "Un mot de passe était juste ; le second facteur est attendu.",
        ],
        "token.create" => ["A token was made.", "Un jeton a été créé."],
        "token.revoke" => ["A token was revoked.", "Un jeton a été révoqué."],
        "user.ban" => ["A customer was banned.", "Un client a été banni."],
        "user.erase" => ["A person was erased.", "Une personne a été effacée."],
        "user.unban" => ["The ban of a customer was lifted.", "Le bannissement d’un client a été levé."],
        _ => return None,
    };
    Some(match language {
        Language::English => english,
        Language::French => french,
    })
}

#[cfg(test)]
mod tests {
    use keyward_engine::audit::EVENTS;

    use super::super::errors::tests::is_french;
    use super::*;

    #[test]
    fn every_event_has_words_in_both_languages() {
        for name in EVENTS {
            let english = event(name, Language::English).unwrap_or_else(|| panic!("no words for {name}"));
            assert!(english.ends_with('.') && english.len() > 10, "{name}: {english}");
            let french = event(name, Language::French).expect("where there is English there is French");
            is_french(french);
            assert_ne!(english, french);
        }
    }
}
