//! The kinds of licences, by the older system each comes from.

use std::sync::Arc;

use keyward_core::crypto::Algorithm;
use keyward_core::scheme::Scheme;

use keyward_engine::form::NewForm;
use keyward_engine::license::{NewLicense, PoolRequest};
use keyward_engine::{EngineError, Material, Policy};
use uuid::Uuid;

use super::field::{Choice, Field};
use super::typed::{Problem, Typed};
use super::{file, lk, pool, record, tier};
use crate::console::texts::{Generate, fill};
use crate::console::visitor::Visitor;
use crate::web::Fields;

/// Shorter RSA keys are said to be weak (NIST SP 800-131A).
const RSA_BITS: usize = 2_048;

/// A kind of licence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Record,
    Pool,
    Tier,
    File,
    Lk1,
    Lk2,
    Lk3,
}

/// What is to be made.
pub(super) enum Wanted {
    Form(Box<NewForm>),
    PoolKey { product: String, policy: String, license: NewLicense },
    TierKey { product: String, policy: String, license: NewLicense },
    Lot(PoolRequest),
}

impl Kind {
    /// The one to choose first.
    pub(super) const ALL: [Self; 7] =
        [Self::Lk3, Self::Record, Self::Pool, Self::Tier, Self::File, Self::Lk2, Self::Lk1];

    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its name in addresses.
    pub(super) const fn as_str(self) -> &'static str {
        self.scheme().as_str()
    }

    pub(super) const fn scheme(self) -> Scheme {
        match self {
            Self::Record => Scheme::Record,
            Self::Pool => Scheme::Pool,
            Self::Tier => Scheme::Tier,
            Self::File => Scheme::File,
            Self::Lk1 => Scheme::Lk1,
            Self::Lk2 => Scheme::Lk2,
            Self::Lk3 => Scheme::Lk3,
        }
    }

    /// Whether it is a text rather than a key.
    pub(super) const fn is_text(self) -> bool {
        matches!(self, Self::Record | Self::File)
    }

    pub(super) const fn is_recommended(self) -> bool {
        matches!(self, Self::Lk3)
    }

    pub(super) const fn name(self, t: &'static Generate) -> &'static str {
        match self {
            Self::Record => t.record,
            Self::Pool => t.pool,
            Self::Tier => t.tier,
            Self::File => t.file,
            Self::Lk1 => t.lk1,
            Self::Lk2 => t.lk2,
            Self::Lk3 => t.lk3,
        }
    }

    pub(super) const fn what_for(self, t: &'static Generate) -> &'static str {
        match self {
            Self::Record => t.record_for,
            Self::Pool => t.pool_for,
            Self::Tier => t.tier_for,
            Self::File => t.file_for,
            Self::Lk1 => t.lk1_for,
            Self::Lk2 => t.lk2_for,
            Self::Lk3 => t.lk3_for,
        }
    }

    /// Why it is weak, and what to take instead.
    pub(super) fn weak(self, visitor: &Visitor, t: &'static Generate) -> Option<String> {
        match self {
            Self::Lk1 => Some(t.lk1_weak.to_owned()),
            Self::Lk2 => Some(t.lk2_weak.to_owned()),
            Self::Record | Self::File => {
                let bits = self.shortest_key(visitor).filter(|bits| *bits < RSA_BITS)?;
                Some(fill(t.rsa_weak, bits))
            }
            Self::Pool | Self::Tier | Self::Lk3 => None,
        }
    }

    /// The bits of the shortest RSA key that is accepted for a product of this kind, or for all. Shorter ones than we say
    /// is weak sign nothing.
    fn shortest_key(self, visitor: &Visitor) -> Option<usize> {
        let catalog = visitor.app.engine().catalog();
        let products: Vec<Uuid> = self.policies(visitor).iter().map(|policy| policy.row.product_id).collect();
        let keys = catalog.keys().iter().filter(|key| {
            key.row.state != "retired" && key.row.product_id.is_none_or(|id| products.contains(&id))
        });
        let public = keys.filter_map(|key| match &key.material {
            Material::Signing(key) => Some(key.public().clone()),
            Material::Verifying(key) => Some(key.clone()),
            Material::Secret(_) => None,
        });
        public.filter(|key| key.algorithm() == Algorithm::RsaPkcs1Sha256).map(|key| key.bits()).min()
    }

    /// The policies that licences of this kind may follow; those of the configured product come first.
    pub(super) fn policies(self, visitor: &Visitor) -> Vec<Arc<Policy>> {
        let (catalog, dialects) = (visitor.app.engine().catalog(), &visitor.app.config().dialects);
        let (own, schemes): (&str, &[Scheme]) = match self {
            Self::Record => (&dialects.records.product, &[Scheme::Record]),
            Self::Pool => (&dialects.pool.product, &[Scheme::Pool]),
            Self::Tier => (&dialects.tier.product, &[Scheme::Tier]),
            Self::File => ("", &[Scheme::File]),
            Self::Lk1 | Self::Lk2 | Self::Lk3 => {
                (&dialects.lk.product, &[Scheme::Lk1, Scheme::Lk2, Scheme::Lk3])
            }
        };
        let fits = |policy: &Policy, product: &str| match policy.row.scheme.as_deref() {
            Some(scheme) => schemes.iter().any(|known| known.as_str() == scheme),
            None => product == own || self == Self::Lk3,
        };
        let is_sold = |policy: &Policy, product: &str| product != own || policy.row.code != "free";
        let mut products: Vec<_> = catalog.products().collect();
        products.sort_by_key(|product| (product.code != own, product.name.clone()));
        let mut all = Vec::new();
        for product in products {
            let policies = catalog.policies_of(product.id);
            let code = product.code.as_str();
            let mut own: Vec<_> =
                policies.filter(|policy| fits(policy, code) && is_sold(policy, code)).cloned().collect();
            // Of tiers the smallest comes first; those that allow no number of devices keep their order.
            own.sort_by_key(|policy| policy.rules.max_machines);
            all.extend(own);
        }
        all
    }

    /// The policies to choose from; the product is said where there are several.
    pub(super) fn choices(self, visitor: &Visitor) -> Vec<Choice> {
        let (policies, catalog) = (self.policies(visitor), visitor.app.engine().catalog());
        let several = policies.iter().any(|one| one.row.product_id != policies[0].row.product_id);
        let name = |policy: &Policy| match catalog.product_by_id(policy.row.product_id) {
            Some(product) if several => format!("{} · {}", product.name, policy.row.name),
            _ => policy.row.name.clone(),
        };
        let choice = |policy: &Arc<Policy>| Choice { value: policy.row.id.to_string(), name: name(policy) };
        policies.iter().map(choice).collect()
    }

    /// What its form asks.
    pub(super) async fn fields(
        self,
        visitor: &Visitor,
        t: &'static Generate,
    ) -> Result<Vec<Field>, EngineError> {
        visitor.app.engine().refresh().await?;
        Ok(match self {
            Self::Record => record::fields(visitor, t),
            Self::Pool => pool::fields(visitor, t),
            Self::Tier => tier::fields(visitor, t),
            Self::File => file::fields(visitor, t),
            Self::Lk1 | Self::Lk2 | Self::Lk3 => lk::fields(self, visitor, t).await?,
        })
    }

    /// What was typed into it.
    pub(super) fn read(
        self,
        visitor: &Visitor,
        fields: &Fields,
        id: Uuid,
        t: &'static Generate,
    ) -> Result<Wanted, Problem> {
        let typed = Typed { visitor, fields, t };
        match self {
            Self::Record => record::read(&typed, id),
            Self::Pool => pool::read(&typed, id),
            Self::Tier => tier::read(&typed, id),
            Self::File => file::read(&typed, id),
            Self::Lk1 => lk::lk1(&typed, id),
            Self::Lk2 => lk::lk2(&typed, id),
            Self::Lk3 => lk::lk3(&typed, id),
        }
    }
}

/// How a form spells the tier of a policy: its name where that is its code in other letters.
pub(super) fn spelling(policy: &Policy) -> String {
    let row = &policy.row;
    if row.name.eq_ignore_ascii_case(&row.code) { row.name.clone() } else { row.code.clone() }
}
