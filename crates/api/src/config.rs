//! Settings: defaults, then a TOML file, then the environment, then flags; checked once.

mod check;

use std::net::IpAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use storage::{DatabaseUrl, Storage};

use crate::client_address::TrustedProxies;
use crate::cors::Origins;
use crate::datasets::Datasets;
use crate::origin::Origin;
use crate::pace::Pace;
use crate::telemetry::LogFormat;

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Registration {
    /// Everybody.
    Open,
    /// Those with an invitation.
    Invited,
    /// Nobody.
    Closed,
}

/// A text that is never shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) const fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// All settings with their values.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Address to listen on.
    pub(crate) host: IpAddr,
    /// Port to listen on; 0 picks a free one.
    pub(crate) port: u16,
    /// Folder of the SQLite file and the generated secret.
    pub(crate) data_dir: PathBuf,
    /// Where the events are kept; a file in the data folder if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database_url: Option<Secret>,
    /// Signs access tokens; made and kept in the data folder if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret_key: Option<Secret>,
    /// How log lines are written.
    pub(crate) log_format: LogFormat,
    /// Who may register.
    pub(crate) registration: Registration,
    /// How long an access token is good for, in minutes.
    pub(crate) token_minutes: u32,
    /// Cost of a bcrypt hash.
    pub(crate) bcrypt_cost: u32,
    /// Password hashes that are computed at the same time.
    pub(crate) password_threads: usize,
    /// Requests that may wait for the hash of a password; more are answered 429.
    pub(crate) password_queue: usize,
    /// Failures to sign in with one name from one address, at once and within each hour.
    pub(crate) sign_in_failures_per_hour: u32,
    /// Failures to sign in with one name, from all addresses that are not its owner's.
    pub(crate) sign_in_failures_per_hour_name: u32,
    /// Failures to sign in from one address.
    pub(crate) sign_in_failures_per_hour_address: u32,
    /// Registrations in total.
    pub(crate) registrations_per_hour: u32,
    /// Registrations from one address.
    pub(crate) registrations_per_hour_address: u32,
    /// Events that may wait to be stored; more are answered 503.
    pub(crate) queue_capacity: usize,
    /// Events that one batch may hold.
    pub(crate) batch_max_events: usize,
    /// Bytes that the body of a batch may have, compressed as well as inflated.
    pub(crate) batch_max_bytes: usize,
    /// Memory for the bodies of batches that are on their way, in MiB.
    pub(crate) batch_memory_mib: usize,
    /// How long a batch with an idempotency key is remembered, in hours.
    pub(crate) idempotency_hours: u32,
    /// How long the body of a request may take, in seconds; and how long a client may take nothing of its answer.
    pub(crate) body_seconds: u32,
    /// How fast, after a few seconds, bodies must come and answers must be taken.
    pub(crate) body_bytes_per_second: u32,
    /// Connections at the same time.
    pub(crate) max_connections: usize,
    /// Proxies whose `X-Forwarded-…` headers are believed.
    pub(crate) trusted_proxies: TrustedProxies,
    /// The origin of the service as browsers see it; read from the requests if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_url: Option<Origin>,
    /// Origins whose pages may use the service.
    pub(crate) cors_origins: Origins,
    /// Threads that serve connections.
    pub(crate) workers: usize,
    /// Memory for events that are read, in MiB.
    pub(crate) cache_mib: usize,
    /// Threads that compute one dashboard.
    pub(crate) scan_threads: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 8000,
            data_dir: PathBuf::from("./data"),
            database_url: None,
            secret_key: None,
            log_format: LogFormat::Text,
            registration: Registration::Open,
            token_minutes: 90,
            bcrypt_cost: 12,
            password_threads: (cores() / 2).clamp(1, 4),
            password_queue: 32,
            sign_in_failures_per_hour: 10,
            sign_in_failures_per_hour_name: 100,
            sign_in_failures_per_hour_address: 100,
            registrations_per_hour: 600,
            registrations_per_hour_address: 60,
            queue_capacity: 50_000,
            batch_max_events: 10_000,
            batch_max_bytes: 8 * 1024 * 1024,
            batch_memory_mib: 256,
            idempotency_hours: 24,
            body_seconds: 30,
            body_bytes_per_second: 1024,
            max_connections: 10_000,
            trusted_proxies: TrustedProxies::default(),
            public_url: None,
            cors_origins: Origins::default(),
            workers: cores(),
            cache_mib: 256,
            scan_threads: cores(),
        }
    }
}

/// At its start a body may come as slowly as it will for so long.
const BODY_GRACE: Duration = Duration::from_secs(5);

/// Variables with our prefix that are no settings: of other commands, of tests and of client libraries.
const NO_SETTINGS: [&str; 4] = ["config", "bin", "key", "url"];

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, NonZero::get)
}

impl Config {
    /// Reads all sources; `flags` holds the settings given on the command line.
    pub(crate) fn load(file: Option<&Path>, flags: &impl Serialize) -> anyhow::Result<Self> {
        let mut sources = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            anyhow::ensure!(file.is_file(), "cannot read the configuration file {}", file.display());
            sources = sources.merge(Toml::file_exact(file));
        }
        let config: Self = sources
            .merge(Env::raw().only(&["DATABASE_URL", "SECRET_KEY"]))
            .merge(Env::prefixed("API_ANALYTICS_").ignore(&NO_SETTINGS))
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| anyhow::anyhow!("configuration: {}", error.to_string().replace('\n', "; ")))?;
        config.check()?;
        Ok(config)
    }

    /// Whether a file with settings holds one that nobody else may know.
    pub(crate) fn holds_secrets(file: &Path) -> bool {
        let settings = Figment::from(Toml::file_exact(file));
        let has_password = |url: String| url.contains('@');
        settings.contains("secret_key")
            || settings.extract_inner::<String>("database_url").is_ok_and(has_password)
    }

    /// The database that the settings name.
    pub(crate) fn database(&self) -> anyhow::Result<DatabaseUrl> {
        match &self.database_url {
            Some(url) => url.reveal().parse().context("database_url"),
            None => {
                let path = self.data_dir.join("analytics.db");
                let path = path.to_str().context("data_dir must be valid UTF-8")?;
                Ok(DatabaseUrl::Sqlite(path.to_owned()))
            }
        }
    }

    /// How slowly the body of a request may come.
    pub(crate) fn body_pace(&self) -> Pace {
        self.pace(BODY_GRACE, Duration::from_secs(self.body_seconds.into()))
    }

    /// How slowly an answer may be taken, however long it is.
    pub(crate) fn answer_pace(&self) -> Pace {
        self.pace(Duration::from_secs(self.body_seconds.into()), Duration::MAX)
    }

    fn pace(&self, grace: Duration, total: Duration) -> Pace {
        let bytes_per_second = NonZero::new(self.body_bytes_per_second).unwrap_or(NonZero::<u32>::MIN);
        Pace { grace, bytes_per_second, total }
    }

    /// What is read from the database is kept within these limits.
    pub(crate) fn datasets(&self, storage: Storage) -> Datasets {
        let threads = NonZero::new(self.scan_threads).unwrap_or(NonZero::<usize>::MIN);
        Datasets::new(storage, self.cache_mib << 20, threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_which_files_hold_secrets() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (settings, expected) in [
            ("secret_key = '0123456789abcdef'", true),
            ("database_url = 'postgres://ann:secret@localhost/a'", true),
            ("database_url = 'sqlite:a.db'", false),
            ("cache_mib = 64", false),
            ("", false),
        ] {
            std::fs::write(file.path(), settings).unwrap();
            assert_eq!(Config::holds_secrets(file.path()), expected, "{settings}");
        }
    }
}
