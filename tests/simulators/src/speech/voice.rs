//! The voice: written words in, samples and marks out.

use std::sync::LazyLock;

use flite_rs::text::Token;
use flite_rs::utterance::{ItemId, Utterance};
use flite_rs::voice::synthesise;
use flite_rs::{Engine, Voice, VoiceParams};
use std::sync::Arc;

use super::script::Written;
use super::{Manner, Mark, NATIVE_RATE, Spoken};

/// Sentences are cut here: past two or three thousand words the voice's time grows faster than
/// the text.
const SENTENCE_WORDS_MAX: usize = 60;

/// The voice is recorded at about −30 dBFS; a service speaks louder.
const GAIN: f32 = 2.0;

struct Kal {
    language: Arc<flite_rs::language::Language>,
    voice: Option<Voice>,
}

static KAL: LazyLock<Kal> = LazyLock::new(|| Kal {
    language: Engine::new().language(),
    voice: Voice::parse(flite_rs::KAL16_VOICE_DATA).ok(),
});

/// Says the words in order.
pub(super) fn speak(words: Vec<Written>, manner: &Manner) -> Spoken {
    let mut spoken = Spoken { sample_rate: NATIVE_RATE, ..Spoken::default() };
    let Some(voice) = KAL.voice.as_ref() else { return spoken };
    let params = params(voice.params(), manner);
    let gain = GAIN * 10_f32.powf(manner.gain_db / 20.0);
    for sentence in sentences(words) {
        say(voice, &params, &sentence, gain, &mut spoken);
    }
    spoken
}

fn sentences(words: Vec<Written>) -> Vec<Vec<Written>> {
    let mut sentences = vec![Vec::new()];
    for word in words {
        let ends = word.ends_sentence;
        if let Some(sentence) = sentences.last_mut() {
            sentence.push(word);
            if ends || sentence.len() == SENTENCE_WORDS_MAX {
                sentences.push(Vec::new());
            }
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

fn params(own: VoiceParams, manner: &Manner) -> VoiceParams {
    // Three quarters to one and a half times the voice's own pitch stays clear to the ear.
    let timbre = 0.75 + 0.75 * f32::from(fold(&manner.voice)) / 255.0;
    VoiceParams {
        duration_stretch: own.duration_stretch / manner.rate.clamp(0.1, 10.0),
        f0_shift: own.f0_shift * timbre * 2_f32.powf(manner.semitones.clamp(-20.0, 20.0) / 12.0),
        ..own
    }
}

/// FNV-1a, folded to a byte.
fn fold(name: &str) -> u8 {
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.to_le_bytes().into_iter().fold(0, |folded, byte| folded ^ byte)
}

fn say(voice: &Voice, params: &VoiceParams, sentence: &[Written], gain: f32, spoken: &mut Spoken) {
    let (tokens, owners) = tokens(sentence);
    let utterance = flite_rs::pipeline::analyse(&KAL.language, &tokens, params);
    let audio = synthesise(voice, &utterance, params);
    let offset = spoken.seconds();
    spoken.samples.extend(audio.samples.iter().map(|sample| amplify(*sample, gain)));

    let mut previous: Option<usize> = None;
    for (token, owner) in utterance.iter_relation("Token").zip(owners) {
        let Some(((start, end), word)) = times(&utterance, token).zip(sentence.get(owner)) else { continue };
        let (start, end) = (offset + f64::from(start), offset + f64::from(end));
        if previous == Some(owner) {
            if let Some(mark) = spoken.marks.last_mut() {
                mark.end = end;
            }
        } else {
            spoken.marks.push(Mark { span: word.span.clone(), start, end });
        }
        previous = Some(owner);
    }
}

fn amplify(sample: i16, gain: f32) -> i16 {
    let loud = (f32::from(sample) * gain).round().clamp(f32::from(i16::MIN), f32::from(i16::MAX));
    loud as i16
}

/// The voice's tokens, and for each the word it came from.
fn tokens(sentence: &[Written]) -> (Vec<Token>, Vec<usize>) {
    let mut tokens = Vec::new();
    let mut owners = Vec::new();
    for (index, word) in sentence.iter().enumerate() {
        for name in word.said.split_whitespace() {
            tokens.push(Token { whitespace: " ".to_owned(), name: name.to_owned(), ..Token::default() });
            owners.push(index);
        }
        if let Some(last) = tokens.last_mut() {
            let mark = if word.ends_sentence { "." } else { "," };
            last.punctuation = if word.pause { mark } else { "" }.to_owned();
        }
    }
    (tokens, owners)
}

/// When a token begins and ends in its sentence, in seconds: its first segment's predecessor's end
/// to its last segment's end.
fn times(utterance: &Utterance, token: ItemId) -> Option<(f32, f32)> {
    let first = utterance.daughter(token)?;
    let last = utterance.last_daughter(token)?;
    let first = segment(utterance, first, Utterance::daughter)?;
    let last = segment(utterance, last, Utterance::last_daughter)?;
    let start = utterance.prev(first).map_or(0.0, |before| utterance.feature_f32(before, "end"));
    Some((start, utterance.feature_f32(last, "end")))
}

/// A word's first or last segment, by way of its syllables.
fn segment(
    utterance: &Utterance,
    word: ItemId,
    step: fn(&Utterance, ItemId) -> Option<ItemId>,
) -> Option<ItemId> {
    let word = utterance.item_as(word, "SylStructure")?;
    let syllable = step(utterance, word)?;
    let segment = step(utterance, syllable)?;
    utterance.item_as(segment, "Segment")
}
