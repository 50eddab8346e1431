//! One answer of the service, and the rules that every answer keeps. Not for sending requests.

use serde_json::Value;
use ureq::http::HeaderMap;

/// One answer; an error status is an answer like any other.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, for messages of failed tests: `GET /me`.
    pub request: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as sent.
    pub body: Vec<u8>,
}

impl Answer {
    /// The header's text; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error} in {:?}", self.request, self.text()))
    }

    /// Checks the status and gives the answer back.
    ///
    /// # Panics
    /// When the status is another one.
    #[must_use = "use `assert_status` when only the status counts"]
    pub fn expect(self, status: u16) -> Self {
        self.assert_status(status);
        self
    }

    /// Checks the status.
    ///
    /// # Panics
    /// When the status is another one.
    pub fn assert_status(&self, status: u16) {
        assert_eq!(self.status, status, "{} answered: {}", self.request, self.text());
    }

    /// The `id` of what the answer shows.
    ///
    /// # Panics
    /// When it is no string: ids are opaque.
    #[must_use]
    pub fn id(&self) -> String {
        let body = self.json();
        body["id"].as_str().unwrap_or_else(|| panic!("{}: no id in {body}", self.request)).to_owned()
    }

    /// The entries of a list.
    ///
    /// # Panics
    /// When the answer has not the form of a list.
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        let body = self.json();
        assert!(body["next"].is_string() || body["next"].is_null(), "{}: {body}", self.request);
        body["items"].as_array().unwrap_or_else(|| panic!("{}: no list in {body}", self.request)).clone()
    }

    /// The `detail` of an error.
    #[must_use]
    pub fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// The fields named by a validation error, sorted.
    ///
    /// # Panics
    /// When the error names none in the agreed form.
    #[must_use]
    pub fn faulty_fields(&self) -> Vec<String> {
        let body = self.json();
        let errors =
            body["errors"].as_array().unwrap_or_else(|| panic!("{}: no errors in {body}", self.request));
        let mut fields: Vec<String> = Vec::new();
        for error in errors {
            assert!(error["code"].is_string() && error["detail"].is_string(), "{}: {error}", self.request);
            fields.push(error["field"].as_str().expect("a field name").to_owned());
        }
        fields.sort();
        fields.dedup();
        fields
    }

    /// What holds for every answer: a request id, and errors as problem details.
    pub(crate) fn assert_well_formed(&self, is_head: bool) {
        assert!(
            !self.header("x-request-id").is_empty(),
            "{}: no X-Request-Id on {}",
            self.request,
            self.status
        );
        if self.status < 400 {
            return;
        }
        let content_type = self.header("content-type");
        let expected = "application/problem+json";
        assert_eq!(content_type, expected, "{}: {} {}", self.request, self.status, self.text());
        if is_head {
            return;
        }
        let body = self.json();
        for field in ["type", "title", "detail"] {
            assert!(body[field].is_string(), "{}: no text in `{field}` of {body}", self.request);
        }
        assert_eq!(body["status"], self.status, "{}: {body}", self.request);
    }
}
