//! The ranges of settings.

use super::Config;

/// A batch may be in memory as it came and inflated, and a project gets half of the memory.
const BODIES_IN_MEMORY: usize = 4;

impl Config {
    /// Every value is one that the service can work with.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!((4..=20).contains(&self.bcrypt_cost), "bcrypt_cost must be 4 to 20");
        anyhow::ensure!((1..=1024).contains(&self.password_threads), "password_threads must be 1 to 1024");
        anyhow::ensure!((1..=10_000).contains(&self.password_queue), "password_queue must be 1 to 10000");
        for (name, value) in [
            ("sign_in_failures_per_hour", self.sign_in_failures_per_hour),
            ("sign_in_failures_per_hour_name", self.sign_in_failures_per_hour_name),
            ("sign_in_failures_per_hour_address", self.sign_in_failures_per_hour_address),
            ("registrations_per_hour", self.registrations_per_hour),
            ("registrations_per_hour_address", self.registrations_per_hour_address),
        ] {
            anyhow::ensure!((1..=1_000_000).contains(&value), "{name} must be 1 to 1000000");
        }
        anyhow::ensure!(
            (1..=525_600).contains(&self.token_minutes),
            "token_minutes must be 1 to 525600 (one year)"
        );
        anyhow::ensure!(
            (1..=10_000_000).contains(&self.queue_capacity),
            "queue_capacity must be 1 to 10000000"
        );
        anyhow::ensure!(
            (1..=1_000_000).contains(&self.batch_max_events),
            "batch_max_events must be 1 to 1000000"
        );
        anyhow::ensure!(
            (1024..=1024 * 1024 * 1024).contains(&self.batch_max_bytes),
            "batch_max_bytes must be 1024 to 1073741824 (1 GiB)"
        );
        anyhow::ensure!(
            (1..=1_048_576).contains(&self.batch_memory_mib),
            "batch_memory_mib must be 1 to 1048576"
        );
        anyhow::ensure!(
            self.batch_memory_mib << 20 >= self.batch_max_bytes.saturating_mul(BODIES_IN_MEMORY),
            "batch_memory_mib must be room for {BODIES_IN_MEMORY} bodies of batch_max_bytes: at least {}",
            self.batch_max_bytes.saturating_mul(BODIES_IN_MEMORY).div_ceil(1 << 20)
        );
        anyhow::ensure!((1..=3600).contains(&self.body_seconds), "body_seconds must be 1 to 3600 (one hour)");
        anyhow::ensure!(
            (1..=1_000_000_000).contains(&self.body_bytes_per_second),
            "body_bytes_per_second must be 1 to 1000000000"
        );
        anyhow::ensure!(
            (1..=1_000_000).contains(&self.max_connections),
            "max_connections must be 1 to 1000000"
        );
        anyhow::ensure!(
            (1..=8760).contains(&self.idempotency_hours),
            "idempotency_hours must be 1 to 8760 (one year)"
        );
        anyhow::ensure!((1..=512).contains(&self.workers), "workers must be 1 to 512");
        anyhow::ensure!((1..=1_048_576).contains(&self.cache_mib), "cache_mib must be 1 to 1048576");
        anyhow::ensure!((1..=1024).contains(&self.scan_threads), "scan_threads must be 1 to 1024");
        if let Some(secret) = &self.secret_key {
            anyhow::ensure!(secret.reveal().len() >= 16, "secret_key must be at least 16 bytes long");
        }
        self.database().map(drop)
    }
}
