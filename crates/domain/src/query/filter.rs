//! Which events are meant: a range of time and conditions on their fields.

use std::fmt::Display;

use super::{parse_class, parse_millis, parse_status, parse_text};
use crate::{
    Checks, ClientAddress, Duration, Method, Params, RequestEvent, Rule, StatusClass, StatusCode, TimeRange,
    ValidationError,
};

/// What a field may and may not be. Without values everything is admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    /// If there are any, one of them must fit.
    pub any_of: Vec<T>,
    /// None of them may fit.
    pub none_of: Vec<T>,
}

impl<T> Choice<T> {
    /// Everything is admitted.
    pub const ANY: Self = Self { any_of: Vec::new(), none_of: Vec::new() };

    /// Whether a field is admitted, told which values fit it. None fits a field that is absent, so it meets every
    /// `none_of` and never an `any_of`.
    pub fn admits(&self, fits: impl Fn(&T) -> bool) -> bool {
        (self.any_of.is_empty() || self.any_of.iter().any(&fits)) && !self.none_of.iter().any(&fits)
    }

    /// Whether everything is admitted.
    #[must_use]
    pub const fn is_unrestricted(&self) -> bool {
        self.any_of.is_empty() && self.none_of.is_empty()
    }
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self::ANY
    }
}

/// Which events are meant; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    /// When.
    pub range: TimeRange,
    /// The method.
    pub methods: Choice<Method>,
    /// The status.
    pub status_codes: Choice<StatusCode>,
    /// The class of the status.
    pub status_classes: Choice<StatusClass>,
    /// The whole endpoint.
    pub endpoints: Choice<String>,
    /// Text that the endpoint contains, literally and in exact case.
    pub endpoint_parts: Choice<String>,
    /// The client's address.
    pub ips: Choice<ClientAddress>,
    /// The whole consumer.
    pub consumers: Choice<String>,
    /// The whole host name, in exact case.
    pub hostnames: Choice<String>,
    /// Text that the user agent contains, literally and in exact case.
    pub user_agent_parts: Choice<String>,
    /// Not faster than this.
    pub process_time_min: Option<Duration>,
    /// Not slower than this.
    pub process_time_max: Option<Duration>,
}

impl EventFilter {
    /// How many values a parameter may have.
    pub const MAX_VALUES: usize = 50;
    /// The parameters that are filters, besides those of the range.
    pub const PARAMETERS: [&'static str; 20] = [
        "method",
        "not_method",
        "status_code",
        "not_status_code",
        "status_class",
        "not_status_class",
        "endpoint_exact",
        "not_endpoint_exact",
        "endpoint",
        "not_endpoint",
        "ip",
        "not_ip",
        "consumer",
        "not_consumer",
        "hostname",
        "not_hostname",
        "user_agent",
        "not_user_agent",
        "process_time_min",
        "process_time_max",
    ];

    /// All events of a range.
    #[must_use]
    pub const fn over(range: TimeRange) -> Self {
        Self {
            range,
            methods: Choice::ANY,
            status_codes: Choice::ANY,
            status_classes: Choice::ANY,
            endpoints: Choice::ANY,
            endpoint_parts: Choice::ANY,
            ips: Choice::ANY,
            consumers: Choice::ANY,
            hostnames: Choice::ANY,
            user_agent_parts: Choice::ANY,
            process_time_min: None,
            process_time_max: None,
        }
    }

    /// Whether every event of the range is meant.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        *self == Self::over(self.range)
    }

    /// Whether the event meets every condition.
    #[must_use]
    pub fn matches(&self, event: &RequestEvent) -> bool {
        let (status, endpoint, extras) = (event.status_code(), event.endpoint(), event.extras());
        let consumer = extras.and_then(|extras| extras.consumer.as_deref());
        let hostname = extras.and_then(|extras| extras.hostname.as_deref());
        let user_agent = extras.and_then(|extras| extras.user_agent.as_deref());
        self.range.contains(event.created_at())
            && self.methods.admits(|method| *method == event.method())
            && self.status_codes.admits(|code| *code == status)
            && self.status_classes.admits(|class| *class == status.class())
            && self.endpoints.admits(|name| name == endpoint)
            && self.endpoint_parts.admits(|part| endpoint.contains(part.as_str()))
            && self.ips.admits(|ip| event.ip() == Some(*ip))
            && self.consumers.admits(|name| consumer == Some(name))
            && self.hostnames.admits(|name| hostname == Some(name))
            && self
                .user_agent_parts
                .admits(|part| user_agent.is_some_and(|text| text.contains(part.as_str())))
            && self.process_time_min.is_none_or(|min| event.process_time() >= min)
            && self.process_time_max.is_none_or(|max| event.process_time() <= max)
    }

    /// The conditions in force besides the range, each as the parameter `name=value` that asks for it. The same
    /// conditions give the same list, in whichever order and however often they are held.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let mut list = Vec::new();
        describe(&mut list, "method", "not_method", &self.methods);
        describe(&mut list, "status_code", "not_status_code", &self.status_codes);
        describe(&mut list, "status_class", "not_status_class", &self.status_classes);
        describe(&mut list, "endpoint_exact", "not_endpoint_exact", &self.endpoints);
        describe(&mut list, "endpoint", "not_endpoint", &self.endpoint_parts);
        describe(&mut list, "ip", "not_ip", &self.ips);
        describe(&mut list, "consumer", "not_consumer", &self.consumers);
        describe(&mut list, "hostname", "not_hostname", &self.hostnames);
        describe(&mut list, "user_agent", "not_user_agent", &self.user_agent_parts);
        list.extend(self.process_time_min.map(|min| format!("process_time_min={}", millis(min))));
        list.extend(self.process_time_max.map(|max| format!("process_time_max={}", millis(max))));
        list
    }

    /// Reads every parameter but those of the range. Nothing only if there is no range.
    pub(crate) fn from_params(
        checks: &mut Checks,
        params: &Params,
        range: Option<TimeRange>,
    ) -> Option<Self> {
        let mut reader = Reader { checks, params };
        let methods = reader.choice("method", "not_method", Method::from_field);
        let status_codes = reader.choice("status_code", "not_status_code", parse_status);
        let status_classes = reader.choice("status_class", "not_status_class", parse_class);
        let endpoints = reader.texts("endpoint_exact", "not_endpoint_exact");
        let endpoint_parts = reader.texts("endpoint", "not_endpoint");
        let ips = reader.choice("ip", "not_ip", ClientAddress::from_field);
        let consumers = reader.texts("consumer", "not_consumer");
        let hostnames = reader.texts("hostname", "not_hostname");
        let user_agent_parts = reader.texts("user_agent", "not_user_agent");
        let min = checks.take(params.read("process_time_min", parse_millis)).flatten();
        let max = checks.take(params.read("process_time_max", parse_millis)).flatten();
        if min.zip(max).is_some_and(|(min, max)| min >= max) {
            checks.fault("process_time_min", Rule::Range, "must be below process_time_max");
        }
        Some(Self {
            range: range?,
            methods,
            status_codes,
            status_classes,
            endpoints,
            endpoint_parts,
            ips,
            consumers,
            hostnames,
            user_agent_parts,
            process_time_min: min,
            process_time_max: max,
        })
    }
}

type Parse<T> = fn(&'static str, &str) -> Result<T, ValidationError>;

/// Reads repeated parameters and notes their faults.
struct Reader<'a> {
    checks: &'a mut Checks,
    params: &'a Params,
}

impl Reader<'_> {
    fn choice<T>(&mut self, any_of: &'static str, none_of: &'static str, parse: Parse<T>) -> Choice<T> {
        Choice { any_of: self.values(any_of, parse), none_of: self.values(none_of, parse) }
    }

    /// An empty text, as empty fields of forms send it, is no condition.
    fn texts(&mut self, any_of: &'static str, none_of: &'static str) -> Choice<String> {
        let Choice { any_of, none_of } = self.choice(any_of, none_of, parse_text);
        let given = |texts: Vec<String>| texts.into_iter().filter(|text| !text.is_empty()).collect();
        Choice { any_of: given(any_of), none_of: given(none_of) }
    }

    fn values<T>(&mut self, name: &'static str, parse: Parse<T>) -> Vec<T> {
        let (params, checks) = (self.params, &mut *self.checks);
        if params.all(name).nth(EventFilter::MAX_VALUES).is_some() {
            let detail = format!("must not be given more than {} times", EventFilter::MAX_VALUES);
            checks.fault(name, Rule::Length, detail);
            return Vec::new();
        }
        params.all(name).filter_map(|text| checks.take(parse(name, text))).collect()
    }
}

fn describe<T: Display>(list: &mut Vec<String>, any_of: &str, none_of: &str, choice: &Choice<T>) {
    for (name, values) in [(any_of, &choice.any_of), (none_of, &choice.none_of)] {
        let mut texts: Vec<String> = values.iter().map(|value| format!("{name}={value}")).collect();
        texts.sort_unstable();
        texts.dedup();
        list.append(&mut texts);
    }
}

/// Milliseconds in full, without needless zeros.
fn millis(duration: Duration) -> String {
    let us = duration.as_micros();
    let text = format!("{}.{:03}", us / 1000, us % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
