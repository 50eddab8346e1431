//! Answers, counted by what they say. Not for how long they took: see `times`.

use std::fmt;

use crate::table::grouped;

/// How many answers of each class there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Statuses {
    /// 2xx
    pub(crate) ok: u64,
    /// 401
    pub(crate) unauthorized: u64,
    /// 429
    pub(crate) too_many: u64,
    /// Any other.
    pub(crate) other: u64,
}

impl Statuses {
    /// Counts an answer.
    pub(crate) const fn record(&mut self, status: u16) {
        match status {
            200..=299 => self.ok += 1,
            401 => self.unauthorized += 1,
            429 => self.too_many += 1,
            _ => self.other += 1,
        }
    }

    /// Adds those that were counted elsewhere.
    pub(crate) const fn merge(&mut self, others: Self) {
        self.ok += others.ok;
        self.unauthorized += others.unauthorized;
        self.too_many += others.too_many;
        self.other += others.other;
    }

    /// All of them.
    pub(crate) const fn total(self) -> u64 {
        self.ok + self.unauthorized + self.too_many + self.other
    }
}

impl fmt::Display for Statuses {
    /// Only the classes that occurred.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = [
            ("2xx", self.ok),
            ("401", self.unauthorized),
            ("429", self.too_many),
            ("other statuses", self.other),
        ];
        let mut separator = "";
        for (class, count) in classes.into_iter().filter(|(_, count)| *count > 0) {
            // Not `grouped` for small ones, which gives them decimals.
            let count = if count < 1000 { count.to_string() } else { grouped(count) };
            write!(f, "{separator}{class}: {count}")?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("no answers") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_class_and_names_only_what_occurred() {
        let mut statuses = Statuses::default();
        assert_eq!(statuses.to_string(), "no answers");
        for status in [200, 204, 401, 503, 408, 400] {
            statuses.record(status);
        }
        assert_eq!(statuses, Statuses { ok: 2, unauthorized: 1, too_many: 0, other: 3 });
        assert_eq!(statuses.to_string(), "2xx: 2, 401: 1, other statuses: 3");
        let mut sum = Statuses { too_many: 12_345, ..Statuses::default() };
        sum.merge(statuses);
        assert_eq!(sum.to_string(), "2xx: 2, 401: 1, 429: 12,345, other statuses: 3");
        assert_eq!(sum.total(), 12_351);
    }
}
