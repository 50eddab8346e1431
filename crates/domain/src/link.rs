//! What a shared link shows: the filters that it fixes, and the fields that it hides.

use serde::{Serialize, Serializer};

use crate::{
    Checks, Dashboard, EventFilter, Hidden, Params, Rule, StoredEvent, TimeRange, UnknownName,
    ValidationError,
};

/// Filters that hold whatever else is asked, each as the parameter `name=value` that asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkFilters(Vec<(String, String)>);

impl LinkFilters {
    /// How many filters a link has at most.
    pub const MAX: usize = 50;
    /// The longest of them, in characters.
    pub const MAX_CHARS: usize = 512;

    /// Reads filters, each `name=value`, as they stand in a field.
    ///
    /// # Errors
    /// A text is no filter of events; ranges of time are none, since a question must be able to choose them.
    pub fn parse(field: &'static str, texts: &[impl AsRef<str>]) -> Result<Self, ValidationError> {
        let fault = |detail: String| ValidationError::new(field, Rule::Format, detail);
        if texts.len() > Self::MAX {
            return Err(ValidationError::new(field, Rule::Length, "must have at most 50 entries"));
        }
        let mut pairs = Vec::with_capacity(texts.len());
        for text in texts.iter().map(AsRef::as_ref) {
            let pair = text.split_once('=').filter(|(name, _)| EventFilter::PARAMETERS.contains(name));
            let (name, value) =
                pair.filter(|_| text.chars().nth(Self::MAX_CHARS).is_none()).ok_or_else(|| {
                    let shown: String = text.chars().take(60).collect();
                    fault(format!("{shown:?} is no filter of the form name=value"))
                })?;
            if value.is_empty() {
                return Err(fault(format!("{name} has no value, and would admit everything")));
            }
            pairs.push((name.to_owned(), value.to_owned()));
        }
        let mut checks = Checks::default();
        let filter =
            EventFilter::from_params(&mut checks, &pairs.iter().cloned().collect(), Some(TimeRange::ALL));
        checks.finish(filter).map_err(|error| fault(error.to_string()))?;
        Ok(Self(pairs))
    }

    /// Filters that were read before, and have been kept as names and values.
    #[must_use]
    pub const fn kept(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The names and values, to be kept.
    #[must_use]
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// Each filter as `name=value`.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, value)| format!("{name}={value}"))
    }

    /// Those that do not tell of what is hidden.
    #[must_use]
    pub fn shown(mut self, hidden: Hidden) -> Self {
        self.0.retain(|(name, _)| !hidden.concerns(name));
        self
    }

    /// Takes out of figures what they say about events that the filters leave out.
    pub fn conceal(&self, dashboard: &mut Dashboard) {
        if let Some(coverage) = dashboard.coverage.as_mut().filter(|_| !self.0.is_empty()) {
            coverage.events_scanned = coverage.events_matched;
            coverage.oldest_event = None;
        }
    }

    /// Adds the filters to the parameters of a question.
    ///
    /// # Errors
    /// The question has a parameter that the link fixes, or that shows what the link hides.
    pub fn restrict(&self, hidden: Hidden, params: Params) -> Result<Params, ValidationError> {
        let mut checks = Checks::default();
        for name in EventFilter::PARAMETERS {
            if params.get(name).is_none() {
                continue;
            }
            if self.0.iter().any(|(fixed, _)| fixed == name) {
                checks.fault(name, Rule::Unknown, "is fixed by the link");
            } else if hidden.concerns(name) {
                checks.fault(name, Rule::Unknown, "is hidden by the link");
            }
        }
        if params.get("order_by").is_some_and(|field| hidden.hides(field)) {
            checks.fault("order_by", Rule::Format, "is hidden by the link");
        }
        checks.finish(Some(params.with(self.0.iter().cloned())))
    }
}

impl Serialize for LinkFilters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl Hidden {
    /// Reads names of fields.
    ///
    /// # Errors
    /// One of them cannot be hidden.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownName> {
        names.into_iter().try_fold(Self::NOTHING, Self::with)
    }

    /// Takes out of figures what is hidden.
    pub fn conceal(self, dashboard: &mut Dashboard) {
        if self.ip {
            dashboard.top_ips.clear();
        }
        if self.consumer {
            dashboard.consumers = None;
        }
        if self.user_agent {
            dashboard.user_agents = None;
        }
        if let Some(coverage) = &mut dashboard.coverage {
            coverage.filters.retain(|condition| self.shows(condition));
        }
    }

    /// Whether a condition, as the parameter `name=value` that asks for it, tells nothing of what is hidden.
    #[must_use]
    pub fn shows(self, condition: &str) -> bool {
        !self.concerns(condition.split_once('=').map_or(condition, |(name, _)| name))
    }

    /// Whether a parameter asks for something that is hidden.
    fn concerns(self, parameter: &str) -> bool {
        self.hides(parameter.strip_prefix("not_").unwrap_or(parameter))
    }

    /// The event without what is hidden.
    #[must_use]
    pub fn concealed(self, stored: StoredEvent) -> StoredEvent {
        let StoredEvent { id, event } = stored;
        let mut extras = event.extras().cloned().unwrap_or_default();
        if self.consumer {
            extras.consumer = None;
        }
        if self.user_agent {
            extras.user_agent = None;
        }
        let event = if self.ip { event.without_ip() } else { event };
        StoredEvent { id, event: event.with_extras(extras) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn fixed_filters_hold_beside_those_of_the_question() {
        let filters = LinkFilters::parse("filters", &["endpoint=/v1/", "not_ip=192.0.2.1"]).unwrap();
        let both = filters.restrict(Hidden::NOTHING, params(&[("method", "GET")])).unwrap();
        for (name, value) in [("endpoint", "/v1/"), ("not_ip", "192.0.2.1"), ("method", "GET")] {
            assert_eq!(both.get(name), Some(value));
        }
        assert_eq!(filters.iter().collect::<Vec<_>>(), ["endpoint=/v1/", "not_ip=192.0.2.1"]);
    }

    #[test]
    fn a_question_cannot_get_round_a_link() {
        let filters = LinkFilters::parse("filters", &["consumer=acme"]).unwrap();
        let hidden = Hidden::of(["ip"]).unwrap();
        for faulty in
            [("consumer", "other"), ("ip", "192.0.2.1"), ("not_ip", "192.0.2.1"), ("order_by", "ip")]
        {
            assert!(filters.restrict(hidden, params(&[faulty])).is_err(), "{faulty:?}");
        }
        assert!(filters.restrict(hidden, params(&[("not_consumer", "x"), ("order_by", "method")])).is_ok());
    }

    #[test]
    fn filters_that_tell_of_what_is_hidden_are_not_shown() {
        let hidden = Hidden::of(["consumer", "ip"]).unwrap();
        let texts =
            ["consumer=acme", "not_consumer=x", "not_ip=192.0.2.1", "endpoint=/consumer=", "method=GET"];
        let filters = LinkFilters::parse("filters", &texts).unwrap();
        let shown = ["endpoint=/consumer=", "method=GET"];
        assert_eq!(filters.clone().shown(hidden).iter().collect::<Vec<_>>(), shown);
        assert_eq!(filters.shown(Hidden::NOTHING).iter().collect::<Vec<_>>(), texts);
        assert_eq!(texts.map(|text| hidden.shows(text)), [false, false, false, true, true]);
    }

    #[test]
    fn a_filter_is_measured_in_characters() {
        let filter = |chars| format!("endpoint={}", "ж".repeat(chars));
        assert!(LinkFilters::parse("filters", &[filter(LinkFilters::MAX_CHARS - 9)]).is_ok());
        assert!(LinkFilters::parse("filters", &[filter(LinkFilters::MAX_CHARS - 8)]).is_err());
    }

    #[test]
    fn only_filters_of_events_can_be_fixed() {
        let texts = ["", "endpoint", "endpoint=", "start_date=2025-01-01", "limit=1", "method=get", "ip=x"];
        for text in texts {
            assert!(LinkFilters::parse("filters", &[text]).is_err(), "{text:?}");
        }
        assert!(LinkFilters::parse("filters", &vec!["method=GET"; 51]).is_err());
    }
}
