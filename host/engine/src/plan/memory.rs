//! Stand-ins that were found before.
//!
//! While a provider is down every request for one of its voices looks for the same stand-in among
//! several hundred voices. What was found holds as long as both lists are what they were, so it is
//! found once. Requests name voices, and anybody can send requests, so the memory is bounded: a
//! full one is emptied, which costs the next few requests a search each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use understudy_speech::{Language, Voice};

use super::Plan;
use super::stand_in::StandIn;
use crate::settings::VoicePolicy;

/// Searches remembered at one provider.
const SEARCHES_MAX: usize = 512;

/// What was found at one provider.
#[derive(Debug, Default)]
pub(crate) struct StandIns {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The list it was searched in.
    list: Option<Arc<[Voice]>>,
    found: HashMap<Search, (Option<Voice>, Result<StandIn, String>)>,
}

/// Everything that decides who stands in, but for what the lists say.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Search {
    provider: String,
    voice: Option<String>,
    /// The character, whose feelings do not change who plays it.
    character: Option<String>,
    language: Option<Language>,
    style: Option<String>,
    emotion: Option<String>,
    policy: VoicePolicy,
    min_score: u32,
}

impl StandIns {
    /// The stand-in in `list` for the voice `asked` and a text in `language`, from memory or from
    /// `search`.
    pub(super) fn recall(
        &self,
        plan: &Plan,
        language: Option<&Language>,
        asked: Option<&Voice>,
        list: &Arc<[Voice]>,
        search: impl FnOnce() -> Result<StandIn, String>,
    ) -> Result<StandIn, String> {
        let persona = plan.persona.as_deref().filter(|_| plan.asked.voice.is_none());
        let wanted = Search {
            provider: plan.asked.provider.clone(),
            voice: plan.asked.voice.clone(),
            language: language.cloned(),
            character: persona.map(|persona| persona.id.clone()),
            style: plan.request.style.clone().filter(|_| persona.is_none()),
            emotion: plan.request.emotion.clone().filter(|_| persona.is_none()),
            policy: plan.terms.rules.voice_policy,
            min_score: plan.terms.rules.min_score.to_bits(),
        };
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = lock();
        if known.list.as_ref().is_none_or(|known| !Arc::ptr_eq(known, list)) {
            *known = Known { list: Some(Arc::clone(list)), found: HashMap::new() };
        }
        if let Some((was, found)) = known.found.get(&wanted)
            && was.as_ref() == asked
        {
            return found.clone();
        }
        drop(known);
        let found = search();
        let mut known = lock();
        if known.found.len() >= SEARCHES_MAX {
            known.found.clear();
        }
        if known.list.as_ref().is_some_and(|known| Arc::ptr_eq(known, list)) {
            known.found.insert(wanted, (asked.cloned(), found.clone()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::Cast;
    use crate::provenance::{Casting, How};
    use crate::request::SpeechRequest;
    use crate::settings::EngineSettings;
    use understudy_speech::Request;

    fn plan(voice: &str) -> Plan {
        let member = crate::cast::Member::new("a", Arc::new(crate::scripted::Scripted::new("a", Vec::new())));
        let mut request = Request::text("x");
        request.voice = Some(format!("a/{voice}"));
        let wanted = SpeechRequest::new("r-1", request);
        super::super::plan(&Cast::new(vec![member]), &EngineSettings::default(), wanted, None).unwrap()
    }

    #[test]
    fn a_search_is_made_once_while_the_list_stands_and_the_memory_is_bounded() {
        let (memory, list) = (StandIns::default(), Arc::<[Voice]>::from(Vec::new()));
        let mut searches = 0;
        let mut ask = |list: &Arc<[Voice]>, voice: &str| {
            let found = memory.recall(&plan(voice), None, None, list, || {
                searches += 1;
                let casting = Casting::by(How::Nearest);
                Ok(StandIn { voice: voice.to_owned(), trim: None, casting })
            });
            assert_eq!(found.unwrap().voice, voice);
            searches
        };
        assert_eq!((ask(&list, "amy"), ask(&list, "amy"), ask(&list, "bob")), (1, 1, 2));
        let newer = Arc::<[Voice]>::from(Vec::new());
        assert_eq!((ask(&newer, "amy"), ask(&newer, "amy")), (3, 3));
        for voice in 0..2 * SEARCHES_MAX {
            ask(&newer, &voice.to_string());
        }
        assert!(memory.known.lock().unwrap().found.len() <= SEARCHES_MAX);
    }
}
