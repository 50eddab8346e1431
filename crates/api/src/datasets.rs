//! The events of API keys in memory, for reading: segments as they are stored, and the rows that are in none
//! yet. Kept up to date by asking for what is new at each question; bounded by a budget.

#[cfg(test)]
mod tests;
mod view;

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use analytics::{Dataset, Segment, SegmentBuilder, SegmentError};
use domain::{Dashboard, DashboardQuery, KeyId, LogQuery, StoredEvent};
use storage::{SegmentEntry, Storage, StorageError};

use crate::sealing;
use view::View;

/// Rows of the tail that go into one segment in memory.
const TAIL_ROWS: usize = 1 << 18;
/// How often a question is asked again when the segments change under it.
const ATTEMPTS: u32 = 5;

/// Why events cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// Rows that must be there are not.
    #[error("the events {first_id} to {last_id} of key {key} are not all there")]
    RowsMissing {
        /// The number of the key.
        key: i64,
        /// The first event.
        first_id: i64,
        /// The last event.
        last_id: i64,
    },
    /// Other segments have been put in the place of those that were to be read.
    #[error("the segments change too often to be read")]
    Changed,
}

/// The events of all keys that were asked for lately.
pub(crate) struct Datasets {
    storage: Storage,
    budget_bytes: usize,
    threads: NonZero<usize>,
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    slots: HashMap<KeyId, Slot>,
    /// Counts the questions.
    clock: u64,
}

#[derive(Default)]
struct Slot {
    held: Arc<Mutex<Held>>,
    bytes: usize,
    last_used: u64,
}

/// What is in memory of one key.
#[derive(Default)]
struct Held {
    /// The version of the segments.
    version: Option<i64>,
    /// The number of the last event that is in a segment, and that of the last one in memory.
    sealed_id: i64,
    last_id: i64,
    /// The segments that do not fit into the budget. Their names are known.
    cold: Vec<SegmentEntry>,
    /// The other segments, and the rows that are in none.
    dataset: Dataset,
}

impl Datasets {
    pub(crate) fn new(storage: Storage, budget_bytes: usize, threads: NonZero<usize>) -> Self {
        Self { storage, budget_bytes, threads, keys: Mutex::default() }
    }

    /// The figures of a key.
    pub(crate) fn dashboard(&self, key: KeyId, query: &DashboardQuery) -> Result<Dashboard, ReadError> {
        self.ask(key, |view| analytics::dashboard_of(view, query, self.threads))
    }

    /// A page of a key's events.
    pub(crate) fn search(&self, key: KeyId, query: &LogQuery) -> Result<Vec<StoredEvent>, ReadError> {
        self.ask(key, |view| analytics::search(view, query))
    }

    fn ask<T>(
        &self,
        key: KeyId,
        question: impl Fn(View<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        for _ in 1..ATTEMPTS {
            match self.view(key).and_then(&question) {
                Err(ReadError::Changed) => {}
                answer => return answer,
            }
        }
        question(self.view(key)?)
    }

    /// All events of a key as of now.
    fn view(&self, key: KeyId) -> Result<View<'_>, ReadError> {
        let held = self.touch(key);
        let mut held = locked(&held);
        self.refresh(key, &mut held)?;
        let view = View {
            storage: &self.storage,
            key,
            version: held.version.unwrap_or_default(),
            dataset: held.dataset.clone(),
            cold: held.cold.clone(),
        };
        self.account(key, held.dataset.memory());
        Ok(view)
    }

    fn touch(&self, key: KeyId) -> Arc<Mutex<Held>> {
        let mut keys = locked(&self.keys);
        keys.clock += 1;
        let now = keys.clock;
        let slot = keys.slots.entry(key).or_default();
        slot.last_used = now;
        Arc::clone(&slot.held)
    }

    /// Notes what a key takes, and lets keys go that were not asked for lately until all fit into the budget.
    fn account(&self, key: KeyId, bytes: usize) {
        let mut keys = locked(&self.keys);
        if let Some(slot) = keys.slots.get_mut(&key) {
            slot.bytes = bytes;
        }
        while keys.slots.values().map(|slot| slot.bytes).sum::<usize>() > self.budget_bytes {
            let others = keys.slots.iter().filter(|(other, _)| **other != key);
            let Some(oldest) = others.min_by_key(|(_, slot)| slot.last_used).map(|(other, _)| *other) else {
                break;
            };
            keys.slots.remove(&oldest);
        }
    }

    /// Brings what is in memory up to date.
    fn refresh(&self, key: KeyId, held: &mut Held) -> Result<(), ReadError> {
        let mut tail = Tail::default();
        let news = self.storage.news(key, held.version, held.last_id, |event| tail.push(&event));
        let (seal, entries) = news.inspect_err(|_| *held = Held::default())?;
        if let Some(entries) = entries {
            if let Some(gap) = sealing::gap(&entries, seal.sealed_id) {
                *held = Held::default();
                sealing::fill(&self.storage, key, seal.version, &gap)?;
                return Err(ReadError::Changed);
            }
            // The rows that were in memory may be in segments now; they have been read again.
            held.dataset.retain(|segment| entries.iter().any(|entry| is_of(segment, entry)));
            held.version = None;
            self.load(key, seal.version, &entries, held)?;
            held.version = Some(seal.version);
            held.sealed_id = seal.sealed_id;
        }
        held.last_id = seal.last_id;
        for segment in tail.finish() {
            held.dataset.push(&Arc::new(segment));
        }
        merge_tail(&mut held.dataset, held.sealed_id);
        Ok(())
    }

    /// Loads the segments that are not in memory, the newest first, as far as the budget goes.
    fn load(
        &self,
        key: KeyId,
        version: i64,
        entries: &[SegmentEntry],
        held: &mut Held,
    ) -> Result<(), ReadError> {
        let in_memory = |entry: &SegmentEntry| held.dataset.segments().any(|segment| is_of(segment, entry));
        let missing: Vec<_> = entries.iter().rev().filter(|entry| !in_memory(entry)).copied().collect();
        held.cold.clear();
        let next = AtomicUsize::new(0);
        let (sender, loaded) = std::sync::mpsc::sync_channel(self.threads.get());
        std::thread::scope(|scope| {
            for _ in 0..self.threads.get().min(missing.len()) {
                let (sender, next, missing) = (sender.clone(), &next, &missing);
                scope.spawn(move || {
                    while let Some(entry) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let segment = sealing::load(&self.storage, key, version, entry);
                        if sender.send((*entry, segment)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (entry, segment) in loaded {
                let segment = Arc::new(segment?);
                if held.dataset.memory() + segment.memory() <= self.budget_bytes {
                    held.dataset.push(&segment);
                } else {
                    held.dataset.learn(&segment);
                    held.cold.push(entry);
                }
            }
            Ok(())
        })
    }
}

fn is_of(segment: &Segment, entry: &SegmentEntry) -> bool {
    let bounds = segment.bounds();
    (bounds.first_id, bounds.last_id) == (entry.first_id, entry.last_id)
}

/// Rows that are in no segment yet, as segments in memory.
#[derive(Default)]
struct Tail {
    full: Vec<Segment>,
    builder: SegmentBuilder,
}

impl Tail {
    fn push(&mut self, stored: &StoredEvent) {
        self.builder.push(stored.id, &stored.event);
        if self.builder.len() == TAIL_ROWS {
            self.full.push(std::mem::take(&mut self.builder).build());
        }
    }

    fn finish(mut self) -> Vec<Segment> {
        if !self.builder.is_empty() {
            self.full.push(self.builder.build());
        }
        self.full
    }
}

/// Each question adds the newest rows as a segment of its own. Neighbours are merged as long as the older one
/// is not clearly larger, so there are few, and each row is merged few times.
fn merge_tail(dataset: &mut Dataset, sealed_id: i64) {
    let is_tail = |segment: &Segment| segment.bounds().first_id > sealed_id;
    let mut tail: Vec<Arc<Segment>> =
        dataset.segments().filter(|segment| is_tail(segment)).cloned().collect();
    let mut newest: Vec<Arc<Segment>> = tail.pop().into_iter().collect();
    let mut rows = newest.iter().map(|segment| segment.len()).sum::<usize>();
    while let Some(older) = tail.last().filter(|older| older.len() <= 2 * rows && older.len() < TAIL_ROWS) {
        rows += older.len();
        newest.push(Arc::clone(older));
        tail.pop();
    }
    if newest.len() < 2 {
        return;
    }
    let mut builder = SegmentBuilder::default();
    for segment in &newest {
        builder.append(segment);
    }
    dataset.retain(|segment| !newest.iter().any(|merged| merged.bounds() == segment.bounds()));
    dataset.push(&Arc::new(builder.build()));
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
