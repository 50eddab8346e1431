//! The way to one server, which its clients and their calls share: address, pooled connections, and the document
//! that says what may be answered. Not for single requests: see `call`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::answer::Answer;

/// The way to one server; clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) base: String,
    pub(crate) agent: Agent,
    document: Arc<OnceLock<Value>>,
}

impl Connection {
    /// The way to the server at `http://host:port`.
    pub(crate) fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .max_idle_age(Duration::from_secs(2))
            .timeout_global(Some(Duration::from_secs(60)));
        let agent = Agent::new_with_config(config.build());
        Self { base: base.to_owned(), agent, document: Arc::default() }
    }

    /// The served OpenAPI document, fetched once.
    pub(crate) fn document(&self) -> &Value {
        self.document.get_or_init(|| {
            let mut answer =
                self.agent.get(format!("{}/openapi.json", self.base)).call().expect("/openapi.json");
            serde_json::from_slice(&answer.body_mut().read_to_vec().expect("a body"))
                .expect("a JSON document")
        })
    }

    /// Checks that the document names the status of the answer.
    pub(crate) fn assert_documented(&self, method: &str, path: &str, answer: &Answer) {
        // The document does not have to describe itself, its page, what browsers ask for pages of other origins,
        // or what is not there.
        let is_preflight = method == "OPTIONS";
        if is_preflight || path.starts_with("/openapi.json") || path.starts_with("/docs") {
            return;
        }
        let method = if method == "HEAD" { "get" } else { &method.to_ascii_lowercase() };
        let paths = self.document()["paths"].as_object().expect("paths");
        let item = paths.iter().find(|(template, _)| matches_template(template, path));
        let Some(operation) = item.and_then(|(_, item)| item.get(method)) else {
            assert!(matches!(answer.status, 404 | 405), "{} is not in /openapi.json", answer.request);
            return;
        };
        let known = operation["responses"].get(answer.status.to_string()).is_some();
        assert!(known, "{}: status {} is not in /openapi.json", answer.request, answer.status);
    }
}

fn matches_template(template: &str, path: &str) -> bool {
    let mut wanted = template.trim_matches('/').split('/');
    let mut given = path.trim_matches('/').split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}
