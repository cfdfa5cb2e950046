//! Conversations: who plays whom, and what becomes of them when somebody fails in mid-scene.

mod admission;
mod kept;
mod recasting;
mod whole;

use std::sync::{Arc, Mutex};

use understudy_audio::cue::{CueOptions, srt};
use understudy_engine::scripted::Scripted;
use understudy_engine::{
    Conversation, ConversationRequest, Engine, EngineSettings, LocalCharacter, Plays, Progress, ScriptSource,
};
use understudy_speech::{Encoding, Gender, Word, WordTimes};

use crate::characters::{TWO, house, part, voices};
use crate::{engine_with, route, told};

const SCENE: &str = "Captain Nova [happy]: We sail at dawn!\n\
                     Old Bram: You said so yesterday.\n\
                     (pause 1)\n\
                     Captain Nova: Then we are late.\n\
                     Old Bram [sad]: We are old.\n";

fn performing(script: &str) -> ConversationRequest {
    ConversationRequest::new("c-1", ScriptSource::Text(script.to_owned()))
}

/// Performs a script without listening to how it goes.
async fn perform(engine: &Engine, script: &str) -> Conversation {
    engine.converse(performing(script), |_| {}).await.unwrap()
}

/// `line: provider/voice`, separated by commas.
fn who(conversation: &Conversation) -> String {
    let line = |line: &understudy_engine::SpokenLine| {
        format!("{}/{}", line.provider, line.voice.clone().unwrap_or_default())
    };
    conversation.lines.iter().map(line).collect::<Vec<_>>().join(", ")
}

/// Characters of this server: a captain and an old man, cast nowhere.
fn company() -> EngineSettings {
    let character = |name: &str, gender| LocalCharacter {
        name: name.to_owned(),
        gender: Some(gender),
        languages: "en-US".parse().into_iter().collect(),
        ..LocalCharacter::default()
    };
    let nova = ("captain-nova".to_owned(), character("Captain Nova", Gender::Female));
    let bram = ("old-bram".to_owned(), character("Old Bram", Gender::Male));
    EngineSettings { characters: [nova, bram].into(), ..route(&["b"]) }
}

#[tokio::test(start_paused = true)]
async fn every_line_is_spoken_by_whoever_was_cast() {
    let other = Arc::new(voices("b", &TWO));
    let engine = engine_with(&[&other], company());
    let conversation = perform(&engine, SCENE).await;
    assert_eq!(who(&conversation), "b/mary, b/mike, b/mary, b/mike");
    assert_eq!(conversation.speakers.len(), 2);
    assert!(!conversation.is_substituted(), "they have no voices of their own");
    assert_eq!((conversation.format.encoding, conversation.characters), (Encoding::Mp3, 66));
    let starts: Vec<u32> = conversation.lines.iter().map(|line| line.start_ms).collect();
    assert_eq!(starts, [0, 1_350, 3_350, 4_700], "each is a second long, with gaps and a pause");
    assert_eq!(conversation.duration.as_millis(), 5_700);
    let dropped = |line: usize| conversation.lines[line].provenance.as_ref().unwrap().dropped.clone();
    assert_eq!((dropped(0), dropped(1).len()), (vec!["emotion".to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn times_are_from_one_place_only_when_those_of_every_line_are() {
    let mark = Word { start_byte: 0, end_byte: 2, start_ms: 0, end_ms: 900 };
    let (mut telling, mut mute) = (Scripted::speaking("a", 1, vec![mark]), voices("b", &TWO));
    telling.voices = mute.voices.clone();
    mute.manifest.capabilities.words = None;
    let mut settings = EngineSettings { characters: company().characters, ..route(&["a", "b"]) };
    for (name, provider) in [("captain-nova", "a"), ("old-bram", "b")] {
        let character = settings.characters.get_mut(name).unwrap();
        character.cast = vec![part(Plays::Voice, provider, "mary")];
    }
    let engine = engine_with(&[&Arc::new(telling), &Arc::new(mute)], settings);
    let times = async |script: &str| {
        let conversation = perform(&engine, script).await;
        let lines: Vec<_> = conversation.lines.iter().map(|line| line.word_times).collect();
        (conversation.word_times, lines)
    };
    let (native, estimated) = (Some(WordTimes::Native), Some(WordTimes::Estimated));
    assert_eq!(times("Captain Nova: Ay.\nCaptain Nova: So.").await, (native, vec![native; 2]));
    assert_eq!(times("Captain Nova: Ay.\nOld Bram: No.").await, (None, vec![native, estimated]));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_while_the_script_is_not_right() {
    let other = Arc::new(voices("b", &TWO));
    let mut settings = company();
    settings.conversation.max_lines = 4;
    let engine = engine_with(&[&other], settings);
    let check = async |script: &str, expected: &str| {
        let error = engine.converse(performing(script), |_| {}).await.unwrap_err();
        assert_eq!(told(&error), expected, "{script}");
    };
    check(
        "Captain Nova: Hi!\n  Old Bran: Hm.",
        "client unknown_speaker: script line 2, column 3: no such speaker: Old Bran (did you mean Old Bram?)",
    )
    .await;
    check(
        "Captain Nova: Hi!\nNote: this",
        "client unknown_speaker: script line 2, column 1: no such speaker: Note \
         (the characters are captain-nova, old-bram; a colon that names nobody is written \\:)",
    )
    .await;
    check(
        &"Old Bram: Hm.\n".repeat(5),
        "client script_too_long: script line 5, column 1: script has more than 4 lines \
         (perform it in scenes, or raise conversation.max_lines)",
    )
    .await;
    check(
        "Old Bram [sad 9]: Hm.",
        "client invalid_value: line 1 of Old Bram could not be spoken: intensity must be between 0 and 2, got 9",
    )
    .await;
    assert!(other.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_the_named_characters_may_speak_and_are_dealt_a_script_without_names() {
    let other = Arc::new(voices("b", &TWO));
    let engine = engine_with(&[&other], company());
    let named = vec!["old-bram".to_owned(), "captain-nova".to_owned()];
    let request = ConversationRequest { characters: named, ..performing("One.\nTwo.\nThree.") };
    assert_eq!(who(&engine.converse(request, |_| {}).await.unwrap()), "b/mike, b/mary, b/mike");
    let alone = ConversationRequest { characters: vec!["old-bram".to_owned()], ..performing(SCENE) };
    assert_eq!(
        told(&engine.converse(alone, |_| {}).await.unwrap_err()),
        "client unknown_speaker: script line 1, column 1: no such speaker: Captain Nova \
         (the characters are old-bram; a colon that names nobody is written \\:)"
    );
}

#[tokio::test(start_paused = true)]
async fn no_two_characters_get_one_voice_while_there_are_others_and_else_they_are_set_apart() {
    let script = "Captain Nova: Ay.\nOld Bram: No.\nCaptain Vega: Yes.\n";
    let mut settings = company();
    let vega =
        LocalCharacter { name: "Captain Vega".to_owned(), ..settings.characters["captain-nova"].clone() };
    settings.characters.insert("captain-vega".to_owned(), vega);
    let three = [("mary", Gender::Female), ("mike", Gender::Male), ("molly", Gender::Female)];
    let engine = engine_with(&[&Arc::new(voices("b", &three))], settings.clone());
    assert_eq!(who(&perform(&engine, script).await), "b/mary, b/mike, b/molly");
    let two = Arc::new(voices("b", &TWO));
    let engine = engine_with(&[&two], settings);
    let conversation = perform(&engine, script).await;
    assert_eq!(who(&conversation), "b/mary, b/mike, b/mary");
    let pitches: Vec<_> = two.requests().iter().map(|request| request.pitch).collect();
    assert_eq!(pitches, [None, None, Some(3.0)]);
    let reasons = &conversation.speakers[2].casting.reasons;
    assert_eq!(
        reasons.last().unwrap(),
        "shares the voice with another character, set apart by +3.0 semitones"
    );
}

#[tokio::test(start_paused = true)]
async fn lines_are_spoken_a_few_at_once_and_told_one_by_one() {
    let other = Arc::new(voices("b", &TWO));
    let mut settings = company();
    settings.conversation.parallel = 2;
    let engine = engine_with(&[&other], settings);
    let (heard, begun) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let told = |progress: Progress<'_>| {
        let told = match progress {
            Progress::Cast { speakers, lines, done } => {
                format!("{} cast for {lines}, {done} done", speakers.len())
            }
            Progress::Begun { index, speaker, text } => {
                begun.lock().unwrap().push(format!("{index} {speaker}: {text}"));
                return;
            }
            Progress::Line { index, speaker, .. } => format!("{index} {speaker}"),
            other => format!("{other:?}"),
        };
        heard.lock().unwrap().push(told);
    };
    engine.converse(performing(SCENE), told).await.unwrap();
    assert!(other.running_max() <= 2);
    let heard = heard.into_inner().unwrap();
    assert_eq!((heard[0].as_str(), heard[5].as_str(), heard.len()), ("2 cast for 4, 0 done", "Joining", 6));
    assert!(heard.contains(&"3 Old Bram".to_owned()), "{heard:?}");
    let begun = begun.into_inner().unwrap();
    assert_eq!((begun.len(), begun[0].as_str()), (4, "0 Captain Nova: We sail at dawn!"), "{begun:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_stops_every_call() {
    let mut other = voices("b", &TWO);
    other.steps = vec![understudy_engine::scripted::Step::Hang];
    let other = Arc::new(other);
    let engine = engine_with(&[&other], company());
    let performing = tokio::spawn({
        let engine = engine.clone();
        async move { engine.converse(performing(SCENE), |_| {}).await.map(|_| ()) }
    });
    other.until(|other| other.running() == 4).await;
    performing.abort();
    other.until(|other| other.running() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn cues_carry_the_speakers_names() {
    let engine = engine_with(&[&Arc::new(voices("b", &TWO))], company());
    let cues = perform(&engine, "Captain Nova: Ay.\nOld Bram: No.").await.cues(&CueOptions::default());
    assert_eq!(
        srt(&cues),
        "1\n00:00:00,000 --> 00:00:01,000\nCaptain Nova: Ay.\n\n2\n00:00:01,350 --> 00:00:02,350\nOld Bram: No.\n\n"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_cast_is_played_so() {
    let (house, other) = (Arc::new(house("box")), Arc::new(voices("b", &TWO)));
    let mut settings = company();
    let nova = settings.characters.get_mut("captain-nova").unwrap();
    nova.cast = vec![part(Plays::Voice, "b", "mike"), part(Plays::Character, "box", "char_1")];
    let engine = engine_with(&[&house, &other], settings);
    let conversation = perform(&engine, SCENE).await;
    assert_eq!(who(&conversation), "b/mike, box/char_2, b/mike, box/char_2");
    assert_eq!(conversation.speakers.iter().map(|speaker| speaker.is_own).collect::<Vec<_>>(), [false, true]);
}

/// A provider that speaks without a fault until so many lines are spoken, and then fails for good.
fn dying(mut provider: Scripted, after: usize) -> Arc<Scripted> {
    let steps = std::mem::take(&mut provider.steps);
    for _ in 0..after {
        provider.queue(steps.clone());
    }
    provider.steps = vec![understudy_engine::scripted::Step::Fail(crate::unavailable().into())];
    Arc::new(provider)
}
