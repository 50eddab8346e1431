//! Segments give back what they were made of, always as the same bytes, and notice damage.

use crate::common::events;
use analytics::{Segment, SegmentBuilder, SegmentError};
use domain::{RequestEvent, StoredEvent};
use proptest::prelude::*;

fn stored(events: Vec<RequestEvent>, first_id: i64) -> Vec<StoredEvent> {
    (first_id..).zip(events).map(|(id, event)| StoredEvent { id, event }).collect()
}

fn segment(events: &[StoredEvent]) -> Segment {
    let mut builder = SegmentBuilder::default();
    events.iter().for_each(|stored| builder.push(stored.id, &stored.event));
    builder.build()
}

fn contents(segment: &Segment) -> Vec<StoredEvent> {
    (0..segment.len()).map(|row| segment.event(row).unwrap()).collect()
}

proptest! {
    #[test]
    fn events_come_back_in_the_order_of_time(events in events(0..300), first_id in 1..1_000_000_i64) {
        let mut events = stored(events, first_id);
        let segment = segment(&events);
        events.sort_by_key(|stored| (stored.event.created_at(), stored.id));
        prop_assert_eq!(contents(&Segment::open(segment.bytes()).unwrap()), events.clone());
        let bounds = segment.bounds();
        prop_assert_eq!(bounds.count as usize, events.len());
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            prop_assert_eq!(bounds.first_time, first.event.created_at().as_micros());
            prop_assert_eq!(bounds.last_time, last.event.created_at().as_micros());
            prop_assert_eq!(bounds.first_id, first_id);
            prop_assert_eq!(bounds.last_id, first_id + i64::try_from(events.len()).unwrap() - 1);
        }
    }

    #[test]
    fn the_same_events_are_the_same_bytes(
        events in events(1..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let events = stored(events, 1);
        let whole = segment(&events);
        let reversed: Vec<_> = events.iter().rev().cloned().collect();
        prop_assert!(segment(&reversed).bytes() == whole.bytes());

        let (head, tail) = events.split_at(cut.index(events.len()));
        let mut builder = SegmentBuilder::default();
        builder.append(&segment(tail));
        builder.append(&segment(head));
        prop_assert!(builder.build().bytes() == whole.bytes());
    }

    #[test]
    fn every_damaged_byte_is_noticed(
        events in events(1..40),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let mut bytes = segment(&stored(events, 1)).bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        prop_assert!(Segment::open(bytes.clone()).is_err());
        bytes.truncate(place);
        prop_assert!(Segment::open(bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_no_segment(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Segment::open(bytes).is_err());
    }
}

#[test]
fn newer_versions_are_told_apart() {
    let mut bytes = segment(&[]).bytes().to_vec();
    bytes[6] += 1;
    assert_eq!(Segment::open(bytes).unwrap_err(), SegmentError::NewerVersion(Segment::VERSION + 1));
    assert_eq!(Segment::open(*b"something else").unwrap_err(), SegmentError::NoSegment);
}
