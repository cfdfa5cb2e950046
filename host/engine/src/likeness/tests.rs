//! The claims a listener would make about substitutes, and what must hold for any voices.

mod claims;
mod properties;

use understudy_speech::{Gender, Voice};

use super::*;

fn voice(id: &str, language: &str, gender: Option<Gender>) -> Voice {
    Voice {
        id: id.to_owned(),
        name: id.to_owned(),
        languages: language.split_whitespace().map(|tag| tag.parse().unwrap()).collect(),
        gender,
        age: None,
        styles: Vec::new(),
        emotions: Vec::new(),
        neural: true,
        premium: false,
        sample_rate: Some(24_000),
        description: None,
        labels: Vec::new(),
    }
}

const FEMALE: Option<Gender> = Some(Gender::Female);
const MALE: Option<Gender> = Some(Gender::Male);

/// The reasons of one judgement that cost anything, as a person reads them.
fn faults(wanted: &Wanted<'_>, candidate: &Voice) -> String {
    let told = judge(wanted, candidate).reasons.into_iter().filter(|reason| reason.cost > 0.0);
    told.map(|reason| reason.to_string()).collect::<Vec<_>>().join("; ")
}
