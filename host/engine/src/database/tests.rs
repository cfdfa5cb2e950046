//! A database that is whole, one that is not, and one of which nobody can tell.

use super::*;

fn filled(root: &Path) {
    let (database, _) = Database::open(root).unwrap();
    let tree = database.tree("t").unwrap();
    for number in 0..2_000_u32 {
        tree.insert(number.to_be_bytes(), vec![7; 100]).unwrap();
    }
    database.sync().unwrap();
}

fn records(root: &Path) -> (usize, bool) {
    let (database, damaged) = Database::open(root).unwrap();
    (database.tree("t").unwrap().len(), damaged)
}

#[test]
fn a_rewritten_generation_holds_the_same_and_replaces_the_old() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let (old, _) = Database::open(folder.path()).unwrap();
    let new = old.rewrite().unwrap();
    old.remove();
    drop(new);
    assert_eq!(records(folder.path()), (2_000, false));
    assert!(!folder_of(folder.path(), 1).exists());
}

#[test]
fn a_generation_without_its_mark_is_swept_away() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    drop(Database::begin(folder.path(), 2).unwrap());
    assert_eq!(records(folder.path()), (2_000, false));
    assert!(!folder_of(folder.path(), 2).exists());
}

#[test]
fn a_snapshot_that_was_never_finished_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    for left in ["", "half of a snapshot, with neither its length nor its sum"] {
        let path = folder_of(folder.path(), 1).join("snap.FFFFFFFFFFFFFFFF.generating");
        fs::write(&path, left).unwrap();
        assert_eq!(records(folder.path()), (2_000, false), "{left:?}");
        assert!(!path.exists());
    }
}

#[test]
fn a_database_of_noise_is_put_aside_and_an_empty_one_serves() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    for name in ["db", "conf"] {
        let path = folder_of(folder.path(), 1).join(name);
        let length = fs::metadata(&path).unwrap().len();
        fs::write(&path, vec![0xA5; usize::try_from(length).unwrap()]).unwrap();
    }
    assert_eq!(records(folder.path()), (0, true));
    assert!(folder.path().join("damaged").exists());
    assert_eq!(records(folder.path()), (0, false));
}

#[test]
fn a_database_cut_anywhere_opens_and_takes_new_records() {
    for share in 0..8_u64 {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        let path = folder_of(folder.path(), 1).join("db");
        let length = fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(length * share / 8).unwrap();
        let (database, _) = Database::open(folder.path()).unwrap();
        let tree = database.tree("t").unwrap();
        assert!(tree.iter().all(|item| item.unwrap().1 == [7; 100]), "cut at {share} eighths");
        tree.insert(b"new", b"1").unwrap();
        database.sync().unwrap();
    }
}

#[test]
fn a_rewrite_that_fails_at_its_end_leaves_the_generation_that_is_written_on() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let (old, _) = Database::open(folder.path()).unwrap();
    let marked_and_failed = |next: &Database| next.complete().and(Err(io::ErrorKind::QuotaExceeded.into()));
    for number in 0..2_u8 {
        old.rewrite_and(marked_and_failed).err().unwrap();
        old.tree("t").unwrap().insert([number; 5], b"later").unwrap();
        old.tree("t").unwrap().remove(7_u32.to_be_bytes()).unwrap();
        old.sync().unwrap();
    }
    let next = old.rewrite().unwrap();
    assert_eq!(next.tree("t").unwrap().len(), 2_001, "nothing of the earlier tries is left");
    drop((next, old));
    assert_eq!(records(folder.path()), (2_001, false));
}

/// Opens a database while `file` of its first generation leads to itself: whoever opens that fails, and
/// not because anything were damaged.
#[cfg(unix)]
fn check_unopenable(file: &str, root: &Path) {
    let file = folder_of(root, 1).join(file);
    let aside = root.join("aside");
    fs::rename(&file, &aside).unwrap();
    std::os::unix::fs::symlink(&file, &file).unwrap();
    let error = Database::open(root).err().unwrap();
    assert!(!is_damage(&error), "{error}");
    fs::remove_file(&file).unwrap();
    fs::rename(&aside, &file).unwrap();
}

#[cfg(unix)]
#[test]
fn what_cannot_be_opened_just_now_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    for file in [COMPLETE, "db", "conf"] {
        check_unopenable(file, folder.path());
        assert_eq!(records(folder.path()), (2_000, false), "{file}");
    }
}

#[cfg(unix)]
#[test]
fn a_page_that_cannot_be_opened_just_now_is_not_the_end_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open(folder.path()).unwrap();
    database.tree("t").unwrap().insert("large", vec![7; 400_000]).unwrap();
    database.tree("t").unwrap().insert("small", b"after it").unwrap();
    database.sync().unwrap();
    drop(database);
    let pages = fs::read_dir(folder_of(folder.path(), 1).join("blobs")).unwrap();
    let pages: Vec<_> = pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!pages.is_empty());
    for page in pages {
        check_unopenable(&format!("blobs/{page}"), folder.path());
    }
    assert_eq!(records(folder.path()), (2, false));
}

#[test]
fn a_thread_of_sled_that_died_says_nothing_of_a_database() {
    let check = |what: &str, expected: bool| {
        assert_eq!(is_damage(&into_io(sled::Error::ReportableBug(what.to_owned()))), expected, "{what}");
    };
    check("IO thread unexpectedly panicked. please report this bug on the sled github repo.", false);
    check("failed to retrieve META page which should always be present", true);
}
