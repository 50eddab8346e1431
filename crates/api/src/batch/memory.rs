//! Memory for the bodies of batches that are on their way: bounded over all connections, shared out by project.
//!
//! A project may hold at most as much as is still free. So one alone gets half of all, `n` that grow side by side get
//! a part of `n + 1` each, and who comes when others hold theirs gets half of what they have left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ProjectId;

use super::error::BatchError;

/// All the memory. Clones share it.
#[derive(Clone)]
pub(crate) struct Memory(Arc<Shared>);

struct Shared {
    total_bytes: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    bytes: usize,
    by_project: HashMap<ProjectId, usize>,
}

impl Memory {
    pub(crate) fn new(total_bytes: usize) -> Self {
        Self(Arc::new(Shared { total_bytes, held: Mutex::default() }))
    }

    /// No memory yet, on the account of a project.
    pub(super) fn share(&self, project: ProjectId) -> Share {
        Share { memory: Arc::clone(&self.0), project, bytes: 0 }
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one body holds; given back when it is dropped.
pub(super) struct Share {
    memory: Arc<Shared>,
    project: ProjectId,
    bytes: usize,
}

impl Share {
    /// Another share of the same project.
    pub(super) fn sibling(&self) -> Self {
        Self { memory: Arc::clone(&self.memory), project: self.project, bytes: 0 }
    }

    /// Takes more, or nothing if the project would then hold more than is free.
    pub(super) fn grow(&mut self, more_bytes: usize) -> Result<(), BatchError> {
        let mut held = self.memory.held();
        let of_project = held.by_project.get(&self.project).copied().unwrap_or(0).saturating_add(more_bytes);
        let of_all = held.bytes.saturating_add(more_bytes);
        if of_project > self.memory.total_bytes.saturating_sub(of_all) {
            return Err(BatchError::MemoryFull);
        }
        held.bytes = of_all;
        held.by_project.insert(self.project, of_project);
        self.bytes += more_bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.memory.held();
        held.bytes = held.bytes.saturating_sub(self.bytes);
        if let Some(of_project) = held.by_project.get_mut(&self.project) {
            *of_project = of_project.saturating_sub(self.bytes);
            if *of_project == 0 {
                held.by_project.remove(&self.project);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes memory, a byte at a time, until it gets no more.
    fn hoard(memory: &Memory, project: i64) -> Share {
        let mut share = memory.share(ProjectId(project));
        while share.grow(1).is_ok() {}
        share
    }

    #[test]
    fn nobody_holds_more_than_is_free() {
        let memory = Memory::new(1200);
        let first = hoard(&memory, 1);
        assert_eq!(first.bytes, 600, "one alone gets half");
        assert_eq!(hoard(&memory, 1).bytes, 0, "two bodies of a project get no more than one");
        let second = hoard(&memory, 2);
        assert_eq!(second.bytes, 300, "half of what the first has left");
        assert_eq!(hoard(&memory, 3).bytes, 150);
    }

    #[test]
    fn those_that_grow_side_by_side_get_equal_parts() {
        let memory = Memory::new(1200);
        let mut shares: Vec<_> = (0..3).map(|project| memory.share(ProjectId(project))).collect();
        while shares.iter_mut().filter_map(|share| share.grow(1).ok()).count() > 0 {}
        for share in &shares {
            assert!((299..=301).contains(&share.bytes), "{}", share.bytes);
        }
        let newcomer = hoard(&memory, 9);
        assert!(newcomer.bytes >= 149, "{}", newcomer.bytes);
    }

    #[test]
    fn everything_comes_back() {
        let memory = Memory::new(1000);
        let share = hoard(&memory, 1);
        let mut sibling = share.sibling();
        assert!(sibling.grow(1).is_err(), "it is the same project");
        drop(share);
        sibling.grow(500).unwrap();
        drop(sibling);
        assert!(memory.share(ProjectId(1)).grow(usize::MAX).is_err());
        let held = memory.0.held();
        assert_eq!((held.bytes, held.by_project.len()), (0, 0));
    }
}
