//! How long `POST /track` takes at a constant rate while many others ask: people who sign in with wrong
//! passwords, and requests whose keys nobody has.

mod processor;
mod requests;
mod round;
mod sign_ins;
mod summary;

use crate::dataset::Bench;
use crate::service::Tenant;
use crate::table::Table;

use self::requests::Requests;
use self::round::{CROWDS, Crowd, Round};

/// So high that nobody is refused for former failures: what is measured is the work on passwords.
const NO_THROTTLE: &str = "1000000";

/// Rounds alone and beside each crowd in turn, on one database.
pub(crate) fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    table.group("`POST /track` beside a crowd");
    let mut place = bench.place("crowd", None)?;
    for name in ["", "_NAME", "_ADDRESS"] {
        place.set(format!("API_ANALYTICS_SIGN_IN_FAILURES_PER_HOUR{name}"), NO_THROTTLE);
    }
    let service = place.start()?;
    let mut requests = Requests::new(Tenant::register(&service, "crowd")?);
    // The first round warms up.
    Round::measure(&service, &mut requests, Crowd::Nobody)?;
    eprintln!("{}", summary::HEAD);
    let mut rounds = Vec::new();
    for _ in 0..bench.runs() {
        for crowd in CROWDS {
            // Each beside one alone, so that what else the machine does meets both.
            for crowd in [Crowd::Nobody, crowd] {
                let round = Round::measure(&service, &mut requests, crowd)?;
                eprint!("{}", summary::line(&round));
                rounds.push(round);
            }
        }
    }
    summary::add(&rounds, table);
    service.stop()
}
