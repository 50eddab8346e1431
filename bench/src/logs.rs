//! Raw-log searches: each order, each filter, and a page deep in the data.

use crate::data::{LAST_DAY, LAST_WEEK, Traffic};
use crate::dataset::{Bench, Dataset};
use crate::table::{Table, grouped};

const COLUMNS: [&str; 6] = ["created_at", "method", "endpoint", "ip", "process_time", "status_code"];

/// Asks for pages of 100 events.
pub(crate) fn measure(bench: &Bench, dataset: &Dataset, table: &mut Table) -> anyhow::Result<()> {
    table.group(&format!("Raw logs of {} events", grouped(dataset.events)));
    let mut ask = |parameters: &str| {
        let path = format!("/raw_logs?limit=100&{parameters}");
        dataset.warm(bench, &format!("`{parameters}`"), &path, table).map(drop)
    };
    for column in COLUMNS {
        for order in ["asc", "desc"] {
            ask(&format!("order_by={column}&order={order}"))?;
        }
    }
    ask("method=DELETE")?;
    ask("status_code=404")?;
    ask("endpoint=users")?;
    // Found nowhere: the whole key has to be searched.
    ask("endpoint=nowhere")?;
    ask(&format!("ip={}", Traffic::new(0).busiest_address()))?;
    ask("process_time_min=1000")?;
    ask("process_time_max=1")?;
    ask(&format!("start_date={LAST_WEEK}&end_date={LAST_DAY}"))?;
    ask("method=POST&status_code=500&order=desc")?;
    ask(&format!("offset={}", dataset.events / 10 * 9))
}
