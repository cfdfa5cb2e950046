//! What `say` asks for and `explain` tells about.

use understudy_engine::SpeechRequest;
use understudy_speech::{Request, Utterance};

use super::args::Wish;
use super::request_id::request_id;

impl Wish {
    /// The request for `text`. Weights draw by its id, so one that is explained has the id of one that is said.
    pub(super) fn request(&self, text: String) -> SpeechRequest {
        let id = request_id("say", &text);
        let request = Request {
            utterance: if self.ssml { Utterance::Ssml(text) } else { Utterance::Text(text) },
            voice: self.voice.clone(),
            language: self.language.clone(),
            rate: self.rate,
            pitch: self.pitch,
            volume: self.volume,
            style: self.style.clone(),
            emotion: self.emotion.clone(),
            intensity: self.intensity,
            character: self.character.clone(),
            ..Request::text("")
        };
        SpeechRequest {
            provider: self.provider.clone(),
            route: self.route.clone(),
            fallback: self.no_fallback.then_some(false),
            ..SpeechRequest::new(id, request)
        }
    }
}
