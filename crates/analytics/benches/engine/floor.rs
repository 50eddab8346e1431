//! The least that the counting of a daily dashboard costs: a plain loop over columns that lie unpacked in memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

use crate::traffic::{DAY_US, DAYS, EVENTS, FIRST_US, MILLION};

/// As small as the values allow; codes in the order in which the values come.
struct Columns {
    endpoints: Vec<u8>,
    addresses: Vec<u32>,
    /// Errors of clients have codes from 64 on, those of the server from 128 on.
    outcomes: Vec<u8>,
    durations_us: Vec<u32>,
    days: Vec<Range<usize>>,
}

static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
    let outcome_of = |method: domain::Method, status: domain::StatusCode| (status, method);
    let by_class = |class: Range<u16>| {
        let outcomes = EVENTS.iter().map(|event| outcome_of(event.method(), event.status_code()));
        coded(outcomes.filter(move |(status, _)| class.contains(&status.get()))).1
    };
    let classes = [by_class(100..400), by_class(400..500), by_class(500..600)];
    let outcome = |event: &domain::RequestEvent| {
        let key = outcome_of(event.method(), event.status_code());
        let (class, codes) = classes.iter().enumerate().find(|(_, codes)| codes.contains_key(&key)).unwrap();
        u8::try_from(class * 64).unwrap() + u8::try_from(codes[&key]).unwrap()
    };
    let endpoints = coded(EVENTS.iter().map(domain::RequestEvent::endpoint)).0;
    let day = |day: i64| {
        let row_from = |us| EVENTS.partition_point(|event| event.created_at().as_micros() < us);
        row_from(FIRST_US + day * DAY_US)..row_from(FIRST_US + (day + 1) * DAY_US)
    };
    Columns {
        endpoints: endpoints.into_iter().map(|code| u8::try_from(code).unwrap()).collect(),
        addresses: coded(EVENTS.iter().map(domain::RequestEvent::ip)).0,
        outcomes: EVENTS.iter().map(outcome).collect(),
        durations_us: EVENTS
            .iter()
            .map(|event| event.process_time().as_micros().try_into().unwrap())
            .collect(),
        days: (0..DAYS).map(day).collect(),
    }
});

fn coded<T: Eq + Hash>(values: impl Iterator<Item = T>) -> (Vec<u32>, HashMap<T, u32>) {
    let mut codes = HashMap::new();
    let column = values.map(|value| {
        let next = u32::try_from(codes.len()).unwrap();
        *codes.entry(value).or_insert(next)
    });
    (column.collect(), codes)
}

#[derive(Clone, Copy, Default)]
struct Cell {
    total_us: u64,
    requests: u32,
    client_errors: u32,
    server_errors: u32,
}

/// Everything that a daily dashboard shows, unfinished.
struct Counts {
    endpoints: Vec<Cell>,
    addresses: Vec<u32>,
    outcomes: Vec<u32>,
    series: Vec<Cell>,
    min_us: u32,
    max_us: u32,
}

fn count(columns: &Columns) -> Counts {
    let mut endpoints = vec![Cell::default(); 256];
    let mut outcomes = vec![0; 256];
    let mut addresses = vec![0_u32; 1 << 17];
    let (mut min_us, mut max_us) = (u32::MAX, 0);
    let mut series = Vec::new();
    for rows in &columns.days {
        let mut day = Cell::default();
        let rows = columns.endpoints[rows.clone()]
            .iter()
            .zip(&columns.outcomes[rows.clone()])
            .zip(&columns.addresses[rows.clone()])
            .zip(&columns.durations_us[rows.clone()]);
        for (((&endpoint, &outcome), &address), &duration) in rows {
            let server_error = u32::from(outcome >= 128);
            let client_error = u32::from(outcome >= 64) - server_error;
            for cell in [&mut endpoints[usize::from(endpoint)], &mut day] {
                cell.total_us += u64::from(duration);
                cell.requests += 1;
                cell.client_errors += client_error;
                cell.server_errors += server_error;
            }
            addresses[address as usize & 0x1_ffff] += 1;
            outcomes[usize::from(outcome)] += 1;
            min_us = min_us.min(duration);
            max_us = max_us.max(duration);
        }
        series.push(day);
    }
    Counts { endpoints, addresses, outcomes, series, min_us, max_us }
}

#[divan::bench(sample_count = 40, sample_size = 1)]
fn daily(bencher: Bencher<'_, '_>) {
    let columns = &*COLUMNS;
    let counts = count(columns);
    let errors: u32 = counts.series.iter().map(|day| day.client_errors + day.server_errors).sum();
    let by_endpoint: u32 = counts.endpoints.iter().map(|cell| cell.client_errors + cell.server_errors).sum();
    assert_eq!(errors, by_endpoint);
    assert_eq!(counts.addresses.iter().sum::<u32>() as usize, MILLION);
    assert_eq!(counts.outcomes.iter().sum::<u32>() as usize, MILLION);
    assert!(counts.min_us <= counts.max_us);
    bencher.counter(ItemsCount::new(MILLION)).bench(|| count(black_box(columns)));
}
