//! Voice ids that mean something.
//!
//! Two name schemes are documented well enough to be read, and shared by several providers:
//!
//! - Microsoft's, at Azure and Edge: `en-US-AriaNeural`, `zh-CN-liaoning-XiaobeiNeural`,
//!   `en-US-AvaMultilingualNeural`, `en-US-Ava:DragonHDLatestNeural`, and the long form
//!   `Microsoft Server Speech Text to Speech Voice (en-US, AriaNeural)`. MoneyPrinterTurbo and its
//!   kin hang `-Female`, `-Male` or `-V2` behind them.
//! - Google's: `en-US-Neural2-C`, `en-US-Chirp3-HD-Kore`. The thirty stars of Chirp 3 are also
//!   Gemini's voices, under their bare names; their genders are from Google's list of them.
//!
//! Any other id is a name and says nothing.

use understudy_speech::Gender;

/// What an id says by its scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scheme<'i> {
    /// `en-US`, as written.
    pub(super) locale: Option<&'i str>,
    /// What names the voice within the locale: `AriaNeural`, `Chirp3-HD-Kore`.
    pub(super) model: &'i str,
    /// The person: `Aria`, `Kore`.
    pub(super) persona: Option<&'i str>,
    pub(super) gender: Option<(Gender, &'static str)>,
    pub(super) neural: bool,
    pub(super) premium: bool,
}

const LONG_FORM: &str = "Microsoft Server Speech Text to Speech Voice (";
const BY_SUFFIX: &str = "read from the end of the id";
const BY_STAR: &str = "by Google's list of this voice's names";

impl<'i> Scheme<'i> {
    /// Reads `id`, when it follows a known scheme.
    pub(super) fn parse(id: &'i str) -> Option<Self> {
        microsoft(id).or_else(|| google(id)).or_else(|| star_alone(id))
    }

    /// Both ids name one voice.
    pub(super) fn is_same_voice(&self, other: &Self) -> bool {
        let same_locale = match (self.locale, other.locale) {
            (Some(one), Some(two)) => one.eq_ignore_ascii_case(two),
            (one, two) => one == two,
        };
        same_locale && self.model.eq_ignore_ascii_case(other.model)
    }
}

fn microsoft(id: &str) -> Option<Scheme<'_>> {
    let (id, gender) = without_gender(without_suffix(id, "-V2").unwrap_or(id));
    let (locale, model) = match id.strip_prefix(LONG_FORM) {
        Some(inner) => inner.strip_suffix(')')?.split_once(", ")?,
        None => id.rsplit_once('-')?,
    };
    let stem = without_suffix(model, "Neural")?;
    // A locale is at least `xx-YY`; otherwise `my-Neural` would be Burmese.
    if !is_locale(locale) || stem.is_empty() {
        return None;
    }
    let (persona, high) = match stem.split_once(':') {
        Some((persona, model)) => (persona, model.contains("HD")),
        None => (stem, false),
    };
    let persona = ["Multilingual", "TurboMultilingual"]
        .iter()
        .filter_map(|suffix| without_suffix(persona, suffix))
        .min_by_key(|persona| persona.len())
        .unwrap_or(persona);
    let gender = gender.map(|gender| (gender, BY_SUFFIX));
    Some(Scheme {
        locale: Some(locale),
        model,
        persona: (!persona.is_empty()).then_some(persona),
        gender,
        neural: true,
        premium: high,
    })
}

fn without_suffix<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix).then_some(rest)
}

fn without_gender(id: &str) -> (&str, Option<Gender>) {
    for (suffix, gender) in [("-Female", Gender::Female), ("-Male", Gender::Male)] {
        if let Some(rest) = without_suffix(id, suffix) {
            return (without_suffix(rest, "-V2").unwrap_or(rest), Some(gender));
        }
    }
    (id, None)
}

fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let language = parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && is_letters(part));
    let region = parts.next().is_some_and(|part| (2..=4).contains(&part.len()));
    language && region
}

/// Google's families: name, neural, premium.
const FAMILIES: [(&str, bool, bool); 9] = [
    ("Standard", false, false),
    ("Wavenet", true, false),
    ("Neural2", true, false),
    ("News", true, false),
    ("Polyglot", true, false),
    ("Casual", true, false),
    ("Studio", true, true),
    ("Journey", true, true),
    ("Chirp", true, true),
];

fn google(id: &str) -> Option<Scheme<'_>> {
    let language_end = id.find('-')?;
    let locale_end = language_end + 1 + id.get(language_end + 1..)?.find('-')?;
    let (locale, model) = (id.get(..locale_end)?, id.get(locale_end + 1..)?);
    let family = model.split('-').next()?;
    let is_family = |name: &str| {
        let family =
            if name == "Chirp" { family.trim_end_matches(|end: char| end.is_ascii_digit()) } else { family };
        family.eq_ignore_ascii_case(name)
    };
    let (_, neural, premium) = FAMILIES.iter().copied().find(|(name, ..)| is_family(name))?;
    if !is_locale(locale) {
        return None;
    }
    let star = model.rsplit('-').next().filter(|last| gender_of_star(last).is_some());
    let gender = star.and_then(gender_of_star).map(|gender| (gender, BY_STAR));
    Some(Scheme { locale: Some(locale), model, persona: star, gender, neural, premium })
}

/// A star by its bare name is Gemini's voice: the same person, in any language.
fn star_alone(id: &str) -> Option<Scheme<'_>> {
    let gender = Some((gender_of_star(id)?, BY_STAR));
    Some(Scheme { locale: None, model: id, persona: Some(id), gender, neural: true, premium: true })
}

const STARS_FEMALE: [&str; 14] = [
    "Achernar",
    "Aoede",
    "Autonoe",
    "Callirrhoe",
    "Despina",
    "Erinome",
    "Gacrux",
    "Kore",
    "Laomedeia",
    "Leda",
    "Pulcherrima",
    "Sulafat",
    "Vindemiatrix",
    "Zephyr",
];
const STARS_MALE: [&str; 16] = [
    "Achird",
    "Algenib",
    "Algieba",
    "Alnilam",
    "Charon",
    "Enceladus",
    "Fenrir",
    "Iapetus",
    "Orus",
    "Puck",
    "Rasalgethi",
    "Sadachbia",
    "Sadaltager",
    "Schedar",
    "Umbriel",
    "Zubenelgenubi",
];

fn gender_of_star(name: &str) -> Option<Gender> {
    let is_in = |stars: &[&str]| stars.iter().any(|star| star.eq_ignore_ascii_case(name));
    match () {
        () if is_in(&STARS_FEMALE) => Some(Gender::Female),
        () if is_in(&STARS_MALE) => Some(Gender::Male),
        () => None,
    }
}
