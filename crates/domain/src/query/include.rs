//! The figures that a dashboard gives only when asked for.

use std::fmt;

use crate::{Params, Rule, ValidationError};

/// A figure, or group of figures, that a dashboard gives only when asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Part {
    /// Percentiles of response times: of the whole, of endpoints, of buckets.
    Percentiles,
    /// The Apdex score.
    Apdex,
    /// Counts by class of status codes, and client errors told from server errors.
    StatusClasses,
    /// Counts by bands of response times.
    LatencyHistogram,
    /// The window of equal length before, and the change since.
    Comparison,
    /// Figures by weekday and hour.
    Heatmap,
    /// The consumers with most requests.
    Consumers,
    /// The user agents with most requests.
    UserAgents,
    /// The hosts with most requests.
    Hostnames,
    /// Buckets without events in the time series.
    Gaps,
    /// What the figures cover and how exact they are.
    Coverage,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 11] = [
        Self::Percentiles,
        Self::Apdex,
        Self::StatusClasses,
        Self::LatencyHistogram,
        Self::Comparison,
        Self::Heatmap,
        Self::Consumers,
        Self::UserAgents,
        Self::Hostnames,
        Self::Gaps,
        Self::Coverage,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Percentiles => "percentiles",
            Self::Apdex => "apdex",
            Self::StatusClasses => "status_classes",
            Self::LatencyHistogram => "latency_histogram",
            Self::Comparison => "comparison",
            Self::Heatmap => "heatmap",
            Self::Consumers => "consumers",
            Self::UserAgents => "user_agents",
            Self::Hostnames => "hostnames",
            Self::Gaps => "gaps",
            Self::Coverage => "coverage",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// A set of [`Part`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Include(u16);

impl Include {
    /// No part.
    pub const NONE: Self = Self(0);

    /// Whether the part is asked for.
    #[must_use]
    pub const fn contains(self, part: Part) -> bool {
        self.0 & part.bit() != 0
    }

    /// The set with one more part.
    #[must_use]
    pub const fn with(self, part: Part) -> Self {
        Self(self.0 | part.bit())
    }

    /// The parts of the set.
    pub fn iter(self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(move |part| self.contains(*part))
    }

    /// Reads `include`: names with commas between them, in any number of parameters. Nothing between commas is no
    /// name.
    pub(super) fn from_params(params: &Params) -> Result<Self, ValidationError> {
        let names = params.all("include").flat_map(|value| value.split(',')).filter(|name| !name.is_empty());
        let mut include = Self::NONE;
        for name in names {
            let part = Part::ALL.into_iter().find(|part| part.as_str() == name).ok_or_else(|| {
                let known = Part::ALL.map(Part::as_str).join(", ");
                let detail = format!("must be a list, with commas and without blanks, of {known}");
                ValidationError::new("include", Rule::Format, detail)
            })?;
            include = include.with(part);
        }
        Ok(include)
    }
}

impl FromIterator<Part> for Include {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        parts.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Include {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Include, ValidationError> {
        Include::from_params(
            &values.iter().map(|value| ("include".to_owned(), (*value).to_owned())).collect(),
        )
    }

    #[test]
    fn lists_and_repetitions_add_up() {
        let expected = Include::NONE.with(Part::Gaps).with(Part::Apdex);
        assert_eq!(read(&["gaps,apdex"]), Ok(expected));
        assert_eq!(read(&["apdex", "gaps,,apdex", ""]), Ok(expected));
        assert_eq!(read(&[]), Ok(Include::NONE));
    }

    #[test]
    fn every_part_has_its_own_name_and_bit() {
        for part in Part::ALL {
            let set = read(&[part.as_str()]).unwrap();
            assert_eq!(set.iter().collect::<Vec<_>>(), [part]);
        }
    }

    #[test]
    fn unknown_names_are_answered_with_the_known_ones() {
        for name in ["Gaps", " gaps", "everything"] {
            let error = read(&["apdex", name]).unwrap_err();
            assert!(error.to_string().contains("latency_histogram"), "{name}");
        }
    }
}
