//! What an operator should know who lets others than this machine reach the service.

use crate::config::{Config, Registration};
use crate::origin::Scheme;

/// Says so in the log, once at the start.
pub(crate) fn warn(config: &Config) {
    for exposure in exposures(config) {
        tracing::warn!(host = %config.host, "{exposure}");
    }
}

fn exposures(config: &Config) -> Vec<&'static str> {
    if config.host.is_loopback() {
        return Vec::new();
    }
    let is_encrypted = match &config.public_url {
        Some(origin) => origin.scheme() == Scheme::Https,
        // Whoever names a proxy has one, which says how it is reached.
        None => !config.trusted_proxies.is_empty(),
    };
    let mut exposures = Vec::new();
    if config.registration == Registration::Open {
        exposures.push("anybody who reaches this address may register; see the setting `registration`");
    }
    if !is_encrypted {
        exposures.push(
            "passwords, keys and cookies go over the network in clear text; put a proxy with TLS before the service \
             and name it in `trusted_proxies`, or set `public_url`",
        );
    }
    exposures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    fn count(change: impl FnOnce(&mut Config)) -> usize {
        let mut config = Config { host: "0.0.0.0".parse().unwrap(), ..Config::default() };
        change(&mut config);
        exposures(&config).len()
    }

    #[test]
    fn only_who_can_be_reached_is_warned() {
        assert!(exposures(&Config::default()).is_empty());
        assert_eq!(count(|_| {}), 2);
        assert_eq!(count(|config| config.host = "::1".parse().unwrap()), 0);
    }

    #[test]
    fn what_is_mended_is_not_warned_of() {
        assert_eq!(count(|config| config.registration = Registration::Invited), 1);
        assert_eq!(
            count(|config| config.public_url = Some(Origin::parse("https://stats.example.com").unwrap())),
            1
        );
        assert_eq!(
            count(|config| config.public_url = Some(Origin::parse("http://stats.example.com").unwrap())),
            2
        );
        assert_eq!(count(|config| config.trusted_proxies = serde_json::from_str("\"10.0.0.1\"").unwrap()), 1);
    }
}
