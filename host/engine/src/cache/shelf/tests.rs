//! The shelf against a plain model of it, under any sequence of operations.

use proptest::prelude::*;

use super::*;

const CAP: u64 = 10 * BLOCK_BYTES;
const ENTRIES_MAX: usize = 6;

#[derive(Clone, Debug)]
enum Step {
    /// Stores key `k` with audio `d`, whose length follows from `d`.
    Store(u8, u8),
    /// Reserves and gives up.
    Fail(u8),
    Look(u8),
    Remove(u8),
    RemoveAudio(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..12_u8, 0..10_u8).prop_map(|(key, audio)| Step::Store(key, audio)),
        1 => (0..10_u8).prop_map(Step::Fail),
        3 => (0..12_u8).prop_map(Step::Look),
        1 => (0..12_u8).prop_map(Step::Remove),
        1 => (0..10_u8).prop_map(Step::RemoveAudio),
    ]
}

fn digest(audio: u8) -> AudioDigest {
    AudioDigest([audio; 32])
}

/// Audio 9 is larger than the cap.
fn length(audio: u8) -> u64 {
    if audio == 9 { CAP + 1 } else { u64::from(audio) * 2_000 }
}

fn entry(audio: u8) -> Entry {
    Entry {
        provider: "p".into(),
        digest: digest(audio),
        length: length(audio),
        stored_at_ms: 0,
        expires_at_ms: u64::MAX,
        used_at_ms: 0,
    }
}

/// Keys and their audio, least recently used first.
type Model = Vec<(u8, u8)>;

fn size(model: &Model) -> u64 {
    let distinct: HashSet<u8> = model.iter().map(|(_, audio)| *audio).collect();
    distinct.into_iter().map(|audio| on_disk(length(audio))).sum()
}

/// Makes room for `audio` as the rules say: oldest first, until it fits.
fn make_room(model: &mut Model, audio: u8) -> bool {
    let present = model.iter().any(|(_, other)| *other == audio);
    if on_disk(length(audio)) > CAP {
        return false;
    }
    while model.len() >= ENTRIES_MAX {
        model.remove(0);
    }
    if present {
        return true;
    }
    while size(model) + on_disk(length(audio)) > CAP {
        model.remove(0);
    }
    true
}

fn play(shelf: &mut Shelf, model: &mut Model, step: &Step) {
    let mut removed = Vec::new();
    match *step {
        Step::Store(key, audio) => {
            let room = shelf.reserve(digest(audio), length(audio), &mut removed);
            assert!(shelf.bytes() <= CAP);
            assert_eq!(room != Room::None, make_room(model, audio));
            if room != Room::None {
                shelf.settle(TakeKey([key; 32]), entry(audio));
                model.retain(|(other, _)| *other != key);
                model.push((key, audio));
            }
        }
        Step::Fail(audio) => {
            if shelf.reserve(digest(audio), length(audio), &mut removed) != Room::None {
                shelf.cancel(digest(audio));
            }
            make_room(model, audio);
        }
        Step::Look(key) => {
            let found = matches!(shelf.look(&TakeKey([key; 32]), 1), Look::Found { .. });
            let place = model.iter().position(|(other, _)| *other == key);
            assert_eq!(found, place.is_some());
            if let Some(place) = place {
                let used = model.remove(place);
                model.push(used);
            }
        }
        Step::Remove(key) => {
            shelf.remove(&TakeKey([key; 32]));
            model.retain(|(other, _)| *other != key);
        }
        Step::RemoveAudio(audio) => {
            shelf.remove_audio(digest(audio));
            model.retain(|(_, other)| *other != audio);
        }
    }
}

proptest! {
    #[test]
    fn the_cap_holds_and_the_least_recently_used_goes_first(steps in prop::collection::vec(any_step(), 0..80)) {
        let (mut shelf, mut model) = (Shelf::new(CAP, ENTRIES_MAX), Model::new());
        for step in &steps {
            play(&mut shelf, &mut model, step);
            let kept: Model =
                shelf.entries().map(|(key, entry)| (key.0[0], entry.digest.0[0])).collect();
            prop_assert_eq!(&kept, &model, "{:?}", step);
            prop_assert_eq!(shelf.bytes(), size(&model));
            let bytes = model.iter().map(|(_, audio)| length(*audio)).sum();
            let share = shelf.shares().get("p").copied().unwrap_or_default();
            prop_assert_eq!(share, Share { takes: model.len(), bytes });
            prop_assert!(shelf.bytes() <= CAP);
            let distinct: HashSet<u8> = model.iter().map(|(_, audio)| *audio).collect();
            prop_assert_eq!(shelf.counts().1, distinct.len());
        }
    }
}

#[test]
fn shared_audio_is_an_orphan_only_when_the_last_take_goes() {
    let mut shelf = Shelf::new(CAP, ENTRIES_MAX);
    for key in [1, 2] {
        shelf.reserve(digest(4), length(4), &mut Vec::new());
        shelf.settle(TakeKey([key; 32]), entry(4));
    }
    assert_eq!(shelf.bytes(), on_disk(length(4)));
    assert_eq!(shelf.remove(&TakeKey([1; 32])).unwrap().orphan, None);
    assert_eq!(shelf.remove(&TakeKey([2; 32])).unwrap().orphan, Some(digest(4)));
    assert_eq!(shelf.bytes(), 0);
}

#[test]
fn audio_from_before_the_start_is_written_again_until_it_was_seen_to_be_right() {
    let mut shelf = Shelf::new(CAP, ENTRIES_MAX);
    shelf.restore(TakeKey([1; 32]), entry(4));
    let reserve = |shelf: &mut Shelf| shelf.reserve(digest(4), length(4), &mut Vec::new());
    assert_eq!(reserve(&mut shelf), Room::Write);
    assert_eq!(shelf.cancel(digest(4)), None, "the take that was there has it still");
    shelf.set_verified(digest(4));
    assert_eq!(reserve(&mut shelf), Room::Present);
    shelf.settle(TakeKey([2; 32]), entry(4));
    assert_eq!((shelf.bytes(), shelf.counts()), (on_disk(length(4)), (2, 1)));
}

#[test]
fn room_that_others_are_writing_into_is_never_given_away() {
    let mut shelf = Shelf::new(CAP, ENTRIES_MAX);
    let mut removed = Vec::new();
    assert_eq!(shelf.reserve(digest(1), 6 * BLOCK_BYTES, &mut removed), Room::Write);
    assert_eq!(shelf.reserve(digest(2), 6 * BLOCK_BYTES, &mut removed), Room::None);
    assert_eq!(shelf.cancel(digest(1)), Some(digest(1)));
    assert_eq!(shelf.reserve(digest(2), 6 * BLOCK_BYTES, &mut removed), Room::Write);
}

#[test]
fn a_take_is_gone_at_the_moment_it_expires() {
    let mut shelf = Shelf::new(CAP, ENTRIES_MAX);
    for key in [1, 2] {
        shelf.reserve(digest(key), 10, &mut Vec::new());
        shelf.settle(TakeKey([key; 32]), Entry { expires_at_ms: 100, ..entry(key) });
    }
    assert!(matches!(shelf.look(&TakeKey([1; 32]), 99), Look::Found { .. }));
    assert!(matches!(shelf.look(&TakeKey([1; 32]), 100), Look::Expired(_)));
    assert_eq!(shelf.sweep(99), []);
    assert_eq!(shelf.sweep(100).len(), 1);
    assert_eq!(shelf.tallies()["p"].expired, 2);
}
