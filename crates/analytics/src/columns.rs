//! Events as columns: sorted by time, endpoints and addresses as numbers into a dictionary.

use std::hash::Hash;

use domain::{ClientAddress, RequestEvent};
use foldhash::{HashMap, HashMapExt};

/// Events as columns of equal length, sorted by time.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// Microseconds since the Unix epoch.
    pub(crate) times: Vec<i64>,
    /// Numbers into `endpoint_names`.
    pub(crate) endpoints: Vec<u32>,
    /// Numbers into `address_values`; 0 stands for no address.
    pub(crate) addresses: Vec<u32>,
    /// Codes of methods.
    pub(crate) methods: Vec<u8>,
    /// Status codes.
    pub(crate) statuses: Vec<u16>,
    /// Microseconds.
    pub(crate) durations: Vec<u64>,
    pub(crate) endpoint_names: Vec<Box<str>>,
    pub(crate) address_values: Vec<Option<ClientAddress>>,
}

impl Columns {
    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    fn sort_by_time(&mut self) {
        if self.times.is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.times.len()).collect();
        order.sort_by_key(|&row| self.times.get(row).copied());
        reorder(&mut self.times, &order);
        reorder(&mut self.endpoints, &order);
        reorder(&mut self.addresses, &order);
        reorder(&mut self.methods, &order);
        reorder(&mut self.statuses, &order);
        reorder(&mut self.durations, &order);
    }
}

fn reorder<T: Copy>(column: &mut Vec<T>, order: &[usize]) {
    *column = order.iter().filter_map(|&row| column.get(row).copied()).collect();
}

impl FromIterator<RequestEvent> for Columns {
    fn from_iter<I: IntoIterator<Item = RequestEvent>>(events: I) -> Self {
        let mut builder = ColumnsBuilder::default();
        for event in events {
            builder.push(&event);
        }
        builder.build()
    }
}

/// Gathers events into [`Columns`]; they may come in any order.
#[derive(Debug, Clone)]
pub struct ColumnsBuilder {
    columns: Columns,
    endpoint_ids: HashMap<Box<str>, u32>,
    address_ids: HashMap<Option<ClientAddress>, u32>,
}

impl Default for ColumnsBuilder {
    fn default() -> Self {
        let columns = Columns { address_values: vec![None], ..Columns::default() };
        let mut address_ids = HashMap::new();
        address_ids.insert(None, 0);
        Self { columns, endpoint_ids: HashMap::new(), address_ids }
    }
}

impl ColumnsBuilder {
    /// Adds an event.
    pub fn push(&mut self, event: &RequestEvent) {
        let columns = &mut self.columns;
        let endpoint = match self.endpoint_ids.get(event.endpoint()) {
            Some(&id) => id,
            None => number(&mut self.endpoint_ids, &mut columns.endpoint_names, event.endpoint().into()),
        };
        let address = match self.address_ids.get(&event.ip()) {
            Some(&id) => id,
            None => number(&mut self.address_ids, &mut columns.address_values, event.ip()),
        };
        columns.times.push(event.created_at().as_micros());
        columns.endpoints.push(endpoint);
        columns.addresses.push(address);
        columns.methods.push(event.method().code());
        columns.statuses.push(event.status_code().get());
        columns.durations.push(event.process_time().as_micros());
    }

    /// The columns of all events so far.
    #[must_use]
    pub fn build(self) -> Columns {
        let mut columns = self.columns;
        columns.sort_by_time();
        columns
    }
}

/// Gives a value that is new to the dictionary its number. Memory ends long before the numbers do.
fn number<T: Clone + Eq + Hash>(ids: &mut HashMap<T, u32>, values: &mut Vec<T>, value: T) -> u32 {
    let id = u32::try_from(values.len()).unwrap_or(u32::MAX);
    values.push(value.clone());
    ids.insert(value, id);
    id
}
