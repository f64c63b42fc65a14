//! What a person looks for in one line.

use std::collections::HashSet;

use keyward_store::licenses::{self, Filter, Sought};
use keyward_store::terms;
use uuid::Uuid;

use super::list::{Listing, MAX_PAGE, Page, invalid};
use crate::form::canonical;
use crate::{Engine, EngineError};

impl Engine {
    /// What a person looks for in one line, the newest first: words of the names of a licence, a company or a customer, in any
    /// order, their beginnings suffice; `key:value` of the metadata; the beginning of what a licence is for, of its customer's id or
    /// address, or of a device; the last four characters of a key. There is one page of what was looked at, in the order asked for:
    /// whoever finds too many types more.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn search(&self, text: &str, wanted: &Listing) -> Result<Page, EngineError> {
        let text = text.trim();
        if text.is_empty() || text.contains('\0') {
            return Err(invalid("word", "what is looked for"));
        }
        // An order by the end leaves out nothing here: whatever is found is put in order.
        let asked = self.asked(wanted).await?;
        let listing = Listing { by_end: false, ..wanted.clone() };
        // They come the newest first: for that order no more are read than are shown, and one that tells of others.
        let is_newest = wanted.newest_first && !wanted.by_end;
        let limit = if is_newest { wanted.limit + 1 } else { MAX_PAGE };
        let filter = Filter { limit, ..asked.filter(&listing) };
        let words = terms::words(text);
        let pair = text.split_once(':').map(|(key, value)| terms::pair(key, value));
        let term = match words.as_slice() {
            [one] => Some(pair.as_deref().unwrap_or(one)),
            _ => pair.as_deref(),
        };
        let sought = Sought { term, whole: Some(text) };
        let mut rows = licenses::search(&self.store, &filter, sought).await?;
        let mut asked_for = vec![sought];
        if words.len() > 1 {
            let rarest = self.rarest(&words).await?;
            let more = licenses::with_words(&self.store, &filter, rarest, &words).await?;
            let known: HashSet<i64> = rows.iter().map(|row| row.found.serial).collect();
            rows.extend(more.into_iter().filter(|row| !known.contains(&row.found.serial)));
            asked_for.push(Sought { term: Some(rarest), whole: None });
        }
        if wanted.by_end {
            rows.sort_by_key(|row| (row.found.license.expiry.is_none(), row.found.license.expiry));
        } else {
            rows.sort_by_key(|row| if wanted.newest_first { -row.found.serial } else { row.found.serial });
        }
        // When there are more than are shown, nobody needs to know whether there are yet more.
        let mut is_short = rows.len() as i64 > wanted.limit;
        for sought in asked_for {
            is_short = is_short || licenses::is_cut(&self.store, &filter, sought).await?;
        }
        rows.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
        Ok(Page { licenses: self.judged(rows, asked.now).await?, next: None, is_short })
    }

    /// The word that leaves the fewest licences.
    async fn rarest<'w>(&self, words: &'w [String]) -> Result<&'w str, EngineError> {
        let mut rarest: Option<(i64, &str)> = None;
        for word in words {
            let count = terms::count(&self.store, self.account.id, word, licenses::EACH).await?;
            if rarest.is_none_or(|(least, _)| count < least) {
                rarest = Some((count, word));
            }
        }
        Ok(rarest.map(|(_, word)| word).unwrap_or_default())
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
