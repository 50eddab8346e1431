//! Settings that flags can give; the rest comes from the file or the environment.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use storage::{DatabaseUrl, Storage};

use crate::config::Config;
use crate::database_lock::DatabaseLock;
use crate::files;
use crate::telemetry::{self, LogFormat};

/// How long a command waits for its turn to write; a service itself answers sooner than that.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// Where the data lies: what every command needs.
#[derive(Clone, clap::Args, Serialize)]
pub(crate) struct DataSettings {
    /// TOML file with settings
    #[arg(long, global = true, env = "API_ANALYTICS_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Folder of the SQLite file and the generated secret [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    /// sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE [default: a file in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<String>,
    /// How log lines are written [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    log_format: Option<LogFormat>,
}

impl DataSettings {
    /// Opens the database, with logging started.
    pub(crate) fn open(&self) -> anyhow::Result<(Config, Storage)> {
        let (config, database) = prepare(self.config.as_deref(), self)?;
        // A service that stores events without a pause may run beside it.
        let storage =
            Storage::open_with_wait(&database, LOCK_WAIT).with_context(|| format!("{database:?}"))?;
        check(self.config.as_deref(), &config, &database);
        Ok((config, storage))
    }

    /// The same of a database that is there: a mistake in its place is named, not answered by an empty one.
    pub(crate) fn open_existing(&self) -> anyhow::Result<(Config, Storage)> {
        let database = Config::load(self.config.as_deref(), self)?.database()?;
        if let Some(path) = database.file() {
            anyhow::ensure!(path.exists(), "there is no database {}", path.display());
        }
        self.open()
    }
}

/// Everything about a running service.
#[derive(Clone, clap::Args, Serialize)]
pub(crate) struct ServeSettings {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 picks a free one [default: 8000]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// Signs access tokens [default: made at the first start and kept in the data folder]
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    data: DataSettings,
}

impl ServeSettings {
    /// Opens the database for a service, which is the only one on a SQLite file; with logging started.
    pub(crate) fn open(&self) -> anyhow::Result<(Config, Storage, Option<DatabaseLock>)> {
        let (config, database) = prepare(self.data.config.as_deref(), self)?;
        let lock = database.file().map(DatabaseLock::take).transpose()?;
        let storage = Storage::open(&database).with_context(|| format!("{database:?}"))?;
        check(self.data.config.as_deref(), &config, &database);
        Ok((config, storage, lock))
    }

    /// The same settings; the data goes into that folder unless another place is named.
    pub(crate) fn or_data_dir(mut self, folder: &Path) -> Self {
        if self.data.data_dir.is_none() && self.data.database_url.is_none() {
            self.data.data_dir = Some(folder.to_owned());
        }
        self
    }
}

/// The settings, with logging started; and the database that they name, whose file is there.
fn prepare(file: Option<&Path>, flags: &impl Serialize) -> anyhow::Result<(Config, DatabaseUrl)> {
    let config = Config::load(file, flags)?;
    telemetry::start(config.log_format);
    let is_own = config.database_url.is_none();
    if is_own {
        files::make_data_dir(&config.data_dir)?;
    }
    let database = config.database()?;
    if let Some(path) = database.file() {
        files::make_database(path);
        if is_own {
            files::tighten_database(path);
        }
    }
    Ok((config, database))
}

/// Says what others can read.
fn check(file: Option<&Path>, config: &Config, database: &DatabaseUrl) {
    files::check_data_dir(&config.data_dir);
    if let Some(path) = database.file() {
        files::check_database(path);
    }
    if let Some(file) = file.filter(|file| Config::holds_secrets(file)) {
        files::check_settings(file);
    }
}
