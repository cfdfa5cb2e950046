//! The program as a person runs it.

pub(crate) mod checking;
mod interrupting;
mod pinning;

use std::time::Duration;

use crate::support::{command, cues, decode, mp3_duration, understudy, understudy_with};

const TEXT: &str = "The show must go on.";

#[test]
fn say_without_a_name_writes_speech_mp3() {
    let run = understudy(&["say", TEXT]).ok();
    assert_eq!(run.files(), ["speech.mp3"]);
    let duration = mp3_duration(&run.file("speech.mp3"));
    assert!((1000..3000).contains(&duration.as_millis()), "{duration:?}");
}

#[test]
fn the_extension_chooses_the_encoding() {
    let mut durations = Vec::new();
    for name in ["a.mp3", "a.wav", "a.flac", "a.ogg", "a.aac"] {
        let run = understudy(&["say", TEXT, "-o", name]).ok();
        let bytes = run.file(name);
        let encoding = understudy_audio::sniff(&bytes).expect("it is audio");
        assert_eq!(encoding.extension(), &name[2..]);
        durations.push(decode(&bytes).duration().as_secs_f64());
    }
    let spread = durations.iter().fold(0.0f64, |spread, seconds| spread.max((seconds - durations[0]).abs()));
    assert!(spread < 0.05, "{durations:?}");
}

#[test]
fn an_extension_nobody_knows_is_refused_with_the_list_before_anything_is_spoken() {
    let run = understudy(&["say", TEXT, "-o", "speech.midi"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    for known in ["mp3", "wav", "flac", "ogg"] {
        assert!(run.stderr.contains(known), "{}", run.stderr);
    }
    assert!(run.files().is_empty());
}

#[test]
fn subtitles_come_with_the_speech() {
    let run = understudy(&["say", TEXT, "-o", "a.mp3", "--srt", "a.srt", "--vtt", "a.vtt"]).ok();
    let cues = cues(&run.text("a.srt"));
    assert_eq!(cues.iter().map(|(_, _, text)| text.as_str()).collect::<String>(), TEXT);
    assert!(run.text("a.vtt").starts_with("WEBVTT\n"));
    let duration = mp3_duration(&run.file("a.mp3"));
    assert!(Duration::from_millis(cues[0].1.into()) <= duration + Duration::from_millis(1));
}

#[test]
fn text_comes_from_a_file_or_from_standard_input() {
    let write =
        |folder: &std::path::Path| std::fs::write(folder.join("script.txt"), TEXT).expect("it is written");
    let from_file = understudy_with(&["say", "-f", "script.txt", "-o", "a.wav"], b"", write).ok();
    let from_stdin = understudy_with(&["say", "-", "-o", "a.wav"], TEXT.as_bytes(), |_| ()).ok();
    let from_arguments = understudy(&["say", TEXT, "-o", "a.wav"]).ok();
    assert_eq!(from_file.file("a.wav"), from_arguments.file("a.wav"));
    assert_eq!(from_stdin.file("a.wav"), from_arguments.file("a.wav"));
}

#[test]
fn audio_can_go_to_standard_output() {
    let run = understudy(&["say", TEXT, "-o", "-"]).ok();
    assert!(mp3_duration(&run.stdout) > Duration::from_millis(1000));
    assert!(run.files().is_empty());
}

#[test]
fn rate_pitch_and_volume_are_heard() {
    let speak = |arguments: &[&str]| {
        let mut all = vec!["say", TEXT, "-o", "a.wav"];
        all.extend(arguments);
        decode(&understudy(&all).ok().file("a.wav"))
    };
    let peak =
        |pcm: &understudy_audio::Pcm| pcm.samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    let plain = speak(&[]);
    let slow = speak(&["--rate", "0.5"]);
    let ratio = slow.duration().as_secs_f64() / plain.duration().as_secs_f64();
    assert!((1.7..2.3).contains(&ratio), "{ratio}");
    let quiet = speak(&["--volume", "-12"]);
    assert!((0.2..0.35).contains(&(peak(&quiet) / peak(&plain))), "{} {}", peak(&quiet), peak(&plain));
    assert_ne!(speak(&["--pitch", "6"]).samples, plain.samples);
}

#[test]
fn bad_values_are_refused_with_the_field_the_value_and_the_range() {
    for (arguments, words) in [
        (["--rate", "9"], ["rate", "9", "0.25"]),
        (["--pitch", "99"], ["pitch", "99", "20"]),
        (["-v", "nobody"], ["voice", "nobody", "kal"]),
        (["-p", "nobody"], ["provider", "nobody", "flite"]),
    ] {
        let mut all = vec!["say", TEXT];
        all.extend(arguments);
        let run = understudy(&all);
        assert!([2, 65].contains(&run.code), "{arguments:?}: {} {}", run.code, run.stderr);
        for word in words {
            assert!(run.stderr.contains(word), "{arguments:?}: {word} is not in {}", run.stderr);
        }
        assert!(run.files().is_empty(), "{arguments:?} left {:?}", run.files());
    }
}

#[test]
fn json_tells_all_about_the_take() {
    let run = understudy(&["say", TEXT, "-o", "a.mp3", "--json"]).ok();
    let told = run.stdout_json();
    assert_eq!(told["voice"], "flite/kal", "{told}");
    assert_eq!(told["provenance"]["provider"], "flite", "{told}");
    let seconds = told["duration_seconds"].as_f64().expect("a duration");
    assert!(
        mp3_duration(&run.file("a.mp3")).abs_diff(Duration::from_secs_f64(seconds))
            < Duration::from_millis(50)
    );
    assert_eq!(told["words"].as_array().expect("words").len(), 5, "{told}");
}

#[test]
fn a_bad_configuration_exits_64_and_names_the_line_and_the_fix() {
    let prepare = |folder: &std::path::Path| {
        std::fs::write(folder.join("understudy.toml"), "[server]\nlissten = \"127.0.0.1:1\"\n")
            .expect("written");
    };
    for arguments in [&["config", "check"][..], &["say", TEXT], &["serve"]] {
        let run = understudy_with(arguments, b"", prepare);
        assert_eq!(run.code, 64, "{arguments:?}: {}", run.stderr);
        for word in ["understudy.toml:2:1", "lissten", "listen"] {
            assert!(run.stderr.contains(word), "{arguments:?}: {word} is not in {}", run.stderr);
        }
    }
}

#[test]
fn every_list_and_check_answers() {
    for arguments in [
        &["voices"][..],
        &["voices", "--json"],
        &["providers"],
        &["providers", "--json"],
        &["plugin", "list"],
        &["config", "check"],
        &["doctor"],
        &["--version"],
        &["--help"],
        &["help", "say"],
    ] {
        let run = understudy(arguments).ok();
        assert!(!run.stdout.is_empty(), "{arguments:?} says nothing");
    }
}

#[test]
fn a_binary_copied_alone_to_another_folder_still_speaks() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let copy = folder.path().join("understudy");
    std::fs::copy(command(folder.path()).get_program(), &copy).expect("it is copied");
    let run = std::process::Command::new(&copy)
        .args(["say", TEXT])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .output()
        .expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let audio = std::fs::read(folder.path().join("speech.mp3")).expect("it wrote the file");
    assert!(mp3_duration(&audio) > Duration::from_millis(1000));
}

/// README and the manual are only true when every command they show exists.
#[test]
fn every_command_the_documents_show_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    let mut shown = 0;
    for line in readme.lines().map(str::trim).filter_map(|line| line.strip_prefix("understudy ")) {
        let words: Vec<&str> = line
            .split_whitespace()
            .take_while(|word| {
                word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
            })
            .take(2)
            .collect();
        // `say hello`: the second word is an argument, not a command.
        let commands =
            if words.first() == Some(&"plugin") || words.first() == Some(&"config") { 2 } else { 1 };
        let mut arguments: Vec<&str> = words.into_iter().take(commands).collect();
        arguments.push("--help");
        understudy(&arguments).ok();
        shown += 1;
    }
    assert!(shown >= 5, "README shows {shown} commands");
}

#[test]
fn config_explain_teaches_a_key_and_finds_the_one_that_was_meant() {
    let told = |key: &str| {
        let run = understudy(&["config", "explain", key]);
        (run.code, String::from_utf8_lossy(&run.stdout).into_owned() + &run.stderr)
    };
    let (code, text) = told("server.drain_seconds");
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("server.drain_seconds is a number from 0 to 3600; 30 by default\n"), "{text}");
    let (code, text) = told("providers.azure");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("providers.NAME.grants"), "{text}");
    let (code, text) = told("drain");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("hint: did you mean server.drain_seconds?"), "{text}");
}

#[test]
fn the_schema_names_every_key_with_its_range() {
    let schema = understudy(&["config", "schema"]).ok().stdout_json();
    assert_eq!(schema["properties"]["server"]["properties"]["drain_seconds"]["maximum"], 3600.0);
}

#[test]
fn voices_like_one_are_looked_for_among_those_that_are_wanted() {
    let like = |more: &[&str]| understudy(&[&["voices", "--like", "flite/kal", "--json"], more].concat());
    let ids = |more: &[&str]| -> Vec<String> {
        let told = like(more).ok().stdout_json();
        told.as_array().expect("a list").iter().map(|one| one["id"].to_string()).collect()
    };
    let (all, female) = (ids(&["-n", "100"]), ids(&["-n", "100", "--gender", "female"]));
    assert!(!female.is_empty() && female.len() < all.len(), "{female:?} of {all:?}");
    assert_eq!(ids(&["--search", "zzz"]), [""; 0]);
    assert_eq!(like(&["--gender", "tenor"]).code, 65);
}

#[test]
fn a_page_that_is_not_there_is_called_as_it_was_asked_for() {
    let run = understudy(&["voices", "--limit", "5", "--page", "99"]);
    assert_eq!(run.code, 65, "{}", run.stderr);
    assert!(run.stderr.contains("there is no such page: 99"), "{}", run.stderr);
}

#[test]
fn what_no_server_would_answer_is_refused_with_the_way_to_ask() {
    let run = understudy(&["status", "--url", "localhost:8750"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("for example http://localhost:8750"), "{}", run.stderr);
    for count in ["0", "10001"] {
        assert_eq!(understudy(&["cache", "list", "-n", count]).code, 2, "{count}");
    }
}

#[cfg(unix)]
#[test]
fn json_is_told_of_files_whose_names_are_not_utf_8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let name = OsStr::from_bytes(b"a\xff.srt");
    let run =
        understudy(&[OsStr::new("say"), OsStr::new(TEXT), OsStr::new("--json"), OsStr::new("--srt"), name])
            .ok();
    assert_eq!(run.stdout_json()["srt"], "a\u{fffd}.srt");
    assert!(run.folder.path().join(name).exists());
}

#[test]
fn certificate_authorities_that_cannot_be_read_are_told_before_anything_connects() {
    let run = understudy_with(&["plugin", "list"], b"", |folder| {
        let config = "[sandbox]\ncertificate_authorities = \"company.pem\"\n";
        std::fs::write(folder.join("understudy.toml"), config).expect("it is written");
    });
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("certificate authorities cannot be read"), "{}", run.stderr);
    assert!(run.stderr.contains("company.pem"), "{}", run.stderr);
}
