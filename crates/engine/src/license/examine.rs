//! A licence in hand beside the database: which of its keys and secrets made it, whether it is registered, and what is
//! answered about it now. Changes nothing, and is no attempt to validate.

use keyward_core::claims::Claims;
use keyward_core::crypto::{Algorithm, KeySet, SharedSecret};
use keyward_core::refusal::Refusal;
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_store::{installations, issued, machines};
use uuid::Uuid;

use super::{Found, Question, decide};
use crate::catalog::Material;
use crate::form::canonical;
use crate::keys::prepare;
use crate::{Engine, EngineError};

/// What a licence in hand is, as the database knows it.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Its form.
    pub scheme: Scheme,
    /// What it says: checked when `made_with` is there, otherwise only read.
    pub claims: Result<Claims, Refusal>,
    /// The key or secret that its seal fits.
    pub made_with: Option<Maker>,
    /// Keys and secrets of the kind that this form is sealed with.
    pub tried: usize,
    /// The licence, where it is registered.
    pub found: Option<Found>,
    /// When a newer form took the place of this one.
    pub superseded_at: Option<Timestamp>,
    /// What the database answers: whether it may run, or for a pool key be activated. `None` when it is not registered.
    pub verdict: Option<Verdict>,
}

/// A key or secret that made a licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Its id: of a key, or of the installation whose secret it is.
    pub id: Uuid,
    /// The hint by which licences name a public key.
    pub key_id: Option<String>,
    /// The product it is for; `None` is the whole account, or an installation.
    pub product: Option<String>,
    /// The name of the installation whose secret it is.
    pub installation: Option<String>,
    /// `active`, `verify_only`, `retired`.
    pub state: String,
}

/// A key or secret with its set of one.
struct Candidate {
    set: KeySet,
    maker: Maker,
}

impl Engine {
    /// Examines a text with every key and secret there is, whatever its product, installation or state.
    ///
    /// # Errors
    /// When the text is no licence, or the database cannot be asked.
    pub async fn examine(&self, text: &str) -> Result<Examined, EngineError> {
        self.refresh().await?;
        let scheme = Scheme::of(text)?;
        let found = match canonical(text) {
            Ok(spelling) => self.find_key(&self.store, &spelling).await?,
            Err(_) => None,
        };
        let mut candidates = self.candidates(scheme).await?;
        // The short seal of an `lk1` key may fit another installation's secret by chance.
        let own = found.as_ref().and_then(|found| found.license.installation_id);
        candidates.sort_by_key(|candidate| Some(candidate.maker.id) != own);
        let mut claims = Err(Refusal::BadSignature);
        let mut made_with = None;
        for candidate in &candidates {
            claims = Claims::verified(text, &candidate.set);
            if claims.is_ok() {
                made_with = Some(candidate.maker.clone());
                break;
            }
        }
        if made_with.is_none() {
            // An encrypted one is read with whichever secret opens it.
            let mut all = KeySet::default();
            all.secrets.extend(candidates.iter().flat_map(|it| it.set.secrets.iter().cloned()));
            claims = Claims::unverified(text, &all);
        }
        let (mut verdict, mut superseded_at) = (None, None);
        if let Some(found) = &found {
            let devices = machines::of_license(&self.store, found.license.id).await?;
            let question = if found.policy.rules.single_use { Question::Activate } else { Question::Run };
            verdict = Some(decide(question, Some(found), &devices, &Scope::default(), self.now()));
            let digest = self.digest(&canonical(text)?);
            let forms = issued::of_license(&self.store, found.license.id).await?;
            superseded_at = match forms.iter().find(|form| form.digest == digest) {
                Some(form) => form.superseded_at,
                None => forms.first().map(|next| next.issued_at),
            };
        }
        Ok(Examined { scheme, claims, made_with, tried: candidates.len(), found, superseded_at, verdict })
    }

    /// What a form may be sealed with; what still signs is tried first.
    async fn candidates(&self, scheme: Scheme) -> Result<Vec<Candidate>, EngineError> {
        let catalog = self.catalog();
        let wanted = match scheme {
            Scheme::Record | Scheme::File => Some(Algorithm::RsaPkcs1Sha256),
            Scheme::Lk3 => Some(Algorithm::Ed25519),
            Scheme::Pool | Scheme::Tier | Scheme::Lk1 | Scheme::Lk2 => None,
        };
        let mut secrets = self.every_secret().await?;
        // System C's keys are made under the secret of a product, system E's under that of an installation.
        secrets.retain(|(_, maker)| match scheme {
            Scheme::Tier => maker.installation.is_none(),
            Scheme::Lk1 | Scheme::Lk2 => maker.installation.is_some(),
            Scheme::Lk3 => true,
            Scheme::Record | Scheme::File | Scheme::Pool => false,
        });
        let mut candidates = Vec::new();
        for key in catalog.keys() {
            let public = match &key.material {
                Material::Signing(key) => key.public().clone(),
                Material::Verifying(key) => key.clone(),
                Material::Secret(_) => continue,
            };
            if Some(public.algorithm()) != wanted {
                continue;
            }
            let maker = Maker {
                id: key.row.id,
                key_id: Some(public.id().to_string()),
                product: self.product_code(key.row.product_id),
                installation: None,
                state: key.row.state.clone(),
            };
            let mut set = KeySet::of_public(public);
            // They only decrypt.
            set.secrets = secrets.iter().map(|(secret, _)| secret.clone()).collect();
            set.accepts_lk3_macs = false;
            candidates.push(Candidate { set, maker });
        }
        for (secret, maker) in secrets {
            let set = KeySet { accepts_lk3_macs: true, ..KeySet::of_secret(secret) };
            candidates.push(Candidate { set, maker });
        }
        let order = |state: &str| ["active", "verify_only"].iter().position(|it| *it == state).unwrap_or(2);
        candidates.sort_by_key(|candidate| order(&candidate.maker.state));
        Ok(candidates)
    }

    /// The secrets of products and of installations.
    async fn every_secret(&self) -> Result<Vec<(SharedSecret, Maker)>, EngineError> {
        let mut secrets = Vec::new();
        for key in self.catalog().keys() {
            if let Material::Secret(secret) = &key.material {
                let maker = Maker {
                    id: key.row.id,
                    key_id: None,
                    product: self.product_code(key.row.product_id),
                    installation: None,
                    state: key.row.state.clone(),
                };
                secrets.push((secret.clone(), maker));
            }
        }
        for installation in installations::of_account(&self.store, self.account.id).await? {
            let Some(sealed) = installation.secret_sealed.as_deref() else { continue };
            let secret = self.unseal("installations", "secret_sealed", installation.id, sealed)?;
            let maker = Maker {
                id: installation.id,
                key_id: None,
                product: None,
                installation: Some(installation.name),
                state: crate::keys::ACTIVE.to_owned(),
            };
            secrets.push((prepare(&secret), maker));
        }
        Ok(secrets)
    }

    fn product_code(&self, id: Option<Uuid>) -> Option<String> {
        let id = id?;
        Some(self.catalog().product_by_id(id).map_or_else(|| id.to_string(), |product| product.code.clone()))
    }
}
