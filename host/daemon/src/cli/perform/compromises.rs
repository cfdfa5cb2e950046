//! What a performance is not that it was meant to be, in sentences: who failed, who stood in, and what
//! became of feelings that a voice does not know.

use understudy_engine::{Conversation, Recasting, Speaker, SpokenLine, VoiceId};

use super::voice;

/// Everything a listener might stumble over. What is true of several lines is said once.
pub(super) fn of(conversation: &Conversation) -> Vec<String> {
    let Conversation { speakers, lines, recasts, .. } = conversation;
    let mut told: Vec<String> = recasts.iter().filter_map(recast).collect();
    told.extend(speakers.iter().filter_map(stood_in));
    told.extend(lines.iter().enumerate().filter_map(|(index, line)| {
        let is_another = |speaker: &&Speaker| {
            speaker.provider != line.provider || line.voice.as_ref() != Some(&speaker.voice)
        };
        let speaker = speakers.get(line.speaker).filter(is_another)?;
        Some(changed(index, line, speaker))
    }));
    let mut lost: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        for sentence in lost_of(line) {
            match lost.iter_mut().find(|(known, _)| *known == sentence) {
                Some((_, places)) => places.push(index + 1),
                None => lost.push((sentence, vec![index + 1])),
            }
        }
    }
    told.extend(lost.into_iter().map(|(sentence, places)| format!("{sentence} in {}", lines_of(&places))));
    told
}

fn recast(recasting: &Recasting) -> Option<String> {
    let Recasting { provider, code, line, recast, .. } = recasting;
    if recast.is_empty() {
        return None;
    }
    let place = line.map_or_else(|| "the whole".to_owned(), |line| format!("line {}", line + 1));
    Some(format!("{provider} failed at {place} ({code}), cast again: {}", recast.join(", ")))
}

fn stood_in(speaker: &Speaker) -> Option<String> {
    let (name, who, why) = (&speaker.name, voice(speaker), speaker.substituted?);
    let found = match speaker.casting.score {
        Some(score) => format!("its voice is the nearest, {score:.2} of 1"),
        None => "the configuration casts it".to_owned(),
    };
    Some(format!("{name} could not be played ({why}), {who} stood in: {found}"))
}

/// A line that was spoken by somebody else than its character is.
fn changed(index: usize, line: &SpokenLine, speaker: &Speaker) -> String {
    let who = VoiceId::new(line.provider.as_str(), line.voice.clone().unwrap_or_default());
    let substituted = line.provenance.as_ref().and_then(|told| told.substituted.as_ref());
    let why = substituted.map(|told| format!(" ({})", told.why)).unwrap_or_default();
    format!("line {} of {} was spoken by {who} alone{why}", index + 1, speaker.name)
}

fn lost_of(line: &SpokenLine) -> Vec<String> {
    let Some(told) = &line.provenance else { return Vec::new() };
    let mut sentences = Vec::new();
    if !told.dropped.is_empty() {
        sentences.push(format!("{} cannot honour {}", line.provider, told.dropped.join(", ")));
    }
    sentences.extend(told.notes.iter().cloned());
    sentences
}

fn lines_of(places: &[usize]) -> String {
    let list = places.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    if places.len() == 1 { format!("line {list}") } else { format!("lines {list}") }
}
