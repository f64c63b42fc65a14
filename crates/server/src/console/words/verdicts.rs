//! Verdicts, warnings and refusals in French.

use keyward_core::code::Code;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::verdict::{Verdict, Warning};

use super::Words;
use crate::console::frame::instant;

fn words(sentence: impl Into<String>, remedy: impl Into<String>) -> Words {
    Words { sentence: sentence.into(), remedy: remedy.into() }
}

/// A verdict, with its dates where it has them.
pub(super) fn french(verdict: &Verdict) -> Words {
    let (sentence, remedy) = code(verdict.code);
    let reason = verdict.reason.and_then(reason);
    if let Some((sentence, remedy)) = reason {
        return words(sentence, remedy);
    }
    let sentence = match (verdict.code, verdict.expiry, verdict.grace_until) {
        (Code::Expired, Some(end), Some(grace)) if grace > end && !verdict.valid => {
            format!(
                "La licence a expiré le {} et son délai de grâce s’est terminé le {}.",
                instant(end),
                instant(grace)
            )
        }
        (Code::Expired, Some(end), _) => format!("La licence a expiré le {}.", instant(end)),
        (Code::GracePeriod, Some(end), Some(grace)) => {
            format!(
                "La licence a expiré le {} ; tout fonctionne encore jusqu’au {}.",
                instant(end),
                instant(grace)
            )
        }
        _ => sentence.to_owned(),
    };
    words(sentence, remedy)
}

/// A sentence and a remedy for each code.
const fn code(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::Valid => ("La licence est valable.", "Rien à faire."),
        Code::GracePeriod => (
            "La licence a expiré et fonctionne encore pendant son délai de grâce.",
            "Renouvelez-la avant la fin du délai de grâce.",
        ),
        Code::Trial => ("La licence est un essai en cours.", "Achetez une licence avant la fin de l’essai."),
        Code::Expired => ("La licence a expiré.", "Renouvelez-la ou émettez une nouvelle licence."),
        Code::NotYetValid => (
            "La licence n’est pas encore valable.",
            "Attendez son premier jour ou vérifiez la date de l’ordinateur.",
        ),
        Code::Revoked => {
            ("La licence a été révoquée.", "Adressez-vous au vendeur ; une révocation peut être annulée.")
        }
        Code::Banned => ("Le titulaire de la licence est banni.", "Adressez-vous au vendeur."),
        Code::Suspended => ("La licence est suspendue.", "Demandez au vendeur de la rétablir."),
        Code::NotFound => (
            "Cette licence n’existe pas.",
            "Vérifiez que la clé est saisie sans faute ou adressez-vous au vendeur.",
        ),
        Code::AlreadyUsed => (
            "La clé est à usage unique et a déjà servi.",
            "Prenez une autre clé ou demandez à l’assistance de transférer la licence.",
        ),
        Code::Inactive => ("La clé n’est pas active.", "Demandez au vendeur de la rétablir."),
        Code::WrongDevice => (
            "La licence est liée à un autre appareil.",
            "Envoyez l’identifiant de cet appareil à l’assistance et demandez une licence pour lui.",
        ),
        Code::ClockTampered => (
            "L’horloge de cet appareil a été reculée de plus de 24 heures.",
            "Réglez l’horloge et réessayez.",
        ),
        Code::LeaseEnded => (
            "Le temps pendant lequel cet appareil peut fonctionner sur sa dernière confirmation est écoulé.",
            "Connectez-vous au réseau, ou envoyez une nouvelle demande au vendeur et saisissez la réponse.",
        ),
        Code::BadSignature => (
            "La licence a été modifiée ou a été créée avec une autre clé.",
            "Utilisez la licence exactement telle qu’elle a été remise.",
        ),
        Code::Malformed => {
            ("Ce texte n’est pas une licence bien formée.", "Utilisez la licence telle qu’elle a été remise.")
        }
        Code::UnsupportedVersion => (
            "La licence est d’une version que ce programme ne connaît pas.",
            "Mettez le programme à jour ou demandez une autre forme.",
        ),
        Code::TooLarge => (
            "La licence est plus grande qu’aucune licence ne peut l’être.",
            "Utilisez la licence exactement telle qu’elle a été remise.",
        ),
        Code::ProductScopeRequired => (
            "La politique veut savoir pour quel produit la licence est contrôlée.",
            "Envoyez le produit avec la demande.",
        ),
        Code::ProductScopeMismatch => {
            ("La licence est pour un autre produit.", "Utilisez une licence de ce produit.")
        }
        Code::PolicyScopeRequired => (
            "La politique veut savoir pour quelle politique la licence est contrôlée.",
            "Envoyez la politique avec la demande.",
        ),
        Code::PolicyScopeMismatch => {
            ("La licence suit une autre politique.", "Utilisez une licence de la politique demandée.")
        }
        Code::UserScopeRequired => (
            "La politique veut savoir pour quel utilisateur la licence est contrôlée.",
            "Envoyez l’utilisateur avec la demande.",
        ),
        Code::UserScopeMismatch => (
            "La licence appartient à un autre utilisateur.",
            "Connectez-vous avec le compte du titulaire de la licence.",
        ),
        Code::EntitlementsScopeEmpty => (
            "La demande porte sur des fonctions, mais n’en nomme aucune.",
            "Nommez au moins une fonction, ou n’en parlez pas.",
        ),
        Code::EntitlementsMissing => (
            "Il manque à la licence une fonction demandée.",
            "Achetez une licence qui comprend cette fonction.",
        ),
        Code::FingerprintScopeRequired => (
            "La politique veut savoir pour quel appareil la licence est contrôlée.",
            "Envoyez l’empreinte de l’appareil.",
        ),
        Code::FingerprintScopeEmpty => (
            "La demande porte sur des empreintes, mais n’en nomme aucune.",
            "Envoyez au moins une empreinte, ou n’en parlez pas.",
        ),
        Code::FingerprintScopeMismatch => (
            "La licence n’est pas activée sur cet appareil.",
            "Activez-la sur cet appareil, ou utilisez-en un sur lequel elle est active.",
        ),
        Code::NoMachine | Code::NoMachines => {
            ("La licence n’est activée sur aucun appareil.", "Activez-la sur cet appareil.")
        }
        Code::TooManyMachines => (
            "La licence est active sur plus d’appareils qu’elle n’en permet.",
            "Libérez un appareil ou relevez la limite.",
        ),
        Code::PoolLimit => (
            "Le groupe d’appareils est complet.",
            "Libérez un appareil du groupe ou utilisez un autre groupe.",
        ),
        Code::PoolExpired => (
            "Le temps du groupe d’appareils est écoulé.",
            "Utilisez un autre groupe ou renouvelez la licence.",
        ),
        Code::UsageLimit => (
            "La licence n’en permet pas autant.",
            "Attendez que quelque chose soit rendu, ou achetez une licence plus grande.",
        ),
    }
}

/// What a verdict warns of.
pub(super) fn french_warning(warning: &Warning) -> String {
    let days = |days: i64| if days == 1 { "1 jour".to_owned() } else { format!("{days} jours") };
    match warning {
        Warning::ExpiresSoon { days: left } => format!("Elle expire dans {}.", days(*left)),
        Warning::InGrace { days: left } => {
            format!("Elle a expiré ; tout fonctionne encore pendant {}.", days(*left))
        }
        Warning::DeviceNotCompared { device } => format!(
            "Elle est liée à l’appareil {device} ; aucun appareil n’était indiqué, rien n’a donc été comparé."
        ),
        Warning::ProductNotCompared { product } => {
            format!("Cette licence ne nomme aucun produit ; « {product} » n’a donc pas été comparé.")
        }
        Warning::ExpiryNotInKey => {
            "Cette forme ne contient pas de fin : seul le serveur qui garde la licence sait si elle est échue."
                .to_owned()
        }
        Warning::NotStarted { days: all } => {
            let all = days(i64::try_from(*all).unwrap_or(i64::MAX));
            format!("L’essai compte {all} à partir de son premier démarrage sur un appareil.")
        }
    }
}

/// Why a text is no licence.
pub(super) fn french_refusal(refusal: &Refusal) -> Words {
    let (sentence, remedy) = match refusal {
        Refusal::Malformed(flaw) => return french_flaw(flaw),
        Refusal::SealNotAccepted { .. } => SEAL_NOT_ACCEPTED,
        Refusal::CannotDecrypt => CANNOT_DECRYPT,
        Refusal::UnsupportedVersion(_) | Refusal::TooLarge { .. } | Refusal::BadSignature => {
            code(refusal.code())
        }
    };
    words(sentence, remedy)
}

/// What is wrong with the form of a text, and in which field.
fn french_flaw(flaw: &Flaw) -> Words {
    let (sentence, remedy) = match flaw {
        Flaw::Empty => EMPTY,
        Flaw::NotText => NOT_TEXT,
        Flaw::ByteOrderMark => BYTE_ORDER_MARK,
        Flaw::UnknownForm => UNKNOWN_FORM,
        Flaw::DoublyEncoded { .. } => DOUBLY_ENCODED,
        Flaw::Truncated { .. } => TRUNCATED,
        Flaw::TrailingData { .. } => TRAILING_DATA,
        Flaw::BadLength { .. } => BAD_LENGTH,
        Flaw::BadCharacter { .. } => BAD_CHARACTER,
        Flaw::BadEncoding { .. } => BAD_ENCODING,
        Flaw::NotJson { line, column } => {
            let sentence = format!("Ce texte n’est pas du JSON (ligne {line}, colonne {column}).");
            return words(sentence, NOT_JSON.1);
        }
        Flaw::MissingField { field } => {
            return words(format!("Le champ « {field} » manque."), MISSING_FIELD.1);
        }
        Flaw::WrongType { field, .. } => {
            return words(format!("Le champ « {field} » n’est pas du bon type."), WRONG_TYPE.1);
        }
        Flaw::BadValue { field, .. } => {
            return words(format!("Le champ « {field} » a une valeur qui ne convient pas."), BAD_VALUE.1);
        }
    };
    words(sentence, remedy)
}

type Pair = (&'static str, &'static str);

const MADE_WRONGLY: &str = "Demandez une nouvelle licence au vendeur : celle-ci a été mal créée.";
const AS_DELIVERED: &str = "Utilisez le fichier tel qu’il a été remis.";

const EMPTY: Pair = ("Il n’y a pas de texte.", "Donnez la clé de licence ou le fichier qui la contient.");
const NOT_TEXT: Pair = (
    "Ces octets ne sont pas un texte UTF-8.",
    "Utilisez le fichier tel qu’il a été remis ; un traitement de texte l’a peut-être modifié.",
);
const BYTE_ORDER_MARK: Pair = (
    "Le texte commence par une marque d’ordre des octets.",
    "Enregistrez le fichier en UTF-8 sans cette marque.",
);
const UNKNOWN_FORM: Pair = (
    "Ce texte n’a la forme d’aucune licence connue.",
    "Vérifiez que c’est bien une licence, entière et telle qu’elle a été remise.",
);
const DOUBLY_ENCODED: Pair =
    ("Ce texte est une licence emballée une fois de plus.", "Déballez-la et donnez la licence elle-même.");
const TRUNCATED: Pair = ("La licence est coupée.", "Copiez toute la licence, jusqu’à son dernier caractère.");
const TRAILING_DATA: Pair =
    ("Quelque chose suit la fin de la licence.", "Retirez ce qui se trouve après la licence.");
const BAD_LENGTH: Pair = (
    "La licence n’a pas la bonne longueur.",
    "Vérifiez qu’il ne manque aucun caractère et qu’aucun n’est doublé.",
);
const BAD_CHARACTER: Pair = (
    "La licence contient un caractère qui ne peut pas s’y trouver.",
    "Retirez espaces et autres caractères égarés, et saisissez-la comme elle est imprimée.",
);
const NOT_JSON: Pair = ("Ce texte n’est pas du JSON.", AS_DELIVERED);
const MISSING_FIELD: Pair = (
    "Il manque un champ.",
    "Utilisez le fichier tel qu’il a été remis ; si c’est le cas, demandez-en un nouveau au vendeur.",
);
const WRONG_TYPE: Pair = ("Un champ n’est pas du bon type.", MADE_WRONGLY);
const BAD_VALUE: Pair = ("Un champ a une valeur qui ne convient pas.", MADE_WRONGLY);
const BAD_ENCODING: Pair = (
    "Une partie de la licence est mal encodée.",
    "Copiez à nouveau la licence, exactement telle qu’elle a été remise.",
);
const SEAL_NOT_ACCEPTED: Pair = (
    "Ce type de sceau n’est pas accepté avec les clés d’ici.",
    "Il faut la clé qui vérifie ce sceau : une clé publique pour une signature, le secret pour un code d’authentification.",
);
const CANNOT_DECRYPT: Pair = (
    "Le contenu de la licence est chiffré, et aucun secret d’ici ne l’ouvre.",
    "Il faut le secret sous lequel elle a été chiffrée.",
);

/// The reasons below a code, by their stable names: of a verdict nothing more is known.
fn reason(name: &str) -> Option<Pair> {
    let all = [
        ("EMPTY", EMPTY),
        ("NOT_TEXT", NOT_TEXT),
        ("BYTE_ORDER_MARK", BYTE_ORDER_MARK),
        ("UNKNOWN_FORM", UNKNOWN_FORM),
        ("DOUBLY_ENCODED", DOUBLY_ENCODED),
        ("TRUNCATED", TRUNCATED),
        ("TRAILING_DATA", TRAILING_DATA),
        ("BAD_LENGTH", BAD_LENGTH),
        ("BAD_CHARACTER", BAD_CHARACTER),
        ("NOT_JSON", NOT_JSON),
        ("MISSING_FIELD", MISSING_FIELD),
        ("WRONG_TYPE", WRONG_TYPE),
        ("BAD_VALUE", BAD_VALUE),
        ("BAD_ENCODING", BAD_ENCODING),
        ("SEAL_NOT_ACCEPTED", SEAL_NOT_ACCEPTED),
        ("CANNOT_DECRYPT", CANNOT_DECRYPT),
    ];
    all.iter().find(|(found, _)| *found == name).map(|(_, pair)| *pair)
}

#[cfg(test)]
mod tests {
    use keyward_core::time::Timestamp;

    use super::super::errors::tests::is_french;
    use super::*;

    #[test]
    fn every_code_and_reason_has_a_french_sentence_and_remedy() {
        let day = |day: i64| Some(Timestamp::from_seconds(1_800_000_000 + day * 86_400));
        for code in Code::ALL {
            for (expiry, grace_until) in [(None, None), (day(0), None), (day(0), day(7))] {
                let verdict = Verdict { expiry, grace_until, ..Verdict::refusal(*code, code.sentence()) };
                let Words { sentence, remedy } = french(&verdict);
                is_french(&sentence);
                is_french(&remedy);
                assert_ne!((&*sentence, &*remedy), (code.sentence(), code.remedy()));
            }
        }
        let names = Flaw::TABLE.iter().map(|(name, ..)| *name).chain(["SEAL_NOT_ACCEPTED", "CANNOT_DECRYPT"]);
        for name in names {
            let (sentence, remedy) = reason(name).unwrap_or_else(|| panic!("{name} has no French words"));
            is_french(sentence);
            is_french(remedy);
        }
    }

    #[test]
    fn a_refusal_and_its_verdict_say_the_same_cause() {
        for refusal in [
            Refusal::BadSignature,
            Refusal::CannotDecrypt,
            Refusal::SealNotAccepted { found: "with a MAC" },
            Refusal::UnsupportedVersion("9".to_owned()),
            Refusal::TooLarge { what: "text", limit: 1 },
            Flaw::Truncated { what: "key" }.into(),
            Flaw::BadLength { what: "key", wanted: "12 characters" }.into(),
        ] {
            let (said, verdict) = (french_refusal(&refusal), french(&refusal.into()));
            is_french(&said.sentence);
            assert_eq!((said.sentence, said.remedy), (verdict.sentence, verdict.remedy));
        }
        for flaw in [
            Flaw::NotJson { line: 1, column: 2 },
            Flaw::MissingField { field: "payload" },
            Flaw::WrongType { field: "payload", wanted: "an object" },
            Flaw::BadValue { field: "t", wanted: "a tier" },
        ] {
            let words = french_flaw(&flaw);
            is_french(&words.sentence);
            is_french(&words.remedy);
        }
    }

    #[test]
    fn warnings_are_french() {
        for warning in [
            Warning::ExpiresSoon { days: 1 },
            Warning::InGrace { days: 3 },
            Warning::DeviceNotCompared { device: "A1".to_owned() },
            Warning::ProductNotCompared { product: "P".to_owned() },
            Warning::ExpiryNotInKey,
            Warning::NotStarted { days: 14 },
        ] {
            is_french(&french_warning(&warning));
        }
    }
}
