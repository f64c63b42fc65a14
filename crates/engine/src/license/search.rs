//! What a person looks for in one line.

use std::collections::{BTreeSet, HashMap, HashSet};

use keyward_store::licenses::{self, Filter, License, Sought};
use keyward_store::{terms, users};
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
        let mut is_short = licenses::is_cut(&self.store, self.account.id, sought).await?;
        if words.len() > 1 {
            let (more, is_cut) = self.with_words(&words, &Filter { limit: MAX_PAGE, ..filter }).await?;
            is_short |= is_cut;
            let known: HashSet<i64> = rows.iter().map(|row| row.found.serial).collect();
            rows.extend(more.into_iter().filter(|row| !known.contains(&row.found.serial)));
        }
        if wanted.by_end {
            rows.sort_by_key(|row| (row.found.license.expiry.is_none(), row.found.license.expiry));
        } else {
            rows.sort_by_key(|row| if wanted.newest_first { -row.found.serial } else { row.found.serial });
        }
        is_short |= rows.len() as i64 > wanted.limit;
        rows.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
        Ok(Page { licenses: self.judged(rows, asked.now).await?, next: None, is_short })
    }

    /// Licences with all of these words, and whether there may be more. That which leaves the fewest is looked up.
    async fn with_words(
        &self,
        words: &[String],
        filter: &Filter<'_>,
    ) -> Result<(Vec<licenses::Listed>, bool), EngineError> {
        let (db, account) = (&self.store, self.account.id);
        let mut rarest: Option<(i64, &str)> = None;
        for word in words {
            let count = terms::count(db, account, word, licenses::EACH).await?;
            if rarest.is_none_or(|(least, _)| count < least) {
                rarest = Some((count, word));
            }
        }
        let sought = Sought { term: rarest.map(|(_, word)| word), whole: None };
        let mut rows = licenses::search(db, filter, sought).await?;
        let is_cut = licenses::is_cut(db, account, sought).await?;
        let own = |license: &License| terms::of_license(license.name.as_deref(), &license.metadata);
        let unsure = rows.iter().map(|row| &row.found.license).filter(|it| !terms::hold(&own(it), words));
        let ids: HashSet<Uuid> = unsure.filter_map(|license| license.user_id).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let users: HashMap<Uuid, BTreeSet<String>> = users::by_ids(db, account, &ids)
            .await?
            .into_iter()
            .map(|user| (user.id, terms::of_customer(user.name.as_deref(), user.email.as_deref())))
            .collect();
        rows.retain(|row| {
            let mut terms = own(&row.found.license);
            terms.extend(
                row.found.license.user_id.and_then(|id| users.get(&id)).into_iter().flatten().cloned(),
            );
            terms::hold(&terms, words)
        });
        Ok((rows, is_cut))
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
