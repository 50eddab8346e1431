//! One round: `POST /track` at its rate, and who asks beside it. Not for comparing rounds: see `summary`.

use std::time::Duration;

use super::processor::{Look, Shares};
use super::requests::Requests;
use super::sign_ins;
use crate::open::{self, Offer, Outcome};
use crate::service::Service;
use crate::statuses::Statuses;

/// How many events are offered in a second.
pub(super) const TRACKED_PER_SECOND: u32 = 5_000;
/// How many requests with unknown keys are offered in a second.
pub(super) const UNKNOWN_PER_SECOND: u32 = 10_000;
/// How many sign in at the same time.
pub(super) const SIGN_INS: usize = 40;
/// How many keys there are where they are the same.
pub(super) const SAME_KEYS: u32 = 8;
/// How long a round lasts.
pub(super) const SECONDS: u32 = 5;
const CONNECTIONS: usize = 32;

/// Who asks beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowd {
    Nobody,
    /// Clients that sign in with a wrong password, all the time.
    SignIns,
    /// Events with unknown keys, none of which comes twice.
    NewKeys,
    /// Events with a few unknown keys.
    SameKeys,
}

/// All of them, in their order.
pub(super) const CROWDS: [Crowd; 3] = [Crowd::SignIns, Crowd::NewKeys, Crowd::SameKeys];

/// What a round has shown.
pub(super) struct Round {
    pub(super) crowd: Crowd,
    pub(super) tracked: Outcome,
    /// What the crowd was answered, and how many answers it got in a second.
    pub(super) beside: Option<(Statuses, f64)>,
    pub(super) shares: Shares,
    /// How late requests were sent, of the offer for which it was worse; 99 of 100 were no later.
    pub(super) late_millis: f64,
}

impl Round {
    /// Does it.
    pub(super) fn measure(service: &Service, requests: &mut Requests, crowd: Crowd) -> anyhow::Result<Self> {
        let tracked = requests.tracked(TRACKED_PER_SECOND * SECONDS);
        let unknown = match crowd {
            Crowd::NewKeys => requests.unknown(UNKNOWN_PER_SECOND * SECONDS),
            Crowd::SameKeys => requests.unknown(SAME_KEYS),
            Crowd::Nobody | Crowd::SignIns => Vec::new(),
        };
        let mut offers =
            vec![Offer { per_second: TRACKED_PER_SECOND, connections: CONNECTIONS, requests: &tracked }];
        if !unknown.is_empty() {
            let offer =
                Offer { per_second: UNKNOWN_PER_SECOND, connections: CONNECTIONS, requests: &unknown };
            offers.push(offer);
        }
        let clients = if crowd == Crowd::SignIns { SIGN_INS } else { 0 };
        let work = || {
            let before = Look::at(service.id())?;
            let outcomes = open::run(service.address, Duration::from_secs(SECONDS.into()), &offers)?;
            Ok((outcomes, before.shares_until(&Look::at(service.id())?)))
        };
        let ((mut outcomes, shares), sign_ins) =
            sign_ins::beside(service, clients, &requests.sign_in(), work)?;

        let late_millis = outcomes.iter().map(|one| one.lateness.percentile_millis(990)).fold(0.0, f64::max);
        let unknown = outcomes.split_off(1).pop();
        let tracked = outcomes.pop();
        let tracked = tracked.ok_or_else(|| anyhow::anyhow!("an offer without outcome"))?;
        let beside = match (crowd, unknown) {
            (Crowd::Nobody, _) => None,
            (Crowd::SignIns, _) => {
                let answers = crate::table::count(sign_ins.statuses.total());
                Some((sign_ins.statuses, answers / sign_ins.seconds))
            }
            (_, unknown) => unknown.map(|unknown| (unknown.statuses, unknown.rate())),
        };
        Ok(Self { crowd, tracked, beside, shares, late_millis })
    }
}
