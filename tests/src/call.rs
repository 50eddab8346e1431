//! One request in the making, sent and checked. Not for what the operations are called: see `client`.

use serde_json::Value;
use ureq::http::Request;

use crate::answer::Answer;
use crate::connection::Connection;

/// One request in the making.
#[derive(Clone, Debug)]
pub struct Call<'c> {
    connection: &'c Connection,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl<'c> Call<'c> {
    /// A request of a path that may carry a query.
    pub(crate) fn new(connection: &'c Connection, method: &str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            connection,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds the bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Adds the API key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("X-API-Key", key)
    }

    /// Sends JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    /// Sends an encoded form.
    #[must_use]
    pub fn form(self, form: &str) -> Self {
        self.body("application/x-www-form-urlencoded", form.as_bytes().to_vec())
    }

    /// Sends any bytes.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("Content-Type", content_type)
    }

    /// Sends any bytes without saying what they are.
    #[must_use]
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it and checks what holds for every answer.
    ///
    /// # Panics
    /// When there is no answer, or it breaks one of those rules.
    #[must_use]
    pub fn send(self) -> Answer {
        let name = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Sends it to a server that may be going away.
    ///
    /// # Errors
    /// When no whole answer arrives.
    pub fn try_send(self) -> Result<Answer, ureq::Error> {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let request = format!("{} {}{query}", self.method, self.path);
        let mut builder = Request::builder().method(self.method.as_str());
        builder = builder.uri(format!("{}{}{query}", self.connection.base, self.path));
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let agent = &self.connection.agent;
        let mut response = match self.body {
            Some(body) => agent.run(builder.body(body)?)?,
            None => agent.run(builder.body(())?)?,
        };
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec()?;
        let answer =
            Answer { request, status: response.status().as_u16(), headers: response.headers().clone(), body };
        answer.assert_well_formed(self.method == "HEAD");
        self.connection.assert_documented(&self.method, &self.path, &answer);
        Ok(answer)
    }
}
