//! What the measurements share: the work folder, how often things are repeated, and services that hold a
//! data set.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use tempfile::TempDir;
use tests::postgres::TestDatabase;

use crate::data;
use crate::http::Answer;
use crate::service::{Place, Service, Tenant};
use crate::table::{Table, count, grouped};

/// A thing that takes long is repeated less often: no new run is begun after this time.
const BUDGET: Duration = Duration::from_secs(20);

/// The whole of a measuring session; its files go away with it.
pub(crate) struct Bench {
    program: PathBuf,
    folder: TempDir,
    runs: u32,
}

impl Bench {
    /// A session on that release build of the service.
    pub(crate) fn new(program: PathBuf, runs: u32) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("api-analytics-bench-").tempdir()?;
        Ok(Self { program, folder, runs })
    }

    /// An empty place for data, with that name.
    pub(crate) fn place(&self, name: &str, database: Option<TestDatabase>) -> anyhow::Result<Place> {
        Place::new(&self.program, self.folder.path().join(name), database)
    }

    /// A file in the work folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The CSV file of so many events, written when it is first asked for.
    pub(crate) fn csv(&self, events: u64) -> anyhow::Result<PathBuf> {
        let path = self.file(&format!("{events}.csv"));
        if !path.exists() {
            let started = Instant::now();
            data::write_csv(&path, events).with_context(|| format!("cannot write {}", path.display()))?;
            eprintln!("made up {events} events in {:.1} s", started.elapsed().as_secs_f64());
        }
        Ok(path)
    }

    /// How often a thing is measured.
    pub(crate) const fn runs(&self) -> u32 {
        self.runs
    }

    /// Figures of several runs; fewer of what takes long, at least one.
    pub(crate) fn repeat(&self, mut run: impl FnMut() -> anyhow::Result<f64>) -> anyhow::Result<Vec<f64>> {
        let started = Instant::now();
        let mut figures = Vec::new();
        for _ in 0..self.runs {
            figures.push(run()?);
            if started.elapsed() > BUDGET {
                break;
            }
        }
        Ok(figures)
    }
}

/// A service that holds a data set under one key.
pub(crate) struct Dataset {
    /// How many events it holds.
    pub(crate) events: u64,
    /// The file they came from.
    pub(crate) csv: PathBuf,
    /// Where they are kept.
    pub(crate) place: Place,
    /// Who owns them.
    pub(crate) tenant: Tenant,
    service: Option<Service>,
}

impl Dataset {
    /// Makes up the events, loads them, and starts the service on them.
    pub(crate) fn load(bench: &Bench, events: u64, table: &mut Table) -> anyhow::Result<Self> {
        let csv = bench.csv(events)?;
        let place = bench.place(&format!("data-{events}"), None)?;
        let service = place.start()?;
        let tenant = Tenant::register(&service, "dashboards")?;
        service.stop()?;

        table.group(&format!("Data: {} events", grouped(events)));
        let seconds = load_csv(&place, &tenant, &csv)?;
        table.add("load from CSV", "events/s", &[count(events) / seconds], "`api-analytics load`");
        let service = Some(place.start()?);
        Ok(Self { events, csv, place, tenant, service })
    }

    /// The running service.
    pub(crate) fn service(&self) -> anyhow::Result<&Service> {
        self.service.as_ref().context("the service is not running")
    }

    /// Stops the service, starts it again and waits for an answer; gives the milliseconds from the start
    /// of the process to that.
    pub(crate) fn restart(&mut self) -> anyhow::Result<f64> {
        if let Some(service) = self.service.take() {
            service.stop()?;
        }
        let service = self.place.start()?;
        let millis = service.first_answer_millis()?;
        self.service = Some(service);
        Ok(millis)
    }

    /// One question over a new connection.
    pub(crate) fn ask(&self, path: &str) -> anyhow::Result<Answer> {
        self.service()?.connect()?.send(&self.tenant.get(path))
    }

    /// Adds the times of one question over one connection; the first run, which warms up, is left out.
    pub(crate) fn warm(
        &self,
        bench: &Bench,
        what: &str,
        path: &str,
        table: &mut Table,
    ) -> anyhow::Result<()> {
        let mut connection = self.service()?.connect()?;
        let request = self.tenant.get(path);
        let mut last = connection.send(&request)?;
        if last.status != 200 {
            table.absent(what, &last.status.to_string());
            return Ok(());
        }
        let figures = bench.repeat(|| {
            last = connection.send(&request)?;
            Ok(last.millis)
        })?;
        table.add(what, "ms", &figures, &format!("{} bytes", last.body.len()));
        Ok(())
    }
}

/// Loads the file and gives the seconds it took.
pub(crate) fn load_csv(place: &Place, tenant: &Tenant, csv: &std::path::Path) -> anyhow::Result<f64> {
    let mut command = place.command("load");
    command.arg(csv).args(["--username", &tenant.username, "--api-key", &tenant.key]);
    let started = Instant::now();
    let output = command.output().context("cannot run `load`")?;
    anyhow::ensure!(output.status.success(), "`load` failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(started.elapsed().as_secs_f64())
}
