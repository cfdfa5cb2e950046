//! Which tags name the same spoken language.
//!
//! A tag is mostly about writing; a voice is about speech. Cantonese is written `zh-HK` at Azure
//! and `yue-HK` at Google, and a Mandarin voice is no substitute for it though `zh-CN` shares its
//! first letters. Google says `cmn-CN` for what the others call `zh-CN`. The rest are codes that
//! the IANA registry deprecates or that the providers' lists disagree on.

use understudy_speech::Language;

/// The spoken language and its region: what is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spoken<'l> {
    pub(super) language: &'l str,
    pub(super) region: Option<&'l str>,
}

impl<'l> Spoken<'l> {
    pub(super) fn of(language: &'l Language) -> Self {
        let region = language.region();
        let spoken = match (language.primary(), region) {
            ("zh", Some("HK" | "MO")) | ("yue", _) => "yue",
            ("cmn", _) => "zh",
            ("no", _) => "nb",
            ("tl", _) => "fil",
            ("iw", _) => "he",
            ("jw", _) => "jv",
            ("in", _) => "id",
            (primary, _) => primary,
        };
        Self { language: spoken, region }
    }
}

/// True when who speaks `spoken` speaks `wanted`: the same language, by its tag or by its sound, and
/// the same region where both name one.
pub(crate) fn speaks(spoken: &Language, wanted: &Language) -> bool {
    let (one, two) = (Spoken::of(spoken), Spoken::of(wanted));
    let same_language =
        one.language == two.language || (spoken.primary() == wanted.primary() && wanted.region().is_none());
    let same_region = match (one.region, two.region) {
        (Some(one), Some(two)) => one == two,
        _ => true,
    };
    same_language && same_region
}

/// The primary languages under which a voice of `language` is looked for: `yue` and `zh` for `zh-HK`,
/// `nb` for `no`.
pub(crate) fn known_as(language: &Language) -> impl Iterator<Item = &str> {
    let (spoken, written) = (Spoken::of(language).language, language.primary());
    std::iter::once(spoken).chain((written == "zh" && spoken != written).then_some(written))
}
