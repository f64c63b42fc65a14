//! The licences of system A's clients as its pages show them: listed, searched, and one with its record.

use std::fmt;

use keyward_core::scheme::Scheme;
use keyward_core::scheme::record::SignedRecord;
use keyward_store::licenses;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Found, Named};
use crate::{Caller, Engine, EngineError};

/// Clients that are looked at for one page of a search at the most.
const LOOKED_AT: i64 = 20_000;
/// Clients that are read at once.
const AT_ONCE: i64 = 1_000;

/// One page of licences, the newest first.
#[derive(Clone, Debug, Default)]
pub struct RecordPage {
    /// The licences.
    pub licenses: Vec<Found>,
    /// Where the next page begins: behind this serial. `None` when there is no more.
    pub next: Option<i64>,
}

/// A record as it was given out last. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct RecordForm {
    /// The record and its signature, one JSON object.
    pub json: Zeroizing<String>,
    /// The text that is signed.
    pub signed_text: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

impl fmt::Debug for RecordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordForm").finish_non_exhaustive()
    }
}

impl Engine {
    /// Licences of a product's clients whose serials lie before one, the newest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn records(&self, product: Uuid, before: i64, limit: usize) -> Result<RecordPage, EngineError> {
        let scheme = Scheme::Record.as_str();
        // One more says whether there is a next page.
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut rows = licenses::records_before(&self.store, product, scheme, before, wanted).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.serial);
        let mut page = RecordPage { licenses: Vec::with_capacity(rows.len()), next };
        for row in rows {
            page.licenses.push(self.with_policy(&self.store, row).await?);
        }
        Ok(page)
    }

    /// Licences of clients whose id contains a text, whatever its case; the one that is called exactly so comes first.
    ///
    /// A page looks at so many clients and no more: `next` says where to go on, also when nothing was found.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn search_records(
        &self,
        product: Uuid,
        text: &str,
        before: Option<i64>,
        limit: usize,
    ) -> Result<RecordPage, EngineError> {
        let scheme = Scheme::Record.as_str();
        let mut page = RecordPage::default();
        let exact = self.find_subject(&self.store, product, text).await?;
        let exact = exact.filter(|found| found.license.scheme == scheme);
        let exact_serial = exact.as_ref().map(|found| found.serial);
        if before.is_none() {
            page.licenses.extend(exact);
        }
        let (wanted, mut before) = (text.to_lowercase(), before.unwrap_or(i64::MAX));
        for _ in 0..LOOKED_AT / AT_ONCE {
            let clients = licenses::subjects_before(&self.store, product, scheme, before, AT_ONCE).await?;
            let is_last = (clients.len() as i64) < AT_ONCE;
            for client in clients {
                if page.licenses.len() >= limit {
                    page.next = Some(before);
                    return Ok(page);
                }
                before = client.serial;
                if Some(client.serial) != exact_serial && client.subject.to_lowercase().contains(&wanted) {
                    page.licenses.extend(self.record_of(product, client.serial).await?);
                }
            }
            if is_last {
                return Ok(page);
            }
            // Whoever asks for more than one part lets others pass.
            tokio::task::yield_now().await;
        }
        page.next = Some(before);
        Ok(page)
    }

    /// A client's licence by its serial.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn record_of(&self, product: Uuid, serial: i64) -> Result<Option<Found>, EngineError> {
        let scheme = Scheme::Record.as_str();
        match licenses::record_by_serial(&self.store, product, scheme, serial).await? {
            Some(row) => self.with_policy(&self.store, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The newest record of a client's licence; that it was looked at is written down.
    ///
    /// # Errors
    /// When there is none, or the database refuses.
    pub async fn reveal_record(&self, caller: &Caller, found: &Found) -> Result<RecordForm, EngineError> {
        let json = self.reveal(caller, &Named::Id(found.license.id)).await?;
        let signed = SignedRecord::parse(&json, None)?;
        // The signature tells the two `text` profiles apart; when its key is retired, the first one is taken.
        let keys = self.catalog().key_set(found.license.product_id, Scheme::Record);
        let signature = hex::encode(&signed.signature);
        let record = signed.verify(&keys).unwrap_or(signed.record);
        Ok(RecordForm { signed_text: record.signed_text()?, signature, json })
    }
}
