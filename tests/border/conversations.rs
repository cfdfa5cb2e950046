//! A scene of four characters and twelve lines, performed by the binary: with no network at all, and
//! with a CharacterBox that is up, dead, dies at line 7, or is slow.

mod hearing;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use understudy_simulators::characterbox::{CharacterBox, Mishap};
use understudy_simulators::{Options, Simulator};

use crate::providers::{CANARY, leave_key};
use crate::support::{Daemon, Outcome, client, cues, mp3_duration, understudy_with};
use hearing::Heard;

const SCENE: &str = include_str!("../../config/examples/scene.txt");
const CHARACTERS: &str = include_str!("../../config/examples/characters.toml");
/// Who says each of its lines.
const SPEAKERS: [&str; 12] = [
    "Captain Nova",
    "Old Bram",
    "Pip",
    "Vex",
    "Captain Nova",
    "Old Bram",
    "Pip",
    "Vex",
    "Captain Nova",
    "Old Bram",
    "Pip",
    "Vex",
];

/// The same characters, each a CharacterBox's own first and the offline voice's second.
fn characters_of_both() -> String {
    let ids = [("ada", "char_123"), ("otto", "char_bram"), ("pip", "char_pip"), ("bram", "char_vex")];
    ids.iter().fold(CHARACTERS.to_owned(), |text, (voice, id)| {
        let flite = format!("{{ provider = \"flite\", voice = \"{voice}\" }}");
        text.replace(&flite, &format!("{{ provider = \"characterbox\", character = \"{id}\" }}, {flite}"))
    })
}

/// A CharacterBox, and the section of whoever may reach it.
fn characterbox() -> (CharacterBox, Simulator, String) {
    let service = CharacterBox::default().requests_a_minute(10_000);
    let options = Options { key: Some(CANARY.to_owned()), ..Options::default() };
    let simulator = Simulator::start(service.clone(), options).expect("the simulator starts");
    let (address, base_url) = (simulator.address(), simulator.base_url());
    let section = format!(
        "[providers.characterbox]\n\
         grants = [{{ host = \"{address}\", private = true, plain_http = true }}]\n\
         secrets = {{ api_key = \"file:key\" }}\n\
         [providers.characterbox.settings]\nbase_url = \"{base_url}\"\n"
    );
    (service, simulator, section)
}

/// Performs the scene into `scene.wav`, with subtitles and a report.
fn perform(config: &str) -> Outcome {
    perform_scene(config, SCENE)
}

fn perform_scene(config: &str, scene: &str) -> Outcome {
    let prepare = |folder: &Path| {
        leave_key(folder);
        std::fs::write(folder.join("understudy.toml"), config).expect("it is written");
        std::fs::write(folder.join("scene.txt"), scene).expect("it is written");
    };
    let arguments =
        "--config understudy.toml perform scene.txt -o scene.wav --srt scene.srt --vtt scene.vtt --json";
    understudy_with(&arguments.split(' ').collect::<Vec<_>>(), &[], prepare).ok()
}

/// One coherent file: every line in its order by one voice a character, where the report says it is.
/// Returns the voice of each character, by name.
fn assert_coherent(run: &Outcome) -> Vec<(String, String)> {
    let report = run.stdout_json();
    let lines = report["lines"].as_array().expect("lines");
    let speakers: Vec<&str> = lines.iter().map(|line| line["speaker"].as_str().expect("a name")).collect();
    assert_eq!(speakers, SPEAKERS);
    let mut voices: Vec<(String, String)> = Vec::new();
    for line in lines {
        let (name, voice) = (text(&line["speaker"]), text(&line["voice"]));
        match voices.iter().find(|(known, _)| *known == name) {
            Some((_, known)) => assert_eq!(*known, voice, "{name} changes voice"),
            None => voices.push((name, voice)),
        }
    }
    let heard = Heard::of_wave(&run.file("scene.wav"));
    heard.assert_lines(&lines.iter().map(times).collect::<Vec<_>>());
    let told = report["duration_seconds"].as_f64().expect("a duration");
    assert!((heard.seconds() - told).abs() < 0.001, "{told} {}", heard.seconds());
    let srt = run.text("scene.srt");
    assert!(cues(&srt).iter().all(|(start, end, _)| start < end), "{srt}");
    for name in ["Captain Nova", "Old Bram", "Pip", "Vex"] {
        assert!(srt.contains(&format!("\n{name}: ")), "{srt}");
        assert!(run.text("scene.vtt").contains(&format!("<v {name}>")));
    }
    voices
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn times(line: &Value) -> (u32, u32) {
    let ms = |name: &str| line[name].as_u64().and_then(|ms| u32::try_from(ms).ok()).expect("milliseconds");
    (ms("start_ms"), ms("end_ms"))
}

/// The providers that speak, once each.
fn providers(voices: &[(String, String)]) -> Vec<&str> {
    let mut providers: Vec<&str> = voices.iter().filter_map(|(_, voice)| voice.split('/').next()).collect();
    providers.sort_unstable();
    providers.dedup();
    providers
}

#[test]
fn the_offline_voice_alone_performs_it_with_characters_that_can_be_told_apart() {
    let run = perform(CHARACTERS);
    let voices = assert_coherent(&run);
    assert_eq!(providers(&voices), ["flite"]);
    let report = run.stdout_json();
    assert_eq!((&report["substituted"], &report["recasts"]), (&json!(false), &json!([])));
    let heard = Heard::of_wave(&run.file("scene.wav"));
    let lines = report["lines"].as_array().expect("lines");
    let pitch = |name: &str| {
        let own: Vec<_> = lines.iter().filter(|line| line["speaker"] == name).map(times).collect();
        heard.pitch(&own)
    };
    let [vex, bram, nova, pip] = ["Vex", "Old Bram", "Captain Nova", "Pip"].map(pitch);
    assert!(bram > vex * 1.15 && nova > bram * 1.15 && pip > nova * 1.05, "{vex} {bram} {nova} {pip} Hz");
    // Feelings that the voice does not know are carried by what it has, and told.
    let angry = lines.iter().find(|line| line["emotion"] == "angry").expect("somebody is angry");
    assert_eq!(angry["dropped"], json!(["emotion"]));
    assert!(angry["notes"][0].as_str().expect("a note").starts_with("emotion angry was carried by rate"));
    let lost = "flite cannot honour emotion in lines 1, 2, 4, 5, 7, 8, 9, 10, 11\n";
    assert!(run.stderr.contains(lost), "{}", run.stderr);
}

#[test]
fn four_characters_nobody_cast_get_four_voices() {
    let uncast: Vec<&str> = CHARACTERS.lines().filter(|line| !line.starts_with("cast")).collect();
    let voices = assert_coherent(&perform(&uncast.join("\n")));
    let mut distinct: Vec<&String> = voices.iter().map(|(_, voice)| voice).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!((distinct.len(), providers(&voices)), (4, vec!["flite"]), "{voices:?}");
}

#[test]
fn a_service_that_is_up_performs_the_whole() {
    let (service, _simulator, section) = characterbox();
    let run = perform(&(characters_of_both() + &section));
    assert_eq!(providers(&assert_coherent(&run)), ["characterbox"]);
    let report = run.stdout_json();
    assert_eq!((&report["whole"], &report["substituted"]), (&json!("characterbox"), &json!(false)));
    assert_eq!(service.conversations(), ["completed"]);
}

#[test]
fn a_service_without_conversations_is_asked_line_by_line() {
    let (service, simulator, section) = characterbox();
    service.mishaps().set(Mishap::NoConversations);
    let config = characters_of_both() + "[conversation]\nwhole = false\n" + &section;
    let run = perform(&config);
    assert_eq!(providers(&assert_coherent(&run)), ["characterbox"]);
    let asked = simulator.requests().iter().filter(|request| request.uri.path() == "/synthesize").count();
    assert_eq!((asked, &run.stdout_json()["whole"]), (12, &json!(null)));
}

/// In one call they would be more requests than it may make.
#[test]
fn a_long_scene_is_spoken_line_by_line_where_no_conversations_are_wanted() {
    let (service, _simulator, section) = characterbox();
    let config = characters_of_both() + &section + "conversations = false\n";
    let run = perform_scene(&config, &"Pip: Aye.\n".repeat(120));
    let report = run.stdout_json();
    let lines = report["lines"].as_array().expect("lines");
    let own = |line: &&Value| text(&line["voice"]).starts_with("characterbox/");
    assert_eq!((lines.len(), lines.iter().filter(own).count()), (120, 120), "{report}");
    assert_eq!((&report["whole"], &report["substituted"]), (&json!(null), &json!(false)));
    assert!(service.conversations().is_empty());
}

#[test]
fn a_dead_service_is_stood_in_for_and_the_account_says_so() {
    let (_, simulator, section) = characterbox();
    drop(simulator);
    let run = perform(&(characters_of_both() + &section));
    assert_eq!(providers(&assert_coherent(&run)), ["flite"]);
    let report = run.stdout_json();
    assert_eq!(report["substituted"], json!(true));
    let speakers = report["speakers"].as_array().expect("speakers");
    for speaker in speakers {
        assert_eq!((&speaker["how"], speaker["own"].as_bool()), (&json!("mapped"), Some(false)), "{speaker}");
        assert_eq!(speaker["skipped"][0]["provider"], "characterbox", "{speaker}");
    }
    assert!(run.stderr.contains("Captain Nova could not be played"), "{}", run.stderr);
}

#[test]
fn a_service_that_dies_at_line_7_of_the_whole_is_recast_for_everybody() {
    let (service, _simulator, section) = characterbox();
    service.mishaps().set(Mishap::DiesAtLine(6));
    let run = perform(&(characters_of_both() + &section));
    assert_eq!(providers(&assert_coherent(&run)), ["flite"]);
    let report = run.stdout_json();
    let recast = &report["recasts"][0];
    assert_eq!((&recast["provider"], &recast["line"]), (&json!("characterbox"), &json!(null)));
    assert_eq!(recast["recast"].as_array().map(Vec::len), Some(4), "{recast}");
}

#[test]
fn a_service_that_dies_at_line_7_is_recast_so_that_nobody_changes_voice() {
    let (service, _simulator, section) = characterbox();
    service.mishaps().set(Mishap::DiesAfter(6));
    let one_by_one = "retry.backoff_seconds = 0.01\n[conversation]\nwhole = false\nparallel_lines = 1\n";
    let run = perform(&(one_by_one.to_owned() + &characters_of_both() + &section));
    assert_eq!(providers(&assert_coherent(&run)), ["flite"]);
    let recast = &run.stdout_json()["recasts"][0];
    assert_eq!((&recast["line"], &recast["lines_again"]), (&json!(6), &json!(6)), "{recast}");
    assert_eq!(recast["code"], "provider_unavailable");
}

#[test]
fn when_lines_are_recast_alone_only_those_change_voice_and_each_is_told() {
    let (service, _simulator, section) = characterbox();
    service.mishaps().set(Mishap::DiesAfter(6));
    let one_by_one = "retry.backoff_seconds = 0.01\n\
                      [conversation]\nwhole = false\nparallel_lines = 1\nrecast = \"line\"\n";
    let run = perform(&(one_by_one.to_owned() + &characters_of_both() + &section));
    let report = run.stdout_json();
    let lines = report["lines"].as_array().expect("lines");
    let spoke = |line: &Value| text(&line["voice"]).split('/').next().map(str::to_owned);
    let providers: Vec<_> = lines.iter().filter_map(spoke).collect();
    assert_eq!(providers, [vec!["characterbox"; 6], vec!["flite"; 6]].concat());
    let heard = Heard::of_wave(&run.file("scene.wav"));
    heard.assert_lines(&lines.iter().map(times).collect::<Vec<_>>());
    assert_eq!(report["substituted"], json!(true));
    let told = "line 7 of Pip was spoken by flite/pip alone (provider_unavailable)\n";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}

#[test]
fn a_slow_service_is_waited_for_and_one_that_never_ends_is_not() {
    let (service, _simulator, section) = characterbox();
    let mishap = |polls| Mishap::SlowConversations { polls, poll_after: Duration::from_millis(200) };
    service.mishaps().set(mishap(3));
    let run = perform(&(characters_of_both() + &section));
    assert_eq!(providers(&assert_coherent(&run)), ["characterbox"]);
    service.mishaps().clear();
    service.mishaps().set(mishap(u32::MAX));
    let hurry = "[conversation]\ndeadline_seconds = 240\n".to_owned();
    let run = perform(&(hurry + &characters_of_both() + &section + "max_conversation_wait = 3\n"));
    assert_eq!(providers(&assert_coherent(&run)), ["flite"]);
    let report = run.stdout_json();
    assert_eq!(report["recasts"][0]["code"], "provider_timed_out", "{}", report["recasts"]);
}

#[tokio::test]
async fn the_calls_of_the_service_design_find_what_they_were_written_for() {
    let (_service, _simulator, section) = characterbox();
    let daemon = Daemon::start_with(&(characters_of_both() + &section), leave_key).await;
    let characters = daemon.json("/api/v1/characters/").await;
    let ids: Vec<&str> = characters
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["character_id"].as_str())
        .collect();
    assert!(ids.contains(&"captain-nova") && ids.contains(&"characterbox/char_mona"), "{ids:?}");
    for field in [
        "name",
        "description",
        "personality_traits",
        "voice_settings",
        "supported_emotions",
        "language_codes",
        "avatar_url",
        "is_active",
        "usage_count",
        "created_at",
        "updated_at",
    ] {
        assert!(characters[0].get(field).is_some(), "{field} of {}", characters[0]);
    }
    let body = json!({ "character_id": "captain-nova", "text": "We sail at dawn!", "emotion": "happy",
                       "voice_settings": { "speed": 1.1 } });
    let spoken: Value = daemon.ok("/api/v1/characters/speak", &body).await.json().await.expect("JSON");
    assert_eq!(spoken["provenance"]["provider"], "characterbox", "{spoken}");
    assert_eq!(spoken["character_info"]["character_id"], "captain-nova");
    assert!(spoken["emotion_score"].as_f64().is_some_and(|score| score > 0.0), "{spoken}");
    assert!(
        (mp3_duration(&fetched(&daemon, &spoken["audio_url"]).await).as_secs_f64()
            - spoken["duration"].as_f64().expect("seconds"))
        .abs()
            < 0.06
    );
    let body = json!({ "characters": ["captain-nova", "Old Bram"], "subtitles": "srt",
                       "script": "Captain Nova [happy]: We sail at dawn!\nOld Bram: Again?" });
    let scene: Value = daemon.ok("/api/v1/characters/conversation", &body).await.json().await.expect("JSON");
    assert_eq!((&scene["status"], &scene["conversation_type"]), (&json!("completed"), &json!("dialogue")));
    assert_eq!(scene["segments"].as_array().map(Vec::len), Some(2));
    let length = mp3_duration(&fetched(&daemon, &scene["combined_audio_url"]).await).as_secs_f64();
    assert!((length - scene["total_duration"].as_f64().expect("seconds")).abs() < 0.06, "{length}");
    assert!(text(&scene["subtitles"]).contains("Old Bram: Again?"), "{scene}");
    let body = json!({ "characters": ["captain-nova"], "script": "Captain Nova: Hm.\n Old Bran: What?" });
    let answer = daemon.post("/api/v1/characters/conversation", &body).send().await.expect("an answer");
    let (status, error): (_, Value) = (answer.status(), answer.json().await.expect("JSON"));
    assert_eq!((status.as_u16(), &error["error"]["code"]), (400, &json!("unknown_speaker")), "{error}");
    assert!(text(&error["error"]["message"]).contains("line 2, column 2"), "{error}");
    let body = json!({ "character_id": "captain-novva", "text": "Hm." });
    let answer = daemon.post("/api/v1/characters/speak", &body).send().await.expect("an answer");
    let (status, error): (_, Value) = (answer.status(), answer.json().await.expect("JSON"));
    assert_eq!(
        (status.as_u16(), &error["error"]["hint"]),
        (404, &json!("did you mean captain-nova?")),
        "{error}"
    );
}

/// A conversation that has been ordered of the service, which never ends it.
async fn under_way(
    service: &CharacterBox,
    simulator: &Simulator,
    daemon: &Daemon,
) -> JoinHandle<reqwest::Result<reqwest::Response>> {
    let slow = Mishap::SlowConversations { polls: u32::MAX, poll_after: Duration::from_millis(100) };
    service.mishaps().set(slow);
    let body = json!({ "script": "Captain Nova: We sail at dawn!\nOld Bram: Again?" });
    let asking = tokio::spawn(daemon.post("/api/v1/characters/conversation", &body).send());
    let is_polled =
        || simulator.requests().iter().any(|request| request.uri.path().starts_with("/conversations/"));
    until(is_polled).await;
    assert_eq!(service.conversations(), ["processing"]);
    asking
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_conversation_back() {
    let (service, simulator, section) = characterbox();
    let daemon = Daemon::start_with(&(characters_of_both() + &section), leave_key).await;
    let asking = under_way(&service, &simulator, &daemon).await;
    asking.abort();
    until(|| service.conversations() == ["canceled"]).await;
}

#[tokio::test]
async fn a_client_that_wants_the_file_alone_is_told_in_its_head() {
    let (_, simulator, section) = characterbox();
    drop(simulator);
    let daemon = Daemon::start_with(&(characters_of_both() + &section), leave_key).await;
    let body = json!({ "script": "Captain Nova [happy]: We sail at dawn!\nOld Bram: Again?" });
    let request = daemon.post("/api/v1/characters/conversation", &body).header("accept", "audio/*");
    let answer = request.send().await.expect("an answer");
    let head = |name: &str| {
        let value = answer.headers().get(name).unwrap_or_else(|| panic!("{name}: {:?}", answer.headers()));
        value.to_str().expect("text").to_owned()
    };
    assert_eq!(
        (head("content-type").as_str(), head("x-understudy-provider").as_str()),
        ("audio/mpeg", "flite")
    );
    assert_eq!(head("x-understudy-substituted"), "captain-nova, old-bram");
    assert_eq!(head("x-understudy-substituted-why"), "provider_unavailable, provider_unavailable");
    assert_eq!(head("x-understudy-dropped"), "emotion");
    let told: f64 = head("x-understudy-duration-ms").parse().expect("milliseconds");
    let heard = mp3_duration(&answer.bytes().await.expect("audio")).as_secs_f64();
    assert!((heard - told / 1_000.0).abs() < 0.06, "{heard} {told}");
}

#[tokio::test]
async fn a_conversation_is_performed_once_for_all_who_ask_for_it() {
    let (service, simulator, section) = characterbox();
    let daemon = Daemon::start_with(&(characters_of_both() + &section), leave_key).await;
    let script = "Captain Nova [happy]: We sail at dawn!\nOld Bram: Again?";
    let ask = |format: &str| json!({ "script": script, "output_format": format });
    let path = "/api/v1/characters/conversation";
    let first: Value = daemon.ok(path, &ask("wav")).await.json().await.expect("JSON");
    let second: Value = daemon.ok(path, &ask("mp3")).await.json().await.expect("JSON");
    let whole = |scene: &Value| scene["account"]["whole"].clone();
    assert_eq!((whole(&first), whole(&second)), (json!("characterbox"), json!("characterbox")));
    assert_eq!(first["segments"], second["segments"], "to the millisecond, with the same words");
    assert_eq!(service.conversations(), ["completed"]);
    let history = daemon.json("/api/v1/tts/requests").await;
    let statuses: Vec<&Value> =
        history["requests"].as_array().expect("rows").iter().map(|row| &row["status"]).collect();
    assert_eq!(statuses, ["cached", "completed"], "{history}");
    let calls = history["requests"][1]["attempts"].as_array().map(Vec::len);
    assert_eq!((calls, service.spent()), (Some(1), 22), "{history}");
    let asked = |key: &str| {
        daemon
            .post(path, &ask("flac"))
            .header("idempotency-key", key)
            .header("cache-control", "no-cache")
            .send()
    };
    for _ in 0..2 {
        assert!(asked("k-1").await.expect("an answer").status().is_success());
    }
    assert_eq!(service.conversations().len(), 2, "a key is one performance");
    drop(simulator);
}

/// Waits for something that takes seconds at most.
async fn until(holds: impl Fn() -> bool) {
    let patience = tokio::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(tokio::time::Instant::now() < patience, "it never happens");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The bytes of an absolute URL, as any client downloads them.
async fn fetched(daemon: &Daemon, url: &Value) -> Vec<u8> {
    let url = text(url);
    assert!(url.starts_with(&daemon.url("/api/v1/tts/takes/")), "{url}");
    let answer = client().get(&url).send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].as_bytes()),
        (200, &b"audio/mpeg"[..])
    );
    answer.bytes().await.expect("audio").to_vec()
}

#[tokio::test]
async fn a_server_that_is_stopped_takes_its_conversations_back_and_tells_who_waits() {
    let (service, simulator, section) = characterbox();
    let config = format!("server.drain_seconds = 0.1\n{}{section}", characters_of_both());
    let mut daemon = Daemon::start_with(&config, leave_key).await;
    let asking = under_way(&service, &simulator, &daemon).await;
    daemon.terminate();
    let answer = asking.await.expect("it is asked").expect("an answer");
    let (status, error): (_, Value) = (answer.status(), answer.json().await.expect("JSON"));
    assert_eq!((status.as_u16(), &error["error"]["code"]), (503, &json!("server_stopped")), "{error}");
    assert!(daemon.wait().await.success(), "{}", daemon.log());
    assert_eq!(service.conversations(), ["canceled"], "{}", daemon.log());
}
