//! Audio that is not what it should be, and audio of which nobody can tell.

use super::*;

/// Changes one byte of the first file, whose length stays.
fn damage(place: &Place) -> PathBuf {
    let file = place.files().remove(0);
    let mut bytes = fs::read(&file).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&file, bytes).unwrap();
    file
}

#[tokio::test]
async fn damaged_audio_is_never_served_and_bought_again() {
    for memory_take_bytes_max in [100, 1_000_000] {
        let mut place = Place::new();
        place.settings.memory_take_bytes_max = memory_take_bytes_max;
        keep(place.open().cache(), 1).await;
        damage(&place);
        let store = place.open();
        assert!(!is_found(store.cache(), 1).await);
        assert_eq!((store.cache().stats().damaged, place.files().len()), (1, 0));
        keep(store.cache(), 1).await;
        assert!(is_found(store.cache(), 1).await);
    }
}

#[tokio::test]
async fn damaged_audio_is_replaced_when_the_same_is_stored_again() {
    let mut place = Place::new();
    place.settings.memory_take_bytes_max = 100;
    keep(place.open().cache(), 1).await;
    let file = damage(&place);
    let store = place.open();
    store.cache().put(key(2), "azure", notes(), audio(1)).await.unwrap();
    for number in [1, 2] {
        let hit = store.cache().get(&key(number), "azure").await.unwrap();
        assert_eq!(hit.audio.bytes().await.unwrap(), audio(1), "{number}");
    }
    let stats = store.cache().stats();
    assert_eq!((stats.takes, stats.files, stats.bytes, stats.damaged), (2, 1, 12_288, 0));
    assert_eq!(place.files(), [file]);
}

#[tokio::test]
async fn verify_finds_what_is_damaged_and_removes_it() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=4 {
        keep(store.cache(), number).await;
    }
    fs::write(&place.files()[2], b"noise").unwrap();
    let (sender, told) = std::sync::mpsc::channel();
    let report = store.cache().verify(move |so_far| sender.send(so_far.checked).is_ok()).await.unwrap();
    assert_eq!(told.iter().collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((report.checked, report.total, report.damaged, report.removed), (4, 4, 1, 1));
    assert_eq!(store.cache().stats().takes, 3);
}

#[tokio::test]
async fn a_check_that_nobody_listens_to_ends_and_there_is_one_at_a_time() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=3 {
        keep(store.cache(), number).await;
    }
    let report = store.cache().verify(|_| false).await.unwrap();
    assert_eq!((report.checked, report.total), (1, 3));
    let (checking, begun) = std::sync::mpsc::channel();
    let (held, go_on) = std::sync::mpsc::channel::<()>();
    let hold = move |_| checking.send(()).is_ok() && go_on.recv().is_ok();
    let first = tokio::spawn({
        let cache = store.cache().clone();
        async move { cache.verify(hold).await }
    });
    spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
    assert_eq!(store.cache().verify(|_| true).await, Err(CacheError::Verifying));
    drop(held);
    first.await.unwrap().unwrap();
    assert_eq!(store.cache().verify(|_| true).await.map(|report| report.checked), Ok(3));
}

#[cfg(unix)]
#[tokio::test]
async fn audio_that_cannot_be_read_is_told_and_never_taken_for_damage() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=3 {
        keep(store.cache(), number).await;
    }
    let (files, aside) = (place.files(), place.folder.path().join("aside"));
    fs::rename(&files[0], &aside).unwrap();
    // Opening what leads to itself fails, and not because anything were damaged.
    std::os::unix::fs::symlink(&files[0], &files[0]).unwrap();
    fs::write(&files[1], b"noise").unwrap();
    let report = store.cache().verify(|_| true).await.unwrap();
    assert_eq!((report.checked, report.damaged, report.removed, report.unread), (3, 1, 1, 1));
    assert_eq!((store.cache().stats().takes, store.cache().stats().damaged), (2, 1));
    fs::remove_file(&files[0]).unwrap();
    fs::rename(&aside, &files[0]).unwrap();
    let report = store.cache().verify(|_| true).await.unwrap();
    assert_eq!((report.checked, report.damaged, report.unread), (2, 0, 0));
}
