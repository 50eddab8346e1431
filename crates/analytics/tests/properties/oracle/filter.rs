//! Which events meet a filter, and the words for it.

use domain::{Choice, EventFilter, RequestEvent};

/// Whether the event meets every condition but that of the range.
pub(super) fn meets(event: &RequestEvent, filter: &EventFilter) -> bool {
    let extras = event.extras().cloned().unwrap_or_default();
    let class = |name: &str| name.starts_with(&event.status_code().to_string()[..1]);
    let us = event.process_time().as_micros();
    let equal = |text: Option<&String>, value: &String| text == Some(value);
    allowed(&filter.methods, |method| method.as_str() == event.method().as_str())
        && allowed(&filter.status_codes, |code| code.get() == event.status_code().get())
        && allowed(&filter.status_classes, |name| class(name.as_str()))
        && allowed(&filter.endpoints, |name| name.as_str() == event.endpoint())
        && allowed(&filter.endpoint_parts, |part| part_of(part, Some(event.endpoint())))
        && allowed(&filter.ips, |ip| event.ip().is_some_and(|own| own.to_string() == ip.to_string()))
        && allowed(&filter.consumers, |name| equal(extras.consumer.as_ref(), name))
        && allowed(&filter.hostnames, |name| equal(extras.hostname.as_ref(), name))
        && allowed(&filter.user_agent_parts, |part| part_of(part, extras.user_agent.as_deref()))
        && filter.process_time_min.is_none_or(|min| us >= min.as_micros())
        && filter.process_time_max.is_none_or(|max| us <= max.as_micros())
}

fn allowed<T>(choice: &Choice<T>, fits: impl Fn(&T) -> bool) -> bool {
    for value in &choice.none_of {
        if fits(value) {
            return false;
        }
    }
    for value in &choice.any_of {
        if fits(value) {
            return true;
        }
    }
    choice.any_of.is_empty()
}

/// Whether the part begins at any byte of the text.
fn part_of(part: &str, text: Option<&str>) -> bool {
    let bytes = text.unwrap_or_default().as_bytes();
    (0..bytes.len()).any(|from| bytes[from..].starts_with(part.as_bytes()))
}

/// The conditions as `name=value`.
pub(super) fn described(filter: &EventFilter) -> Vec<String> {
    let mut list = Vec::new();
    add(&mut list, "method", &filter.methods);
    add(&mut list, "status_code", &filter.status_codes);
    add(&mut list, "status_class", &filter.status_classes);
    add(&mut list, "endpoint_exact", &filter.endpoints);
    add(&mut list, "endpoint", &filter.endpoint_parts);
    add(&mut list, "ip", &filter.ips);
    add(&mut list, "consumer", &filter.consumers);
    add(&mut list, "hostname", &filter.hostnames);
    add(&mut list, "user_agent", &filter.user_agent_parts);
    for (name, bound) in
        [("process_time_min", filter.process_time_min), ("process_time_max", filter.process_time_max)]
    {
        if let Some(bound) = bound {
            // Below 2^53 microseconds the shortest decimal of the quotient is exact.
            list.push(format!("{name}={}", bound.as_micros() as f64 / 1000.0));
        }
    }
    list
}

fn add<T: ToString>(list: &mut Vec<String>, name: &str, choice: &Choice<T>) {
    for (prefix, values) in [("", &choice.any_of), ("not_", &choice.none_of)] {
        let values: std::collections::BTreeSet<String> = values.iter().map(ToString::to_string).collect();
        list.extend(values.into_iter().map(|value| format!("{prefix}{name}={value}")));
    }
}
