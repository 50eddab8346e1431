//! What the rounds show: each of them in a line, and their medians.

use super::round::{
    CROWDS, Crowd, Round, SAME_KEYS, SECONDS, SIGN_INS, TRACKED_PER_SECOND, UNKNOWN_PER_SECOND,
};
use crate::statuses::Statuses;
use crate::table::{Table, grouped, number};

/// Fewer rounds beside each crowd than these are an indication only.
const FEW: usize = 5;
/// Beyond this the generator takes part in the figures, in milliseconds.
const LATE_MILLIS: f64 = 1.0;
/// Beyond this other work takes part in the figures, in per cent of one core.
const REST: f64 = 10.0;

/// The head of the lines of single rounds.
pub(super) const HEAD: &str = "| `POST /track` | p50 | p99 | p99.9 | sent late, p99 | answered | answers \
    | crowd answered | its answers | service | generator | rest |\n\
    |---|---:|---:|---:|---:|---:|---|---:|---|---:|---:|---:|";

/// A round, with line feed.
pub(super) fn line(round: &Round) -> String {
    let Round { tracked, beside, shares, late_millis, .. } = round;
    let [p50, p99, p999] = [500, 990, 999].map(|rank| number(tracked.latencies.percentile_millis(rank)));
    let (beside_rate, beside) = beside.map_or_else(
        || (String::new(), String::new()),
        |(statuses, rate)| (format!("{}/s", number(rate)), statuses.to_string()),
    );
    let [service, generator, rest] =
        [shares.service, shares.generator, shares.rest].map(|share| format!("{share:.0} %"));
    format!(
        "| {} | {p50} ms | {p99} ms | {p999} ms | {} ms | {}/s | {} | {beside_rate} | {beside} \
         | {service} | {generator} | {rest} |\n",
        name(round.crowd),
        number(*late_millis),
        number(tracked.rate()),
        tracked.statuses,
    )
}

/// Adds the medians for each crowd, then all rounds, then what makes them doubtful.
pub(super) fn add(rounds: &[Round], table: &mut Table) {
    for crowd in std::iter::once(Crowd::Nobody).chain(CROWDS) {
        add_crowd(rounds, crowd, table);
    }
    let lines: String = rounds.iter().map(line).collect();
    table.attach(&format!(
        "Each round, {SECONDS} s; processors in per cent of one core:\n\n{HEAD}\n{lines}{}",
        doubts(rounds)
    ));
}

fn add_crowd(rounds: &[Round], crowd: Crowd, table: &mut Table) {
    let these: Vec<&Round> = rounds.iter().filter(|round| round.crowd == crowd).collect();
    let figures = |figure: fn(&Round) -> f64| these.iter().map(|round| figure(round)).collect::<Vec<_>>();
    let name = name(crowd);
    let (mut tracked, mut beside) = (Statuses::default(), Statuses::default());
    for round in &these {
        tracked.merge(round.tracked.statuses);
        beside.merge(round.beside.map_or_else(Statuses::default, |(statuses, _)| statuses));
    }
    let offered = format!("offered: {}/s; {tracked}", grouped(TRACKED_PER_SECOND.into()));
    table.add(&format!("{name}: answered"), "req/s", &figures(|round| round.tracked.rate()), &offered);
    table.add(&format!("{name}: p50"), "ms", &figures(|round| percentile(round, 500)), "");
    table.add(&format!("{name}: p99"), "ms", &figures(|round| percentile(round, 990)), "");
    table.add(&format!("{name}: p99.9"), "ms", &figures(|round| percentile(round, 999)), "");
    if crowd != Crowd::Nobody {
        let factors = factors(rounds, crowd);
        table.add(&format!("{name}: p99, to alone"), "×", &factors, "each to the round before it");
        let rates = figures(|round| round.beside.map_or(0.0, |(_, rate)| rate));
        let note = match crowd {
            Crowd::SignIns => beside.to_string(),
            _ => format!("offered: {}/s; {beside}", grouped(UNKNOWN_PER_SECOND.into())),
        };
        table.add(&format!("{name}: the crowd's answers"), "req/s", &rates, &note);
    }
    let late = figures(|round| round.late_millis);
    table.add(&format!("{name}: sent late, p99"), "ms", &late, "by the generator");
    let service = figures(|round| round.shares.service);
    table.add(&format!("{name}: processor, service"), "%", &service, "of one core");
    let generator = figures(|round| round.shares.generator);
    table.add(&format!("{name}: processor, generator"), "%", &generator, "of one core");
}

/// The p99 of each round beside that crowd, divided by that of the round alone before it.
fn factors(rounds: &[Round], crowd: Crowd) -> Vec<f64> {
    let pairs = rounds.iter().zip(rounds.iter().skip(1));
    pairs
        .filter(|(before, round)| before.crowd == Crowd::Nobody && round.crowd == crowd)
        .map(|(before, round)| percentile(round, 990) / percentile(before, 990))
        .collect()
}

fn percentile(round: &Round, per_mille: usize) -> f64 {
    round.tracked.latencies.percentile_millis(per_mille)
}

fn name(crowd: Crowd) -> String {
    let rate = grouped(UNKNOWN_PER_SECOND.into());
    match crowd {
        Crowd::Nobody => "alone".to_owned(),
        Crowd::SignIns => format!("beside {SIGN_INS} sign-ins at once"),
        Crowd::NewKeys => format!("beside {rate}/s with new unknown keys"),
        Crowd::SameKeys => format!("beside {rate}/s with {SAME_KEYS} unknown keys"),
    }
}

/// A line for each reason to measure again.
fn doubts(rounds: &[Round]) -> String {
    let mut lines = String::new();
    let beside = rounds.iter().filter(|round| round.crowd == Crowd::SignIns).count();
    if beside < FEW {
        lines.push_str(&format!(
            "\nRounds beside each crowd: {beside}, fewer than {FEW}: an indication, not a figure.\n"
        ));
    }
    let all = rounds.len();
    let late = rounds.iter().filter(|round| round.late_millis > LATE_MILLIS).count();
    if late > 0 {
        lines.push_str(&format!(
            "\nIn {late} of {all} rounds one request in a hundred was sent more than {LATE_MILLIS} ms late: \
             there the generator takes part in the figures.\n"
        ));
    }
    let disturbed = rounds.iter().filter(|round| round.shares.rest > REST).count();
    if disturbed > 0 {
        lines.push_str(&format!(
            "\nIn {disturbed} of {all} rounds other work took more than {REST} % of a core.\n"
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::processor::Shares;
    use super::*;
    use crate::open::Outcome;
    use crate::times::Times;

    fn round(crowd: Crowd, millis: u64) -> Round {
        let mut latencies = Times::default();
        latencies.record(Duration::from_millis(millis));
        let statuses = Statuses { ok: 1, ..Statuses::default() };
        let (latencies, lateness) = (latencies.sorted(), Times::default().sorted());
        Round {
            crowd,
            tracked: Outcome { seconds: 1.0, statuses, latencies, lateness },
            beside: None,
            shares: Shares { service: 50.0, generator: 20.0, rest: 2.0 },
            late_millis: 0.1,
        }
    }

    #[test]
    fn each_round_beside_a_crowd_is_compared_with_the_one_alone_before_it() {
        let rounds = [
            round(Crowd::Nobody, 2),
            round(Crowd::SignIns, 6),
            round(Crowd::Nobody, 4),
            round(Crowd::NewKeys, 4),
            round(Crowd::Nobody, 10),
            round(Crowd::SignIns, 20),
        ];
        assert_eq!(factors(&rounds, Crowd::SignIns), [3.0, 2.0]);
        assert_eq!(factors(&rounds, Crowd::NewKeys), [1.0]);
    }

    #[test]
    fn says_what_makes_the_figures_doubtful() {
        let mut rounds: Vec<Round> = (0..5).map(|_| round(Crowd::SignIns, 1)).collect();
        assert_eq!(doubts(&rounds), "");
        rounds[0].late_millis = 1.5;
        rounds[1].shares.rest = 30.0;
        let text = doubts(&rounds);
        assert!(
            text.contains("In 1 of 5 rounds one request in a hundred was sent more than 1 ms late"),
            "{text}"
        );
        assert!(text.contains("In 1 of 5 rounds other work took more than 10 % of a core"), "{text}");
        assert!(doubts(&rounds[..1]).contains("fewer than 5"));
    }

    #[test]
    fn the_line_of_a_round_has_as_many_cells_as_its_head() {
        let cells = |line: &str| line.matches('|').count();
        let line = line(&round(Crowd::Nobody, 1));
        assert!(HEAD.lines().all(|head| cells(head) == cells(&line)), "{line}");
    }
}
