//! How printed bytes become lines, whatever pieces they come in.

use super::*;

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
    assert_eq!((state.partial.as_slice(), state.bytes), (&b"next"[..], 100 + "…".len()));
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
        assert_eq!(whole.bytes + whole.partial.len(), text.len() - text.matches('\n').count());
    }
}
