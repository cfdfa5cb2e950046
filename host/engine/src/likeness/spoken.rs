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

/// True when both tags name one spoken language, whatever the region: `cmn-CN` and `zh-TW`, but not
/// `zh-CN` and `zh-HK`.
#[must_use]
pub fn same_language(one: &Language, two: &Language) -> bool {
    Spoken::of(one).language == Spoken::of(two).language
}

/// True when a list that is searched for `wanted` shows who speaks `spoken`: the same language, by its
/// sound or, where no region is named, by its tag, and the same region where both name one.
#[must_use]
pub fn speaks(spoken: &Language, wanted: &Language) -> bool {
    let by_tag = || spoken.primary() == wanted.primary() && wanted.region().is_none();
    let same_region = match (spoken.region(), wanted.region()) {
        (Some(one), Some(two)) => one == two,
        _ => true,
    };
    same_region && (same_language(spoken, wanted) || by_tag())
}

/// The primary languages under which a voice of `language` is looked for: `yue` and `zh` for `zh-HK`,
/// `nb` for `no`.
pub(crate) fn known_as(language: &Language) -> impl Iterator<Item = &str> {
    let (spoken, written) = (Spoken::of(language).language, language.primary());
    std::iter::once(spoken).chain((written == "zh" && spoken != written).then_some(written))
}
