//! Answers while rows are appended, sealed, compacted and damaged, with much memory and with none.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::{
    ClientAddress, DashboardQuery, Duration, EventFilter, Extras, LogOrder, LogQuery, Method, Name, Part,
    ProjectId, RequestEvent, SortOrder, StatusCode, StoredEvent, TimeRange, Timestamp,
};
use storage::{Actor, Creation, DatabaseUrl, NewSegment, Storage};

use super::Datasets;
use crate::{maintenance, sealing};

const PLENTY: usize = 1 << 30;
const NOTHING: usize = 0;

/// A database with one project, and all events that were put into it.
struct Bench {
    storage: Storage,
    project: ProjectId,
    events: Vec<RequestEvent>,
    _folder: Option<tempfile::TempDir>,
    _server: Option<tests::postgres::TestDatabase>,
}

impl Bench {
    fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db").to_str().unwrap().to_owned();
        Self { _folder: Some(folder), ..Self::over(&DatabaseUrl::Sqlite(path)) }
    }

    fn on_postgres() -> Option<Self> {
        let server = tests::postgres::database()?;
        let bench = Self::over(&server.url().parse().unwrap());
        Some(Self { _server: Some(server), ..bench })
    }

    fn over(url: &DatabaseUrl) -> Self {
        let storage = Storage::open(url).unwrap();
        let now = Timestamp::from_micros(0).unwrap();
        let by = Actor { account: None, name: "tests".to_owned(), address: None, at: now };
        let made = storage.create_project(&Name::parse("name", "API").unwrap(), None, &by).unwrap();
        let Creation::Created(project) = made else { panic!("{made:?}") };
        let project = project.id;
        Self { storage, project, events: Vec::new(), _folder: None, _server: None }
    }

    fn append(&mut self, count: usize) {
        let new: Vec<_> = (self.events.len()..self.events.len() + count).map(event).collect();
        let batch: Vec<_> = new.iter().map(|event| (self.project, event.clone())).collect();
        assert!(self.storage.append(&batch).unwrap().is_empty());
        self.events.extend(new);
    }

    /// Seals all rows into one more segment.
    fn seal(&self) {
        let seal = self.storage.seals().unwrap()[0].1;
        sealing::seal(&self.storage, self.project, seal, 1).unwrap();
    }

    fn segments(&self) -> Vec<storage::SegmentEntry> {
        self.storage.news(self.project, None, i64::MAX, |_| {}).unwrap().1.unwrap()
    }

    fn datasets(&self, budget: usize) -> Datasets {
        Datasets::new(self.storage.clone(), budget, NonZero::new(2).unwrap())
    }

    /// Everything that can be asked gives what the events give without any of this.
    fn assert_answers(&self, datasets: &Datasets) {
        let query = DashboardQuery { series_limit: 500, ..DashboardQuery::over(TimeRange::ALL) };
        let query = query.including(Part::ALL.into_iter().filter(|part| *part != Part::Gaps));
        let expected = analytics::dashboard(self.events.iter().cloned(), &query);
        assert_eq!(datasets.dashboard(self.project, &query).unwrap(), expected);

        let stored: Vec<_> =
            (1..).zip(self.events.iter().cloned()).map(|(id, event)| StoredEvent { id, event }).collect();
        for (_, order_by) in LogOrder::ALL {
            let filter = EventFilter::over(TimeRange::ALL);
            let offset = i64::try_from(stored.len() / 2).unwrap();
            let page = LogQuery { filter, order_by, order: SortOrder::Descending, limit: 50, offset };
            let mut expected = stored.clone();
            expected.sort_by(|a, b| {
                let (left, right) = (&a.event, &b.event);
                let order = match order_by {
                    LogOrder::CreatedAt => left.created_at().cmp(&right.created_at()),
                    LogOrder::Method => left.method().cmp(&right.method()),
                    LogOrder::Endpoint => left.endpoint().cmp(right.endpoint()),
                    LogOrder::Ip => left.ip().cmp(&right.ip()),
                    LogOrder::ProcessTime => left.process_time().cmp(&right.process_time()),
                    LogOrder::StatusCode => left.status_code().cmp(&right.status_code()),
                };
                order.then(a.id.cmp(&b.id)).reverse()
            });
            let expected: Vec<_> = expected.into_iter().skip(stored.len() / 2).take(50).collect();
            assert_eq!(datasets.search(self.project, &page).unwrap(), expected, "{order_by:?}");
        }
    }
}

/// Differs from all others; the times go back and forth, and new names keep coming.
fn event(number: usize) -> RequestEvent {
    let scattered = number * 7919 % 1000;
    let micros = i64::try_from(scattered).unwrap() * 3_600_000_000 + i64::try_from(number).unwrap();
    let ip: ClientAddress = format!("10.0.{}.{}", number / 200 % 256, number % 200).parse().unwrap();
    RequestEvent::new(
        Timestamp::from_micros(micros).unwrap(),
        Method::ALL[number % 9],
        format!("/{}", number % 40 + number / 100),
        (!number.is_multiple_of(10)).then_some(ip),
        Duration::from_micros((number * 31 % 5000) as u64).unwrap(),
        StatusCode::new([200, 201, 404, 500][number % 4]).unwrap(),
    )
    .unwrap()
    .with_extras(Extras { consumer: Some(format!("c{}", number % 3)), ..Extras::default() })
}

fn on_each(test: impl Fn(Bench)) {
    test(Bench::on_sqlite());
    if let Some(bench) = Bench::on_postgres() {
        test(bench);
    }
}

#[test]
fn answers_stay_right_while_rows_are_sealed_and_compacted() {
    on_each(|mut bench| {
        // One reader asks all the time, one is new each time, one has no room for any segment.
        let old = bench.datasets(PLENTY);
        let narrow = bench.datasets(NOTHING);
        for round in 0..12 {
            bench.append(30 + round);
            if round % 3 != 2 {
                bench.assert_answers(&old);
                bench.seal();
            }
            for datasets in [&old, &narrow, &bench.datasets(PLENTY)] {
                bench.assert_answers(datasets);
            }
        }
        assert_eq!(bench.segments().len(), 8);
        maintenance::seal_all(&bench.storage, bench.project).unwrap();
        assert_eq!(bench.segments().len(), 2, "eight were compacted into one, one is new");
        for datasets in [&old, &narrow, &bench.datasets(PLENTY)] {
            bench.assert_answers(datasets);
        }
    });
}

#[test]
fn compacted_segments_are_those_of_their_rows() {
    on_each(|mut bench| {
        for _ in 0..8 {
            bench.append(50);
            bench.seal();
        }
        assert!(sealing::compact(&bench.storage, bench.project).unwrap());
        assert!(!sealing::compact(&bench.storage, bench.project).unwrap());
        let [entry] = bench.segments()[..] else { panic!("one segment") };
        let rows = sealing::from_rows(&bench.storage, bench.project, 1..=400).unwrap();
        assert_eq!(bench.storage.segment(bench.project, 1).unwrap().as_deref(), Some(rows.bytes()));
        assert_eq!(entry, sealing::new_segment(&rows).entry);
    });
}

#[test]
fn damaged_segments_are_mended_and_no_answer_lacks_them() {
    on_each(|mut bench| {
        bench.append(300);
        bench.seal();
        let entry = bench.segments()[0];
        let good = bench.storage.segment(bench.project, 1).unwrap().unwrap();
        for budget in [PLENTY, NOTHING] {
            let mut damaged = good.clone();
            damaged[200] ^= 1;
            let version = bench.storage.seals().unwrap()[0].1.version;
            let segment = NewSegment { entry, data: &damaged };
            assert!(bench.storage.replace_segments(bench.project, version, &segment).unwrap());
            bench.assert_answers(&bench.datasets(budget));
            assert_eq!(bench.storage.segment(bench.project, 1).unwrap().as_ref(), Some(&good));
        }
    });
}

#[test]
fn segments_of_other_versions_are_passed_over_and_stay() {
    on_each(|mut bench| {
        bench.append(300);
        bench.seal();
        let entry = bench.segments()[0];
        let mut newer = bench.storage.segment(bench.project, 1).unwrap().unwrap();
        newer[6] += 1;
        let segment = NewSegment { entry, data: &newer };
        assert!(bench.storage.replace_segments(bench.project, 1, &segment).unwrap());
        bench.assert_answers(&bench.datasets(PLENTY));
        assert_eq!(bench.storage.segment(bench.project, 1).unwrap(), Some(newer));
    });
}

#[test]
fn missing_segments_are_noticed_and_made_anew() {
    let mut bench = Bench::on_sqlite();
    for _ in 0..3 {
        bench.append(100);
        bench.seal();
    }
    let path = bench._folder.as_ref().unwrap().path().join("test.db");
    for lost in [1, 101, 201] {
        let database = rusqlite::Connection::open(&path).unwrap();
        database.execute("DELETE FROM segments WHERE first_id = ?1", [lost]).unwrap();
        database.execute("UPDATE projects SET segments_version = segments_version + 1", []).unwrap();
        for budget in [PLENTY, NOTHING] {
            bench.assert_answers(&bench.datasets(budget));
        }
        assert_eq!(bench.segments().len(), 3);
    }
}

#[test]
fn concurrent_readers_never_see_too_few_or_too_many_events() {
    on_each(|mut bench| {
        bench.append(100);
        let (datasets, narrow) = (bench.datasets(PLENTY), bench.datasets(NOTHING));
        let written = AtomicU64::new(100);
        let done = AtomicBool::new(false);
        let (storage, project) = (bench.storage.clone(), bench.project);
        let query = DashboardQuery::over(TimeRange::ALL);
        std::thread::scope(|scope| {
            for datasets in [&datasets, &datasets, &narrow] {
                scope.spawn(|| {
                    while !done.load(Ordering::Acquire) {
                        let before = written.load(Ordering::Acquire);
                        let seen = datasets.dashboard(project, &query).unwrap().summary.total_requests;
                        // A batch of ten may be committed before it is counted.
                        let after = written.load(Ordering::Acquire) + 10;
                        assert!((before..=after).contains(&seen), "{before} {seen} {after}");
                    }
                });
            }
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    let seal = storage.seals().unwrap()[0].1;
                    sealing::seal(&storage, project, seal, 20).unwrap();
                    sealing::compact(&storage, project).unwrap();
                }
            });
            for _ in 0..60 {
                bench.append(10);
                written.fetch_add(10, Ordering::AcqRel);
            }
            done.store(true, Ordering::Release);
        });
        bench.assert_answers(&datasets);
        bench.assert_answers(&narrow);
    });
}
