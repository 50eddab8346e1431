//! Compares a dashboard with what it must be.

use serde_json::Value;

/// Where and how the found value differs from the expected one.
pub(super) fn difference(found: &Value, expected: &Value) -> Option<String> {
    at("", found, expected)
}

fn at(path: &str, found: &Value, expected: &Value) -> Option<String> {
    let fault = || Some(format!("{path}: {found} instead of {expected}"));
    match (found, expected) {
        (Value::Number(number), Value::Object(bounds)) if bounds.contains_key("exact_us") => {
            if is_percentile(number.as_f64().unwrap(), expected) { None } else { fault() }
        }
        (Value::Object(fields), Value::Object(wanted)) => {
            if fields.len() != wanted.len() || !wanted.keys().all(|name| fields.contains_key(name)) {
                return Some(format!("{path}: other fields: {found} instead of {expected}"));
            }
            fields.iter().find_map(|(name, value)| at(&format!("{path}/{name}"), value, &wanted[name]))
        }
        (Value::Array(items), Value::Array(wanted)) => {
            if items.len() != wanted.len() {
                return Some(format!("{path}: {} entries instead of {}: {found}", items.len(), wanted.len()));
            }
            let mut pairs = items.iter().zip(wanted).enumerate();
            pairs.find_map(|(place, (item, wanted))| at(&format!("{path}/{place}"), item, wanted))
        }
        (Value::Number(number), Value::Number(wanted)) if number.is_f64() && wanted.is_f64() => {
            if is_same(number.as_f64().unwrap(), wanted.as_f64().unwrap()) { None } else { fault() }
        }
        _ if found == expected => None,
        _ => fault(),
    }
}

/// Hundredths are exact below 2^53 of them; beyond, as far as a float has digits.
fn is_same(found: f64, expected: f64) -> bool {
    found == expected || expected.abs() > 9e13 && (found - expected).abs() <= 1e-15 * expected.abs()
}

/// Within 0.1 % and the rounding to hundredths, and not outside the shortest and longest time.
fn is_percentile(found: f64, bounds: &Value) -> bool {
    let exact = bounds["exact_us"].as_f64().unwrap() / 1000.0;
    let (min, max) = (bounds["min"].as_f64().unwrap(), bounds["max"].as_f64().unwrap());
    (found - exact).abs() <= exact * 0.001 + 0.005 + 1e-9 && min <= found && found <= max
}

#[test]
fn differences_are_found() {
    use serde_json::json;
    let bounds = json!({"exact_us": 100_000, "min": 99.95, "max": 100.05});
    let cases = [
        (json!({"a": 1}), json!({"a": 1, "b": null})),
        (json!({"a": 1, "b": 2}), json!({"a": 1})),
        (json!([1, 2]), json!([1])),
        (json!({"a": [1, 2.5]}), json!({"a": [1, 2.51]})),
        (json!(null), json!(0.0)),
        (json!(1), json!(1.0)),
        (json!(100.06), bounds.clone()),
        (json!(99.94), bounds.clone()),
        (json!("x"), bounds.clone()),
        (json!(99.8), json!({"exact_us": 100_000, "min": 0.0, "max": 200.0})),
    ];
    for (found, expected) in cases {
        assert!(difference(&found, &expected).is_some(), "{found} {expected}");
    }
    assert_eq!(difference(&json!({"p": [100.01, -0.0]}), &json!({"p": [bounds, 0.0]})), None);
}
