//! The engine's errors in French, as far as a person at a form meets them.

use keyward_core::calendar::OutOfRange;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_engine::EngineError;
use keyward_engine::issue::IssueError;

use super::{Words, verdicts};

const CORRECT: &str = "Corrigez la valeur et réessayez.";

fn words(sentence: impl Into<String>, remedy: &str) -> Words {
    Words { sentence: sentence.into(), remedy: remedy.to_owned() }
}

/// `None` for what is ours, or what the page words itself.
pub(super) fn french(error: &EngineError) -> Option<Words> {
    Some(match error {
        EngineError::Store(_)
        | EngineError::Vault(_)
        | EngineError::MasterKey(_)
        | EngineError::MasterKeyMissing { .. }
        | EngineError::MasterKeyRotated
        | EngineError::Archive(_)
        | EngineError::Passphrase(_)
        | EngineError::UnknownSigner { .. }
        | EngineError::KeyFile(_)
        | EngineError::IdempotencyReused
        | EngineError::IdempotencyInProgress
        | EngineError::PublicSecret
        | EngineError::Changed(_)
        | EngineError::Forbidden(_) => return None,
        EngineError::Issue(error) => issue(error)?,
        EngineError::Refused(refusal) => verdicts::french_refusal(refusal),
        EngineError::Date(OutOfRange) => date(),
        EngineError::NotFound { what, name } => {
            let what = thing(what).unwrap_or("Ce qui est nommé");
            words(format!("{what} « {name} » n’existe pas."), "Vérifiez le nom.")
        }
        EngineError::Taken { what, name } => {
            let what = thing(what).unwrap_or("Ce nom");
            let sentence = if name.is_empty() { what.to_owned() } else { format!("{what} « {name} »") };
            words(format!("{sentence} existe déjà."), "Choisissez un autre nom ou modifiez l’existant.")
        }
        EngineError::NotAllowed(verdict) => verdicts::french(verdict),
        EngineError::AlreadySo(_) => words("C’est déjà le cas.", "Rien à faire."),
        EngineError::Limit { what, limit, used } => words(
            format!("{} : {used} sur {limit} sont utilisés.", counted(what)),
            "Libérez-en un ou relevez la limite.",
        ),
        EngineError::Invalid { field, .. } => words(wanted(field), CORRECT),
        EngineError::SecretInUse { product } => words(
            format!("Des licences de « {product} » ont été émises ou enregistrées sous un autre secret."),
            "Gardez ce secret : avec un autre, ces licences cesseraient de fonctionner.",
        ),
        EngineError::NoFreeSecond => words(
            "Chaque seconde de l’heure à venir a déjà une clé de ce palier.",
            "Émettez moins de clés de ce palier par heure, ou prenez LK-3, qui n’a pas cette limite.",
        ),
    })
}

fn date() -> Words {
    words("La date obtenue est hors des années 1 à 9999.", "Choisissez une durée plus courte.")
}

fn issue(error: &IssueError) -> Option<Words> {
    Some(match error {
        // Keys are chosen by the server.
        IssueError::WrongKey { .. } => return None,
        IssueError::Date(OutOfRange) => date(),
        IssueError::Field(Refusal::Malformed(
            Flaw::BadValue { field, .. } | Flaw::WrongType { field, .. } | Flaw::MissingField { field },
        )) => words(
            format!("La valeur de « {field} » ne peut pas figurer dans cette forme de licence."),
            CORRECT,
        ),
        IssueError::Field(Refusal::TooLarge { .. }) => {
            words("La licence serait plus grande qu’aucune licence ne peut l’être.", "Écrivez moins.")
        }
        IssueError::Field(_) => words("Une valeur ne peut pas figurer dans cette forme de licence.", CORRECT),
        IssueError::PremiumHasNoEpoch => words(
            "Un enregistrement Premium n’a pas de fin, ce que seul le profil « text » peut dire.",
            "N’indiquez pas de profil.",
        ),
        IssueError::DurationMissing(kind) => words(
            format!(
                "Un enregistrement de type « {kind} » a besoin d’une durée ; seul Premium n’a pas de fin."
            ),
            CORRECT,
        ),
        IssueError::TooManyTierKeys => words(
            "Une clé de palier vaut pour une seconde : 3600 au plus sont créées à la fois.",
            "Prenez LK-3 pour en créer davantage.",
        ),
        IssueError::TooManyPoolKeys(most) => {
            words(format!("Au plus {most} clés de lot sont créées à la fois."), "Recommencez pour le reste.")
        }
    })
}

/// What the engine calls things.
fn thing(what: &str) -> Option<&'static str> {
    Some(match what {
        "a licence for" => "Une licence pour",
        "a file for the device" => "Un fichier pour l’appareil",
        "batch" | "whole batch" => "Le lot",
        "customer" | "user" => "Le client",
        "device" => "L’appareil",
        "entitlement" => "La fonction",
        "form" | "form of licence" => "La forme",
        "installation" => "L’installation",
        "invitation" | "invitation that waits" => "L’invitation",
        "key" | "private half of key" | "signing key" => "La clé",
        "licence" => "La licence",
        "limit" => "La limite",
        "person" => "La personne",
        "policy" => "La politique",
        "policy with another grace" => "Une politique avec un autre délai de grâce",
        "product" => "Le produit",
        "secret of installation" => "Le secret de l’installation",
        "secret of product" => "Le secret du produit",
        "signing key of product" => "La clé de signature du produit",
        "token" | "unrevoked token" => "Le jeton",
        _ => return None,
    })
}

/// What a limit counts.
fn counted(what: &str) -> &'static str {
    match what {
        "transfers" => "Transferts",
        _ => "Limite atteinte",
    }
}

/// What a value must be, by the name of its field.
fn wanted(field: &str) -> String {
    let wanted = match field {
        "client_id" => "L’identifiant du client ne doit être ni vide ni trop long.",
        "deviceId" | "device_id" => "L’identifiant de l’appareil ne doit être ni vide ni trop long.",
        "code" => "Un code compte 1 à 50 minuscules, chiffres et traits d’union.",
        "name" => "Le nom est vide, trop long, ou contient des caractères invisibles.",
        "installation" => {
            "Le nom de l’installation est vide, trop long, ou contient des caractères invisibles."
        }
        "product" => "Le nom du produit ne doit pas être vide.",
        "prefix" => "Ce début de clé ne convient pas.",
        "user" => "Un client a besoin d’un identifiant ou d’une adresse e-mail.",
        "email" => "Saisissez une adresse e-mail, comme nom@example.com.",
        "password" => "Ce mot de passe ne convient pas.",
        "person" => "Il ne resterait aucun autre administrateur.",
        "second factor" => "Le second facteur actuel doit d’abord être désactivé.",
        "policy" => "Indiquez une politique, ou un palier qui en a une.",
        "tier" => "Ce palier ne convient pas à ce type de licence.",
        "duration" => "Indiquez une durée en jours entiers.",
        "metadata" => "Les métadonnées doivent être un objet JSON.",
        "expires" => "La fin doit être dans l’avenir.",
        "days" => "Indiquez un nombre de jours, 1 ou plus.",
        "transfer" => "Indiquez le nouvel appareil, le nouveau client, ou les deux.",
        "licence" | "license" => "La licence ne permet pas cela : sa fin ne peut pas être déplacée ainsi.",
        "key" => "Cette clé ne convient pas ici.",
        "secret" => "Le secret ne doit pas être vide.",
        "master key" => "Une nouvelle clé maîtresse est nécessaire.",
        "rules" => "Les règles enregistrées ne peuvent pas être lues.",
        "limit" | "after" => "Cette page n’existe pas.",
        other => return unnamed(other),
    };
    wanted.to_owned()
}

fn unnamed(field: &str) -> String {
    format!("La valeur de « {field} » ne convient pas.")
}

#[cfg(test)]
pub(super) mod tests {
    use keyward_core::code::Code;
    use keyward_core::crypto::Algorithm;
    use keyward_core::verdict::Verdict;

    use super::*;

    /// No word of an English sentence.
    pub(in super::super) fn is_french(text: &str) {
        const ENGLISH: [&str; 24] = [
            "the", "is", "are", "of", "to", "and", "with", "was", "for", "must", "has", "not", "this",
            "that", "which", "it", "be", "at", "or", "no", "an", "by", "in", "your",
        ];
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        let english = words.find(|word| ENGLISH.contains(&word.to_lowercase().as_str()));
        assert!(english.is_none() && !text.is_empty(), "{english:?} in {text:?}");
        assert!(text.ends_with(['.', '!']), "{text:?} is no sentence");
    }

    #[test]
    fn errors_that_a_form_can_meet_are_french() {
        let taken = |what| EngineError::Taken { what, name: "x".to_owned() };
        let none = |what| EngineError::NotFound { what, name: "x".to_owned() };
        let flaw = Refusal::from(Flaw::BadValue { field: "tier", wanted: "a tier" });
        for error in [
            taken("a licence for"),
            taken("something new"),
            none("product"),
            none("something new"),
            EngineError::AlreadySo("suspended"),
            EngineError::NotAllowed(Box::new(Verdict::refusal(Code::Revoked, "is revoked"))),
            EngineError::Limit { what: "transfers", limit: 2, used: 2 },
            EngineError::Invalid { field: "something new", wanted: "a number".to_owned() },
            EngineError::Date(OutOfRange),
            EngineError::Refused(flaw.clone()),
            EngineError::SecretInUse { product: "p".to_owned() },
            EngineError::NoFreeSecond,
            IssueError::Field(flaw).into(),
            IssueError::Field(Refusal::TooLarge { what: "text", limit: 1 }).into(),
            IssueError::Field(Refusal::BadSignature).into(),
            IssueError::Date(OutOfRange).into(),
            IssueError::PremiumHasNoEpoch.into(),
            IssueError::DurationMissing("Pro".to_owned()).into(),
            IssueError::TooManyTierKeys.into(),
            IssueError::TooManyPoolKeys(100_000).into(),
        ] {
            let words = french(&error).unwrap_or_else(|| panic!("{error} has no French words"));
            is_french(&words.sentence);
            is_french(&words.remedy);
        }
        let ours = IssueError::WrongKey { wanted: Algorithm::Ed25519, found: Algorithm::RsaPkcs1Sha256 };
        assert!(french(&ours.into()).is_none());
    }

    /// Every name in the engine's sources of a field that may be wrong, or of a thing that is or is not there.
    #[test]
    fn whatever_the_engine_names_has_a_french_name() {
        let (mut fields, mut things) = (0, 0);
        for path in sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/src"))) {
            let text = std::fs::read_to_string(&path).expect("reads");
            let is_about_forms = !path.iter().any(|part| part == "import" || part == "import.rs");
            for name in named(&text, "Invalid { field: \"").filter(|_| is_about_forms) {
                assert_ne!(wanted(name), unnamed(name), "the field {name:?} of {path:?} has no French words");
                fields += 1;
            }
            for name in named(&text, "Taken { what: \"").chain(named(&text, "NotFound { what: \"")) {
                let known = thing(name).is_some() || name == "vault";
                assert!(known, "{name:?} of {path:?} has no French name");
                things += 1;
            }
        }
        assert!(fields > 15 && things > 40, "the engine's sources were not read: {fields} {things}");
    }

    fn named<'t>(text: &'t str, before: &'t str) -> impl Iterator<Item = &'t str> {
        text.split(before).skip(1).filter_map(|rest| rest.split('"').next())
    }

    fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let entries =
            std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
    }
}
