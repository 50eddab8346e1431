//! Settings that flags can give; the rest comes from the file or the environment.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;
use storage::Storage;

use crate::config::{Config, LogFormat};
use crate::telemetry;

/// Where the data lies: what every command needs.
#[derive(Clone, clap::Args, Serialize)]
pub(crate) struct DataSettings {
    /// TOML file with settings
    #[arg(long, env = "API_ANALYTICS_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Folder of the SQLite file and the generated secret [default: ./data]
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    /// sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE [default: a file in the data folder]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<String>,
    /// How log lines are written [default: text]
    #[arg(long, value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    log_format: Option<LogFormat>,
}

impl DataSettings {
    /// Opens the database, with logging started.
    pub(crate) fn open(&self) -> anyhow::Result<(Config, Storage)> {
        open(self.config.as_deref(), self)
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
    /// Opens the database, with logging started.
    pub(crate) fn open(&self) -> anyhow::Result<(Config, Storage)> {
        open(self.data.config.as_deref(), self)
    }

    /// The same settings; the data goes into that folder unless another place is named.
    pub(crate) fn or_data_dir(mut self, folder: &Path) -> Self {
        if self.data.data_dir.is_none() && self.data.database_url.is_none() {
            self.data.data_dir = Some(folder.to_owned());
        }
        self
    }
}

fn open(file: Option<&Path>, flags: &impl Serialize) -> anyhow::Result<(Config, Storage)> {
    let config = Config::load(file, flags)?;
    telemetry::start(config.log_format);
    if config.database_url.is_none() {
        config.make_data_dir()?;
    }
    let database = config.database()?;
    let storage = Storage::open(&database).with_context(|| format!("{database:?}"))?;
    Ok((config, storage))
}
