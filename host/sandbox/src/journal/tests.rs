//! How printed bytes become lines, whatever pieces they come in.

use understudy_speech::SecretRequest;

use super::*;
use crate::secrets::Secret;

fn journal(log_line_bytes: usize) -> Journal {
    let limits = Limits { log_line_bytes, ..Limits::default() };
    Journal::new("misfit".into(), "request".into(), Arc::new(limits), Arc::default())
}

#[test]
fn a_line_without_an_end_is_kept_no_longer_than_a_line() {
    let journal = journal(100);
    for _ in 0..1_000 {
        journal.print(&[b'x'; 1_000]);
    }
    assert_eq!(journal.state.lock().unwrap().partial.len(), 101);
    journal.print(b"\nnext");
    let state = journal.state.lock().unwrap();
    assert_eq!((state.partial.as_slice(), state.bytes), (&b"next"[..], 100 + "…".len() + LINE_BYTES));
}

#[test]
fn a_line_of_nothing_is_not_free() {
    let journal = journal(100);
    journal.print(&[b'\n'; 100_000]);
    let state = journal.state.lock().unwrap();
    assert_eq!(state.bytes, journal.limits.log_bytes);
    assert_eq!(state.dropped, 100_000 - (journal.limits.log_bytes / LINE_BYTES) as u64);
}

/// A journal of short lines, and a key to be kept out of them.
fn keeping(secret: &str) -> Journal {
    let asked =
        SecretRequest { name: "key".to_owned(), reason: String::new(), hosts: Vec::new(), required: true };
    let given = [("key".to_owned(), Secret::new(secret.to_owned()))].into();
    let vault = Vault::fill(&[asked], given, &mut serde_json::Map::new()).unwrap();
    let mut journal = journal(100);
    journal.vault = Arc::new(vault);
    journal
}

#[test]
fn half_a_secret_is_in_no_line_wherever_it_is_cut() {
    let secret = "sk-".to_owned() + &"0123456789".repeat(5);
    let journal = keeping(&secret);
    for before in 0..200 {
        for times in 1..10 {
            let line = journal.cut(&("x".repeat(before) + &secret.repeat(times)), 100);
            assert!(!line.contains("sk-") && !line.contains("0123"), "{before} {times}: {line}");
            assert!(line.len() <= 100 + "…".len(), "{line}");
        }
    }
    assert_eq!(journal.cut(&format!("a {secret} b"), 100), "a [secret key] b");
    assert_eq!(journal.cut("größer", 3), "gr…");
}

proptest::proptest! {
    #[test]
    fn the_pieces_do_not_change_the_lines(text in "[a-z\n]{0,200}", cuts in proptest::collection::vec(0_usize..200, 0..10)) {
        let (whole, pieces) = (journal(1_000), journal(1_000));
        whole.print(text.as_bytes());
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            pieces.print(&text.as_bytes()[pair[0]..pair[1]]);
        }
        let (whole, pieces) = (whole.state.lock().unwrap(), pieces.state.lock().unwrap());
        assert_eq!((&whole.partial, whole.bytes), (&pieces.partial, pieces.bytes));
        let lines = text.matches('\n').count();
        assert_eq!(whole.bytes + whole.partial.len(), text.len() - lines + lines * LINE_BYTES);
    }
}
