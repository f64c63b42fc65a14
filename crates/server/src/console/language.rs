//! The language of pages: what the person chose, else what the browser asks for.

use axum::extract::State;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;

use super::HOME;
use super::frame::ours;
use crate::app::App;
use crate::layers::{Context, RawBody};
use crate::web::{self, Fields, is_of_this_site};

const COOKIE_NAME: &str = "keyward_language";
/// A year.
const KEPT: u32 = 31_536_000;

/// A language that the catalogues have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    French,
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::French];

    /// Its tag (RFC 5646).
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// As those who speak it call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
        }
    }

    /// What a browser sends that keeps it.
    pub(super) fn cookie(self) -> String {
        format!("{COOKIE_NAME}={}", self.tag())
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The language for whoever asks.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let chosen = pairs.find(|(name, _)| *name == COOKIE_NAME).and_then(|(_, tag)| Self::of_tag(tag));
        let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        chosen.or_else(|| asked.and_then(accepted)).unwrap_or(Self::English)
    }
}

/// The best that we have of a list with weights (RFC 9110, section 12.5.4).
fn accepted(list: &str) -> Option<Language> {
    let weighed = list.split(',').filter_map(|item| {
        let (tag, rest) = item.split_once(';').unwrap_or((item, ""));
        let weight = rest.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.parse::<f32>().ok())?;
        Some((Language::of_tag(tag.trim())?, weight)).filter(|(_, weight)| *weight > 0.0)
    });
    // Of equal ones the first one counts.
    weighed.reduce(|best, other| if other.1 > best.1 { other } else { best }).map(|(language, _)| language)
}

/// `POST /console/language`: whether somebody is signed in does not matter.
pub(super) async fn choose(
    State(_): State<App>,
    context: Context,
    uri: Uri,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Response {
    let fields = Fields::parse(&body);
    let mut response = web::see(ours(fields.get("next")), HOME);
    if let Some(language) =
        Language::of_tag(fields.get("language")).filter(|_| is_of_this_site(&uri, &headers))
    {
        let secure = if context.is_secure { "; Secure" } else { "" };
        let cookie =
            format!("{COOKIE_NAME}={}; Path=/console; Max-Age={KEPT}; SameSite=Lax{secure}", language.tag());
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_the_language_that_they_like_best() {
        use Language::{English, French};
        for (cookie, asked, wanted) in [
            ("", "", English),
            ("", "fr", French),
            ("", "fr-CA,fr;q=0.9,en;q=0.8", French),
            ("", "en-US,en;q=0.9,fr;q=0.8", English),
            ("", "de, fr;q=0.5, en;q=0.7", English),
            ("", "de, fr;q=0.9, en;q=0.7", French),
            ("", "fr;q=0, en;q=0.1", English),
            ("", "fr;q=nonsense", English),
            ("", "*", English),
            ("a=b; keyward_language=fr", "en", French),
            ("keyward_language=xx", "fr", French),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(cookie));
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
            assert_eq!(Language::of(&headers), wanted, "{cookie:?} {asked:?}");
        }
    }
}
