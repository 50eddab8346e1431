//! What a state records: the parts of a dashboard query that decide it.

use std::sync::Arc;

use domain::{DashboardQuery, Duration, LATENCY_BOUNDS_US, Part, Period, Zone};

use crate::segment::Label;

/// What a state records. States of the same plan can be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) period: Period,
    pub(crate) zone: Zone,
    /// The newest buckets that are kept.
    pub(crate) buckets: usize,
    /// Whether all response times and those of each bucket are kept as histograms.
    pub(crate) latency: bool,
    /// Whether nothing else than the response times of some endpoints is kept.
    pub(crate) only_latency_of: bool,
    /// The endpoints whose response times are kept as histograms.
    pub(crate) latency_of: Vec<Arc<str>>,
    pub(crate) bands: bool,
    pub(crate) apdex: Option<Duration>,
    pub(crate) heatmap: bool,
    /// Whether user agents, hosts and consumers are counted.
    pub(crate) user_agents: bool,
    pub(crate) hostnames: bool,
    pub(crate) consumers: bool,
}

impl Plan {
    /// Everything that the query's answer needs, but for the response times of single endpoints.
    #[must_use]
    pub fn of(query: &DashboardQuery) -> Self {
        let wants = |part| query.include.contains(part);
        Self {
            period: query.period,
            zone: query.zone,
            buckets: query.series_limit,
            latency: wants(Part::Percentiles),
            only_latency_of: false,
            latency_of: Vec::new(),
            bands: wants(Part::LatencyHistogram),
            apdex: wants(Part::Apdex).then_some(query.apdex_threshold),
            heatmap: wants(Part::Heatmap),
            user_agents: wants(Part::UserAgents),
            hostnames: wants(Part::Hostnames),
            consumers: wants(Part::Consumers),
        }
    }

    /// What the summary needs.
    #[must_use]
    pub fn summary(query: &DashboardQuery) -> Self {
        Self {
            buckets: 0,
            bands: false,
            heatmap: false,
            user_agents: false,
            hostnames: false,
            consumers: false,
            ..Self::of(query)
        }
    }

    /// The response times of some endpoints, and nothing else.
    #[must_use]
    pub(crate) fn latency_of(query: &DashboardQuery, endpoints: Vec<Arc<str>>) -> Self {
        Self {
            only_latency_of: true,
            latency_of: endpoints,
            latency: false,
            apdex: None,
            ..Self::summary(query)
        }
    }
}

impl Plan {
    /// Whether the events of each text of this kind are counted.
    pub(crate) const fn counts(&self, label: Label) -> bool {
        match label {
            Label::Route => false,
            Label::UserAgent => self.user_agents,
            Label::Hostname => self.hostnames,
            Label::Consumer => self.consumers,
        }
    }
}

/// How many bands the latency histogram of a dashboard has.
pub(crate) const BANDS: usize = LATENCY_BOUNDS_US.len() + 1;
