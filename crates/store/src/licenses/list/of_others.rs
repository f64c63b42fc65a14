//! The licences of customers and devices that begin so.

use keyward_core::time::Timestamp;

use super::by_expiry::ends;
use super::{Filter, Listed, behind, listed};
use crate::sql::{args, statements};
use crate::{Read, StoreError};

/// Customers whose own id or address begins so.
macro_rules! customers {
    () => {
        "select id from users where account_id = $1 and external_id >= $16 and external_id < $17
         union select id from users where account_id = $1 and email >= $16 and email < $17
         union select id from users where account_id = $1 and email >= $18 and email < $19"
    };
}

statements! {
    OF_OTHERS = page!(
        concat!(
            "select serial from licenses where serial in (
               select l.serial from machines m join licenses l on l.id = m.license_id
                 where m.fingerprint >= $14 and m.fingerprint < $15
               union select serial from licenses where cast($14 as text) is null and user_id in (",
            customers!(), "))
             and (cast($16 as text) is null or user_id in (", customers!(), "))
             and (cast($11 as bigint) is null and serial > $9 or ", ends!("$11", "$12", "$13", "$9"), ") and ",
            wanted!(), "
             order by case when cast($11 as bigint) is null then 0 else expiry end, serial limit $10"),
        "case when cast($11 as bigint) is null then 0 else l.expiry end, l.serial");
}

pub(super) async fn all(db: &impl Read, filter: &Filter<'_>) -> Result<Vec<Listed>, StoreError> {
    let Filter { device, customer, after, limit, .. } = *filter;
    let serial = after.map_or(i64::MIN, |after| after.serial);
    let end = after.and_then(|after| after.expiry);
    let range = filter.expiry.map(|(from, to)| (end.map_or(from, |end| end.max(from)), to));
    let before = end.unwrap_or(Timestamp::from_micros(i64::MIN));
    let small = customer.map(str::to_ascii_lowercase);
    let above = |text: Option<&str>| text.map(behind);
    let (above_device, above_customer, above_small) =
        (above(device), above(customer), above(small.as_deref()));
    let mut values = filter.values();
    values.extend(
        args![
            serial,
            limit,
            range.map(|range| range.0),
            range.map(|range| range.1),
            before,
            device,
            above_device.as_deref(),
            customer,
            above_customer.as_deref(),
            small.as_deref(),
            above_small.as_deref(),
        ]
        .to_vec(),
    );
    db.all(OF_OTHERS, &values, listed).await
}
