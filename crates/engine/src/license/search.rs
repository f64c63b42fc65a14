//! What a person looks for in one line.

use std::cmp::Reverse;

use keyward_store::licenses::{self, Filter, Sought};
use keyward_store::{terms, users};
use uuid::Uuid;

use super::list::{Listing, MAX_PAGE, Page, invalid};
use crate::form::canonical;
use crate::{Engine, EngineError};

impl Engine {
    /// What a person looks for in one line, the newest first: words of the names of a licence, a company or a customer, in any
    /// order, their beginnings suffice; `key:value` of the metadata; the beginning of what a licence is for, of its customer's id or
    /// address, or of a device; the last four characters of a key. There is one page: whoever finds too many types more.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn search(&self, text: &str, wanted: &Listing) -> Result<Page, EngineError> {
        let text = text.trim();
        if text.is_empty() || text.contains('\0') {
            return Err(invalid("word", "what is looked for"));
        }
        let asked = self.asked(wanted).await?;
        let filter = Filter { limit: wanted.limit + 1, ..asked.filter(wanted) };
        let db = &self.store;
        let words = terms::words(text);
        let pair = text.split_once(':').map(|(key, value)| terms::pair(key, value));
        let mut rows = match (&pair, words.as_slice()) {
            (None, several @ [_, _, ..]) => {
                let sought = Sought { term: None, whole: Some(text) };
                let whole = licenses::search(db, &filter, sought).await?;
                let mut rows = self.with_words(several, &filter).await?;
                rows.retain(|row| whole.iter().all(|it| it.found.serial != row.found.serial));
                rows.extend(whole);
                rows.sort_by_key(|row| Reverse(row.found.serial));
                rows
            }
            (pair, words) => {
                let sought =
                    Sought { term: pair.as_ref().or(words.first()).map(String::as_str), whole: Some(text) };
                licenses::search(db, &filter, sought).await?
            }
        };
        let is_short = rows.len() as i64 > wanted.limit;
        rows.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
        Ok(Page { licenses: self.judged(rows, asked.now).await?, next: None, is_short })
    }

    /// Licences with all of these words. That which leaves the fewest is looked up.
    async fn with_words(
        &self,
        words: &[String],
        filter: &Filter<'_>,
    ) -> Result<Vec<licenses::Listed>, EngineError> {
        let mut rarest: Option<(i64, &str)> = None;
        for word in words {
            let count = terms::count(&self.store, self.account.id, word, MAX_PAGE).await?;
            if rarest.is_none_or(|(least, _)| count < least) {
                rarest = Some((count, word));
            }
        }
        let sought = Sought { term: rarest.map(|(_, word)| word), whole: None };
        let found =
            licenses::search(&self.store, &Filter { limit: MAX_PAGE, ..filter.clone() }, sought).await?;
        let mut rows = Vec::new();
        for row in found {
            let license = &row.found.license;
            let mut own = terms::of_license(license.name.as_deref(), &license.metadata);
            if !terms::hold(&own, words)
                && let Some(id) = license.user_id
                && let Some(user) = users::by_id(&self.store, id).await?
            {
                own.extend(terms::of_customer(user.name.as_deref(), user.email.as_deref()));
            }
            if terms::hold(&own, words) {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    /// The licence whose whole key, older form or id a text is.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn named_whole(&self, text: &str) -> Result<Option<Uuid>, EngineError> {
        let text = text.trim();
        let found = match (Uuid::try_parse(text), canonical(text)) {
            (Ok(id), _) => self.find_id(&self.store, id).await?,
            (Err(_), Ok(key)) => self.find_key(&self.store, &key).await?,
            (Err(_), Err(_)) => None,
        };
        Ok(found.map(|found| found.license.id))
    }
}
