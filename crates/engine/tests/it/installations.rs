//! Installations: licences add up, devices are counted over all of them, and nobody sees another's.

mod keys;
mod limits;
mod over_limit;
mod tokens;

use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::scheme::lk3::{DevicePool, Lk3};
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::installation::{
    Device, DeviceActivation, DeviceRequest, Held, Holding, KeyActivation, Standing,
};
use keyward_engine::issue::Lk2Request;
use keyward_engine::{Caller, Engine, Repeatable};
use uuid::Uuid;

use crate::stored::Stored;

const DAY: i64 = 86_400;

/// An installation on a database, with what its program does.
struct Copy<'a> {
    stored: &'a Stored,
    engine: &'a Arc<Engine>,
    caller: Caller,
    id: Uuid,
    name: &'static str,
}

impl<'a> Copy<'a> {
    async fn new(stored: &'a Stored, name: &'static str) -> Self {
        let row = stored.engine.create_installation(&stored.caller(), name, None).await.expect("it is made");
        Self { stored, engine: &stored.engine, caller: stored.caller(), id: row.id, name }
    }

    /// An `lk2` key issued for this installation.
    async fn lk2(&self, tier: &str, devices: u32, expires: Option<&str>) -> String {
        let request = Lk2Request {
            tier: tier.to_owned(),
            max_devices: devices,
            company: Some("Acme Corporation".to_owned()),
            expires: expires.map(str::to_owned),
            unique_id: None,
        };
        self.issue(NewForm::Lk2 { order: self.order(), request }).await
    }

    /// A signed `lk3` key issued for this installation.
    async fn lk3(&self, request: Lk3) -> String {
        let (request, seal) = (Box::new(request), keyward_core::scheme::lk3::Seal::Signature);
        self.issue(NewForm::Lk3 { order: self.order(), request, seal, encrypted: false }).await
    }

    async fn issue(&self, form: NewForm) -> String {
        self.engine.issue_form(&self.caller, form).await.expect("it is issued").key
    }

    fn order(&self) -> Order {
        Order { installation: Some(self.name.to_owned()), ..Order::default() }
    }

    async fn activate(&self, key: &str) -> Result<(Held, Holding), Verdict> {
        match self.engine.activate_key(&self.caller, self.id, key, None).await.expect("it is asked") {
            Repeatable::Fresh(KeyActivation::Done { license, holding, .. }) => Ok((*license, *holding)),
            Repeatable::Fresh(KeyActivation::Refused(verdict)) => Err(*verdict),
            other => panic!("{other:?}"),
        }
    }

    async fn device(&self, name: &str) -> Result<Device, Code> {
        self.device_on(name, None, None).await
    }

    async fn device_on(&self, name: &str, key: Option<&str>, pool: Option<&str>) -> Result<Device, Code> {
        let request = DeviceRequest {
            device_id: name.to_owned(),
            name: None,
            key: key.map(str::to_owned),
            pool: pool.map(str::to_owned),
        };
        match self.engine.activate_device(&self.caller, self.id, request, None).await.expect("it is asked") {
            Repeatable::Fresh(DeviceActivation::Done { device, .. }) => Ok(*device),
            Repeatable::Fresh(DeviceActivation::Refused(verdict)) => Err(verdict.code),
            other => panic!("{other:?}"),
        }
    }

    /// Devices 1 to `count`, a second apart.
    async fn devices(&self, count: usize) {
        for number in 1..=count {
            self.stored.clock.advance(1);
            self.device(&format!("device {number}")).await.expect("there is room");
        }
    }

    async fn holding(&self) -> Holding {
        self.engine.holding(&self.caller, self.id).await.expect("it is read")
    }

    /// The codes of devices 1 to `count`.
    async fn codes(&self, count: usize) -> Vec<Code> {
        let mut codes = Vec::new();
        for number in 1..=count {
            let name = format!("device {number}");
            let device = self.engine.device(&self.caller, self.id, &name, None).await.expect("it is read");
            codes.push(device.map_or(Code::NotFound, |device| device.verdict.code));
        }
        codes
    }

    async fn numbers(&self) -> (i64, i64) {
        let holding = self.holding().await;
        (holding.in_use, holding.total())
    }
}

/// A day at its first instant.
fn day(text: &str) -> Timestamp {
    Timestamp::parse_human(text).expect("a date")
}

fn pool(name: &str, max_devices: u64, expires: Option<u64>) -> DevicePool {
    DevicePool { name: name.to_owned(), max_devices, expires }
}

fn pro_10() -> Lk3 {
    Lk3 { tier: "PRO-10".to_owned(), ..Lk3::default() }
}
