//! Blocks give back what they were made of, in the order in which it came, and notice damage.

use crate::common::events;
use crate::golden;
use analytics::{Block, SegmentBuilder, SegmentError};
use domain::{RequestEvent, StoredEvent};
use proptest::prelude::*;

fn contents(block: &Block, first_id: i64) -> Vec<StoredEvent> {
    block.events(first_id).map(Result::unwrap).collect()
}

fn stored(events: &[RequestEvent], first_id: i64) -> Vec<StoredEvent> {
    (first_id..).zip(events.iter().cloned()).map(|(id, event)| StoredEvent { id, event }).collect()
}

proptest! {
    #[test]
    fn events_come_back_in_the_order_in_which_they_came(events in events(0..300), first_id in 1..1_000_000_i64) {
        let block = Block::open(Block::of(&events).bytes()).unwrap();
        prop_assert_eq!(block.len(), events.len());
        prop_assert_eq!(block.is_empty(), events.is_empty());
        prop_assert_eq!(contents(&block, first_id), stored(&events, first_id));
    }

    #[test]
    fn a_segment_of_blocks_is_the_segment_of_their_events(
        events in events(1..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let (head, tail) = events.split_at(cut.index(events.len()));
        let mut of_blocks = SegmentBuilder::default();
        // In any order: what is in a segment does not tell how it came there.
        of_blocks.append_block(7 + i64::try_from(head.len()).unwrap(), &Block::of(tail)).unwrap();
        of_blocks.append_block(7, &Block::of(head)).unwrap();
        let mut of_events = SegmentBuilder::default();
        stored(&events, 7).iter().for_each(|stored| of_events.push(stored.id, &stored.event));
        prop_assert!(of_blocks.build().bytes() == of_events.build().bytes());
    }

    #[test]
    fn every_damaged_byte_is_noticed(
        events in events(1..40),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let mut bytes = Block::of(&events).bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        prop_assert!(Block::open(bytes.clone()).is_err());
        bytes.truncate(place);
        prop_assert!(Block::open(bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_no_block(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Block::open(bytes).is_err());
    }

    /// Whoever writes a wrong block with a right checksum gets an error, never a panic and no endless memory.
    #[test]
    fn arbitrary_contents_open_or_are_refused(
        events in events(0..20),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = Block::of(&events).bytes().to_vec();
        let content = bytes.len() - 8;
        for (place, byte) in changes {
            bytes[4 + place.index(content - 4)] = byte;
        }
        let checksum = xxhash_rust::xxh3::xxh3_64(&bytes[..content]);
        bytes[content..].copy_from_slice(&checksum.to_le_bytes());
        if let Ok(block) = Block::open(bytes.clone()) {
            let mut builder = SegmentBuilder::default();
            builder.append_block(1, &block).unwrap();
            prop_assert_eq!(builder.len(), block.len());
            let events: Result<Vec<_>, _> = block.events(1).collect();
            if let Ok(events) = events {
                // What can be read has one form.
                let events: Vec<_> = events.into_iter().map(|stored| stored.event).collect();
                prop_assert_eq!(Block::open(Block::of(&events).bytes()).unwrap().len(), block.len());
            }
        }
    }
}

#[test]
fn newer_versions_are_told_apart() {
    let mut bytes = Block::of(&[]).bytes().to_vec();
    bytes[3] += 1;
    assert_eq!(Block::open(bytes).unwrap_err(), SegmentError::NewerVersion(Block::VERSION + 1));
}

#[test]
fn one_event_takes_little_and_many_alike_take_less() {
    let event = |endpoint: &str| {
        let at = domain::Timestamp::from_micros(1_756_000_000_000_000).unwrap();
        let took = domain::Duration::from_micros(12_500).unwrap();
        let status = domain::StatusCode::new(200).unwrap();
        let ip = Some("192.0.2.1".parse().unwrap());
        RequestEvent::new(at, domain::Method::Get, endpoint, ip, took, status).unwrap()
    };
    // Head 5, time 8, outcome 2, duration 2, text 2 + 6, address 1 + 4, flags 1, checksum 8.
    assert_eq!(Block::of(&[event("/users")]).bytes().len(), 39);
    let alike: Vec<_> = (0..1000).map(|number| event(["/users", "/orders"][number % 2])).collect();
    assert!(Block::of(&alike).bytes().len() < 9 * 1000);
}

#[test]
fn files_of_every_version_still_hold_their_events() {
    for name in golden::NAMES {
        let mut events = golden::described(name);
        events.sort_by_key(|stored| stored.id);
        let events: Vec<_> = events.into_iter().map(|stored| stored.event).collect();
        let block = Block::of(&events);
        let path = golden::folder().join(format!("v{}-{name}.block", Block::VERSION));
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
            std::fs::write(&path, block.bytes()).unwrap();
        }
        let kept = std::fs::read(&path).expect("UPDATE_GOLDEN=1 writes files of a new version");
        assert_eq!(contents(&Block::open(kept.clone()).unwrap(), 1), stored(&events, 1), "{name}");
        assert!(block.bytes() == kept, "the form of blocks has changed: it needs a new version ({name})");
    }
}
