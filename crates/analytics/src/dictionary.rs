//! Numbers for values: each distinct value gets the next one.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

/// A value that can be made of its borrowed form.
pub(crate) trait Entry<Q: ?Sized>: Borrow<Q> {
    fn from_borrowed(value: &Q) -> Self;
}

impl<T: Clone> Entry<T> for T {
    fn from_borrowed(value: &T) -> Self {
        value.clone()
    }
}

impl Entry<str> for Arc<str> {
    fn from_borrowed(value: &str) -> Self {
        Self::from(value)
    }
}

/// Distinct values with their numbers, in the order in which they came.
#[derive(Debug, Clone)]
pub(crate) struct Dictionary<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Dictionary<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Dictionary<T> {
    /// The number of a value, which is kept if it is new. Memory ends long before the numbers do.
    pub(crate) fn number<Q>(&mut self, value: &Q) -> u32
    where
        T: Entry<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if let Some(&number) = self.numbers.get(value) {
            return number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let value = T::from_borrowed(value);
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    /// The number of a value that is known.
    pub(crate) fn find<Q>(&self, value: &Q) -> Option<u32>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.numbers.get(value).copied()
    }

    /// The values in the order of their numbers.
    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }
}
