//! A plugin as the component's exports.

use std::marker::PhantomData;
use std::sync::Once;

use super::character::exports::understudy::provider::characters as character;
use super::speech::exports::understudy::provider::provider as speech;
use super::speech::understudy::provider::types;
use super::vocabulary::object;
use crate::log::Level;
use crate::{CharacterPlugin, Line, Plugin, Script, Take, host};

/// What `export!` exports: a plugin behind the generated traits.
pub struct Guest<P>(PhantomData<P>);

/// A panic ends in a trap, of which the host sees an address in the code and no more. The hook
/// tells what and where while there is still somebody to tell.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let reason = panic.payload_as_str().unwrap_or("no message").to_owned();
            let mut fields = vec![("reason".to_owned(), reason)];
            if let Some(location) = panic.location() {
                fields.push(("location".to_owned(), location.to_string()));
            }
            host::log(Level::Error, "plugin panicked", &fields);
        }));
    });
}

impl<P: Plugin> speech::Guest for Guest<P> {
    fn describe() -> speech::Manifest {
        report_panics();
        P::describe().into()
    }

    fn check() -> Result<(), types::Error> {
        report_panics();
        Ok(P::check()?)
    }

    fn voices() -> Result<Vec<types::Voice>, types::Error> {
        report_panics();
        Ok(P::voices()?.into_iter().map(Into::into).collect())
    }

    fn synthesize(request: types::Request) -> Result<types::Summary, types::Error> {
        report_panics();
        Ok(P::synthesize(request.into(), &mut Take::new())?.into())
    }
}

impl<P: CharacterPlugin> character::Guest for Guest<P> {
    fn characters() -> Result<Vec<types::Character>, types::Error> {
        report_panics();
        Ok(P::characters()?.into_iter().map(Into::into).collect())
    }

    fn converse(script: character::Script) -> Result<types::Summary, types::Error> {
        report_panics();
        Ok(P::converse(script.into(), &mut Take::new())?.into())
    }
}

impl From<character::Script> for Script {
    fn from(script: character::Script) -> Self {
        Self {
            lines: script.lines.into_iter().map(Into::into).collect(),
            gap_ms: script.gap_ms,
            language: script.language,
            encodings: script.encodings.into_iter().map(Into::into).collect(),
            sample_rate: script.sample_rate,
            words: script.words,
            options: script.options.as_deref().and_then(object),
        }
    }
}

impl From<character::Line> for Line {
    fn from(line: character::Line) -> Self {
        Self {
            emotion: line.emotion,
            intensity: line.intensity,
            pause_ms: line.pause_ms,
            ..Self::new(line.character, line.text)
        }
    }
}
