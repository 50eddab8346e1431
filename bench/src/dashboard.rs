//! Dashboards: cold and warm, with each filter and with everything that can be asked for.

use serde_json::Value;

use crate::data::{FIRST_DAY, LAST_DAY, LAST_WEEK, Traffic};
use crate::dataset::{Bench, Dataset};
use crate::http::Answer;
use crate::table::{Table, grouped};

const EVERYTHING: &str = "percentiles,apdex,status_classes,latency_histogram,comparison,heatmap,consumers,\
                          user_agents,hostnames,gaps,coverage";

/// One question: what it is called, and its path.
struct Question {
    name: &'static str,
    path: String,
}

/// The dashboard of all days.
pub(crate) fn all_path() -> String {
    format!("/dashboard?start_date={FIRST_DAY}&end_date={LAST_DAY}")
}

/// The dashboard of the last seven days.
pub(crate) fn week_path() -> String {
    format!("/dashboard?start_date={LAST_WEEK}&end_date={LAST_DAY}")
}

/// `total_requests` of a dashboard.
pub(crate) fn total(answer: &Answer) -> Option<u64> {
    answer.json().pointer("/summary/total_requests").and_then(Value::as_u64)
}

/// Asks each question, cold and warm.
pub(crate) fn measure(bench: &Bench, dataset: &mut Dataset, table: &mut Table) -> anyhow::Result<()> {
    table.group(&format!("Dashboards over {} events", grouped(dataset.events)));
    let plain = dataset.ask(&all_path())?.ok()?.body;
    for Question { name, path } in questions() {
        let answer = dataset.ask(&path)?;
        if answer.status != 200 {
            table.absent(name, &answer.status.to_string());
            continue;
        }
        // A parameter that a build does not know is passed over: that would be the time of another question.
        if answer.body == plain && path != all_path() {
            table.absent(name, "this build does not know the parameter");
            continue;
        }
        cold(bench, dataset, name, &path, table)?;
        dataset.warm(bench, &format!("{name}, warm"), &path, table)?;
    }
    Ok(())
}

fn questions() -> Vec<Question> {
    let traffic = Traffic::new(0);
    let all = |name, parameters: &str| Question { name, path: format!("{}{parameters}", all_path()) };
    vec![
        all("90 days", ""),
        Question { name: "7 days", path: week_path() },
        all("`method=GET`", "&method=GET"),
        all("`status_code=404`", "&status_code=404"),
        all("`status_class=5xx`", "&status_class=5xx"),
        all("`endpoint=users`", "&endpoint=users"),
        all("`ip=` the busiest", &format!("&ip={}", traffic.busiest_address())),
        all("`process_time_min=100`", "&process_time_min=100"),
        all("hourly, `series_limit=5000`", "&period=hourly&series_limit=5000"),
        all("everything included", &format!("&include={EVERYTHING}")),
        all("`timezone=Europe/Berlin`", "&timezone=Europe/Berlin"),
    ]
}

/// The first question after a start.
fn cold(
    bench: &Bench,
    dataset: &mut Dataset,
    name: &str,
    path: &str,
    table: &mut Table,
) -> anyhow::Result<()> {
    let figures = bench.repeat(|| {
        dataset.restart()?;
        Ok(dataset.ask(path)?.ok()?.millis)
    })?;
    table.add(&format!("{name}, cold"), "ms", &figures, "");
    Ok(())
}
