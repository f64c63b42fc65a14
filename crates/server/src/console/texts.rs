//! What pages say, in each language: a catalogue per area. A text that one language lacks does not compile.

mod attempts;
mod audit;
mod claims;
mod common;
mod customers;
mod devices;
mod examine;
mod features;
mod generate;
mod home;
mod installations;
mod keys;
mod license_key;
mod licenses;
mod me;
mod people;
mod pools;
mod products;
mod settings;
mod sign_in;
mod tokens;

use super::language::Language;

/// Declares a catalogue: each text with its name, in English and in French.
macro_rules! texts {
    ($($name:ident: $english:literal, $french:literal;)*) => {
        pub(in crate::console) struct Texts {
            $(pub(in crate::console) $name: &'static str,)*
        }

        impl Texts {
            /// In a language.
            pub(in crate::console) const fn of(language: $crate::console::language::Language) -> &'static Self {
                use $crate::console::language::Language;
                const ENGLISH: Texts = Texts { $($name: $english,)* };
                const FRENCH: Texts = Texts { $($name: $french,)* };
                match language {
                    Language::English => &ENGLISH,
                    Language::French => &FRENCH,
                }
            }
        }
    };
}
use texts;

pub(super) use attempts::Texts as Attempts;
pub(super) use audit::Texts as AuditTexts;
pub(super) use claims::Texts as Claims;
pub(super) use common::Texts as Common;
pub(super) use customers::Texts as Customers;
pub(super) use devices::Texts as Devices;
pub(super) use examine::Texts as Examine;
pub(super) use features::Texts as Features;
pub(super) use generate::Texts as Generate;
pub(super) use home::Texts as Home;
pub(super) use installations::Texts as Installations;
pub(super) use keys::Texts as Keys;
pub(super) use license_key::Texts as LicenseKey;
pub(super) use licenses::Texts as Licenses;
pub(super) use me::Texts as Me;
pub(super) use people::Texts as People;
pub(super) use pools::Texts as Pools;
pub(super) use products::Texts as Products;
pub(super) use settings::Texts as Settings;
pub(super) use sign_in::Texts as SignIn;
pub(super) use tokens::Texts as Tokens;

/// A text with a value in the place of `{}`.
pub(super) fn fill(text: &str, value: impl std::fmt::Display) -> String {
    text.replacen("{}", &value.to_string(), 1)
}

/// A time to wait, in words.
pub(super) fn wait(language: Language, seconds: u64) -> String {
    match language {
        Language::English => crate::web::wait(seconds),
        Language::French => match seconds {
            0..=1 => "une seconde".to_owned(),
            2..=90 => format!("{seconds} secondes"),
            _ => format!("{} minutes", seconds.div_ceil(60)),
        },
    }
}
