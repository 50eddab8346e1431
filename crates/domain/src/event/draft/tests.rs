//! The check of drafts, without a reader.

use super::*;

fn draft() -> EventDraft<'static> {
    EventDraft {
        created_at: Scalar::borrowed("2025-08-20T12:00:00Z"),
        method: Scalar::borrowed("GET"),
        endpoint: Scalar::borrowed("/users"),
        process_time: Scalar::Float(12.5),
        status_code: Scalar::Integer(200),
        ..EventDraft::default()
    }
}

fn faults(draft: EventDraft<'_>) -> Vec<String> {
    let error = RequestEvent::try_from(draft).unwrap_err();
    error.errors().iter().map(|error| format!("{}.{}", error.field, error.code.as_str())).collect()
}

fn with(change: impl FnOnce(&mut EventDraft<'static>)) -> EventDraft<'static> {
    let mut draft = draft();
    change(&mut draft);
    draft
}

#[test]
fn five_fields_make_an_event() {
    let event = RequestEvent::try_from(draft()).unwrap();
    assert_eq!((event.endpoint(), event.ip(), event.extras()), ("/users", None, None));
    assert_eq!(event.process_time().as_micros(), 12_500);
}

#[test]
fn every_fault_is_named_in_the_order_of_the_fields() {
    let required: Vec<_> = ["created_at", "method", "endpoint", "process_time", "status_code"]
        .map(|field| format!("{field}.missing"))
        .to_vec();
    assert_eq!(faults(EventDraft::default()), required);

    let mut draft = EventDraft::default();
    for (value, name) in (0..).zip(EventDraft::FIELDS) {
        *draft.slot(name).unwrap() = if value % 2 == 0 { Scalar::Bool } else { Scalar::Nested };
    }
    draft.wrong_names.note("colour", Rule::Unknown);
    draft.wrong_names.note("ip", Rule::Duplicate);
    let types = EventDraft::FIELDS.map(|field| format!("{field}.type"));
    let expected: Vec<_> =
        ["colour.unknown", "ip.duplicate"].map(str::to_owned).into_iter().chain(types).collect();
    assert_eq!(faults(draft), expected);
}

#[test]
fn every_name_has_a_place_of_its_own() {
    let mut draft = EventDraft::default();
    for name in EventDraft::FIELDS {
        let slot = draft.slot(name).unwrap();
        assert_eq!(*slot, Scalar::Absent, "{name}");
        *slot = Scalar::Null;
    }
    for name in ["", "Method", "created_at ", "time"] {
        assert!(draft.slot(name).is_none(), "{name}");
    }
}

#[test]
fn texts_lose_control_characters_and_outer_blanks() {
    let event = RequestEvent::try_from(with(|draft| {
        draft.endpoint = Scalar::borrowed(" /a\0b\u{85} ");
        draft.route = Scalar::borrowed("\n\t ");
        draft.consumer = Scalar::borrowed("\u{a0}shop\u{7f}");
    }))
    .unwrap();
    assert_eq!(event.endpoint(), "/ab");
    let extras = event.extras().unwrap();
    assert_eq!((extras.route.as_deref(), extras.consumer.as_deref()), (None, Some("shop")));
    assert_eq!(faults(with(|draft| draft.endpoint = Scalar::borrowed(" \0 "))), ["endpoint.length"]);
}

#[test]
fn lengths_are_counted_in_characters_after_cleaning() {
    let long = |chars: usize| Scalar::Text("ж".repeat(chars).into());
    for (name, max) in [
        ("endpoint", limits::ENDPOINT_CHARS),
        ("route", limits::ROUTE_CHARS),
        ("user_agent", limits::USER_AGENT_CHARS),
        ("hostname", limits::HOSTNAME_CHARS),
        ("consumer", limits::CONSUMER_CHARS),
    ] {
        assert!(RequestEvent::try_from(with(|draft| *draft.slot(name).unwrap() = long(max))).is_ok());
        let over = with(|draft| *draft.slot(name).unwrap() = long(max + 1));
        assert_eq!(faults(over), [format!("{name}.length")]);
        let padded = Scalar::Text(format!("  \0{}\n", "ж".repeat(max)).into());
        assert!(RequestEvent::try_from(with(|draft| *draft.slot(name).unwrap() = padded)).is_ok());
    }
}

#[test]
fn numbers_beyond_a_field_are_out_of_its_range() {
    for number in
        [Scalar::Integer(99), Scalar::Integer(600), Scalar::Integer(i128::MIN), Scalar::Float(1e300)]
    {
        assert_eq!(faults(with(|draft| draft.status_code = number)), ["status_code.range"]);
    }
    for number in [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.000_001e12] {
        let number = Scalar::Float(number);
        assert_eq!(faults(with(|draft| draft.process_time = number)), ["process_time.range"]);
    }
    for number in [Scalar::Integer(-1), Scalar::Integer(1 << 63), Scalar::Float(1e19)] {
        assert_eq!(faults(with(|draft| draft.request_bytes = number)), ["request_bytes.range"]);
    }
    let fraction = with(|draft| draft.response_bytes = Scalar::Float(0.5));
    assert_eq!(faults(fraction), ["response_bytes.type"]);
}
