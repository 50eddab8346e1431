//! The requests of the rounds, made before each. Not for sending them.

use rand::distr::Alphanumeric;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::data::Traffic;
use crate::http;
use crate::service::Tenant;

const JSON: &str = "Content-Type: application/json\r\n";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const SEED: u64 = 20_260_403;

/// Goes on from round to round: no event is sent twice, and no new key either.
pub(super) struct Requests {
    tenant: Tenant,
    traffic: Traffic,
    rng: SmallRng,
}

impl Requests {
    /// Requests of that account, and of nobody.
    pub(super) fn new(tenant: Tenant) -> Self {
        // More events than any run uses up.
        Self { tenant, traffic: Traffic::new(1_000_000_000), rng: SmallRng::seed_from_u64(SEED) }
    }

    /// `POST /track` with the key.
    pub(super) fn tracked(&mut self, count: u32) -> Vec<Vec<u8>> {
        let bodies = self.traffic.json(count);
        bodies.iter().map(|body| self.tenant.post("/track", JSON, body)).collect()
    }

    /// `POST /track` of an event with keys that have the form of one, and that nobody has; each is another one.
    pub(super) fn unknown(&mut self, count: u32) -> Vec<Vec<u8>> {
        let body = self.traffic.json(1).pop().unwrap_or_default();
        let length = self.tenant.key.len();
        let mut request = || {
            let key: String =
                (&mut self.rng).sample_iter(Alphanumeric).take(length).map(char::from).collect();
            http::post("/track", &format!("X-API-Key: {key}\r\n{JSON}"), &body)
        };
        (0..count).map(|_| request()).collect()
    }

    /// `POST /token` with a wrong password.
    pub(super) fn sign_in(&self) -> Vec<u8> {
        let form = format!("username={}&password=a+wrong+guess", self.tenant.username);
        http::post("/token", FORM, form.as_bytes())
    }
}
