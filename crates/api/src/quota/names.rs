//! The distinct names that projects with such a quota have: endpoints, routes, user agents, hosts and consumers.
//!
//! They are read once from the stored events, and then kept up with what this process lets in. Several processes may
//! each let in a new name at the same time.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{ProjectId, RequestEvent, Rule, ValidationError};
use foldhash::HashSet;
use foldhash::quality::RandomState;
use moka::ops::compute::Op;
use moka::sync::Cache;

use crate::datasets::Datasets;
use crate::read_error::ReadError;

/// The fields whose values are names.
const FIELDS: [&str; 5] = ["endpoint", "route", "user_agent", "hostname", "consumer"];
/// How long the names of a project that sends nothing are remembered, and of how many projects. Of others they are
/// read again.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);
const MAX_PROJECTS: u64 = 10_000;

/// The names of one project. Of each a hash of 64 bits is kept, eight bytes whatever its length.
#[derive(Debug)]
pub(crate) struct KnownNames {
    limit: usize,
    hasher: RandomState,
    fields: Mutex<[HashSet<u64>; FIELDS.len()]>,
}

impl KnownNames {
    fn new(limit: u32) -> Self {
        Self { limit: size(limit), hasher: RandomState::default(), fields: Mutex::default() }
    }

    fn is_under(&self, limit: u32) -> bool {
        self.limit == size(limit)
    }

    /// The names that an event brings in, which are noted.
    ///
    /// # Errors
    /// Each field with a name that is new, and of which the project has as many as it may; then none is noted.
    fn admit(&self, event: &RequestEvent) -> Result<impl Iterator<Item = (usize, u64)>, ValidationError> {
        let extras = event.extras();
        let names = [
            Some(event.endpoint()),
            extras.and_then(|extras| extras.route.as_deref()),
            extras.and_then(|extras| extras.user_agent.as_deref()),
            extras.and_then(|extras| extras.hostname.as_deref()),
            extras.and_then(|extras| extras.consumer.as_deref()),
        ];
        let hashes = names.map(|name| name.map(|name| self.hasher.hash_one(name)));
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        let mut checks = domain::Checks::default();
        for ((field, known), hash) in FIELDS.into_iter().zip(fields.iter()).zip(hashes) {
            if hash.is_some_and(|hash| !known.contains(&hash)) && known.len() >= self.limit {
                let detail = format!("is new, and the project has {} different ones already", known.len());
                checks.fault(field, Rule::Quota, detail);
            }
        }
        checks.finish(Some(()))?;
        let is_new =
            fields.iter_mut().zip(hashes).map(|(known, hash)| hash.filter(|hash| known.insert(*hash)));
        let new: Vec<_> = is_new.enumerate().filter_map(|(field, hash)| Some((field, hash?))).collect();
        Ok(new.into_iter())
    }

    fn withdraw(&self, new: impl IntoIterator<Item = (usize, u64)>) {
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        for (field, hash) in new {
            if let Some(known) = fields.get_mut(field) {
                known.remove(&hash);
            }
        }
    }

    /// Notes a name that is stored, also where there are more than there may be: what is known is not refused.
    fn learn(&self, field: &str, name: &str) {
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = FIELDS.into_iter().zip(fields.iter_mut()).find(|(known, _)| *known == field)
        {
            known.insert(self.hasher.hash_one(name));
        }
    }
}

/// The names that the events of one request bring in.
#[derive(Debug, Default)]
pub(crate) struct NewNames {
    /// The names that events may have; `None`: all.
    known: Option<Arc<KnownNames>>,
    new: Vec<(usize, u64)>,
}

impl NewNames {
    /// Those of no event yet.
    pub(crate) fn of(known: Option<Arc<KnownNames>>) -> Self {
        Self { known, new: Vec::new() }
    }

    /// Lets the names of an event in.
    ///
    /// # Errors
    /// Each field with a name that is new, and of which the project has as many as it may.
    pub(crate) fn admit(&mut self, event: &RequestEvent) -> Result<(), ValidationError> {
        if let Some(known) = &self.known {
            self.new.extend(known.admit(event)?);
        }
        Ok(())
    }

    /// Gives back what the events have brought in: they are not stored after all. Not for requests whose client is
    /// gone, since their events may be.
    pub(crate) fn withdraw(self) {
        if let Some(known) = self.known {
            known.withdraw(self.new);
        }
    }
}

/// The names of the projects that have such a quota and send events.
pub(crate) struct Names(Cache<ProjectId, Arc<KnownNames>>);

impl Default for Names {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_PROJECTS).time_to_idle(REMEMBERED).build())
    }
}

impl Names {
    /// The names of a project, if they have been read under this limit.
    pub(crate) fn known(&self, project: ProjectId, limit: u32) -> Option<Arc<KnownNames>> {
        self.0.get(&project).filter(|known| known.is_under(limit))
    }

    /// Reads the names of a project. Blocks.
    ///
    /// # Errors
    /// Its events cannot be read.
    pub(crate) fn read(
        &self,
        datasets: &Datasets,
        project: ProjectId,
        limit: u32,
    ) -> Result<Arc<KnownNames>, ReadError> {
        // Many may have come to the same end: who waited for a thread need not read them again.
        if let Some(known) = self.known(project, limit) {
            return Ok(known);
        }
        let names = Arc::new(KnownNames::new(limit));
        datasets.each_name(project, &mut |field, name| names.learn(field, name))?;
        // Who was first has let names in meanwhile.
        let kept = self.0.entry(project).and_compute_with(|first| match first {
            Some(first) if first.value().is_under(limit) => Op::Nop,
            _ => Op::Put(Arc::clone(&names)),
        });
        Ok(kept.into_entry().map_or(names, moka::Entry::into_value))
    }

    /// Forgets a project that has ended.
    pub(crate) fn forget(&self, project: ProjectId) {
        self.0.invalidate(&project);
    }
}

fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use domain::{Extras, Method, StatusCode, Timestamp};

    use super::*;

    fn event(endpoint: &str, consumer: Option<&str>) -> RequestEvent {
        let (at, took) = (Timestamp::from_micros(0).unwrap(), domain::Duration::from_micros(1).unwrap());
        let status = StatusCode::new(200).unwrap();
        let extras = Extras { consumer: consumer.map(str::to_owned), ..Extras::default() };
        RequestEvent::new(at, Method::Get, endpoint, None, took, status).unwrap().with_extras(extras)
    }

    fn known(limit: u32) -> Option<Arc<KnownNames>> {
        Some(Arc::new(KnownNames::new(limit)))
    }

    #[test]
    fn a_new_name_beyond_the_limit_is_refused_and_known_ones_are_not() {
        let known = known(2);
        known.as_ref().unwrap().learn("endpoint", "/stored");
        let mut names = NewNames::of(known);
        assert!(names.admit(&event("/a", Some("x"))).is_ok());
        let error = names.admit(&event("/b", Some("y"))).unwrap_err();
        assert_eq!((error.errors()[0].field.as_ref(), error.errors()[0].code), ("endpoint", Rule::Quota));
        // The consumer of the refused event has not been counted.
        assert!(names.admit(&event("/a", Some("z"))).is_ok());
        assert!(names.admit(&event("/stored", Some("y"))).is_err());
        assert!(names.admit(&event("/stored", None)).is_ok());
    }
    #[test]
    fn stored_names_are_known_however_many_they_are() {
        let known = known(1);
        for name in ["/a", "/b", "/c"] {
            known.as_ref().unwrap().learn("endpoint", name);
        }
        let mut names = NewNames::of(known);
        assert!(["/a", "/b", "/c"].iter().all(|name| names.admit(&event(name, None)).is_ok()));
        assert!(names.admit(&event("/d", None)).is_err());
    }

    #[test]
    fn what_is_given_back_is_new_again_and_nothing_else() {
        let known = known(2);
        let mut stored = NewNames::of(known.clone());
        stored.admit(&event("/a", Some("x"))).unwrap();
        let mut refused = NewNames::of(known.clone());
        refused.admit(&event("/a", Some("y"))).unwrap();
        refused.admit(&event("/b", Some("x"))).unwrap();
        let mut late = NewNames::of(known);
        assert!(late.admit(&event("/c", None)).is_err() && late.admit(&event("/a", Some("z"))).is_err());
        refused.withdraw();
        assert!(late.admit(&event("/c", None)).is_ok() && late.admit(&event("/a", Some("z"))).is_ok());
        assert!(late.admit(&event("/b", None)).is_err(), "the first name has stayed");
    }
}
