//! What a caller asks of the catalogue, read from strings as HTTP and the command line have them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use understudy_speech::{Gender, Language, Voice};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::likeness::speaks;

/// Voices of a page when nobody says how many.
const LIMIT: usize = 100;
/// The most voices of a page. Past it an answer is hundreds of kilobytes, which is what pages are
/// against.
const LIMIT_MAX: usize = 1000;
/// Characters of a search; every one is compared with every voice.
const SEARCH_MAX: usize = 200;

/// A query as it is written; empty strings count as not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawQuery<'q> {
    /// A tag: `en` for all of English, `en-US` for one region.
    pub language: Option<&'q str>,
    /// `female`, `male`, `neutral` or `unknown`.
    pub gender: Option<&'q str>,
    /// A style or an emotion.
    pub style: Option<&'q str>,
    /// A provider's name in the cast.
    pub provider: Option<&'q str>,
    /// Words that must all stand in name, id, description or labels.
    pub search: Option<&'q str>,
    /// Voices of a page, 1 to 1000. Default 100.
    pub limit: Option<&'q str>,
    /// The last page's `next`.
    pub cursor: Option<&'q str>,
}

/// Which genders are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GenderFilter {
    /// Voices that are listed as this.
    Is(Gender),
    /// Voices of which the list says nothing.
    Unknown,
}

/// A query that makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Speaks this language.
    pub language: Option<Language>,
    /// Sounds so.
    pub gender: Option<GenderFilter>,
    /// Offers this style or emotion.
    pub style: Option<String>,
    /// Belongs to this provider.
    pub provider: Option<String>,
    /// All of these words stand somewhere, folded.
    pub search: Vec<String>,
    /// The most voices of a page.
    pub limit: usize,
    /// Where the page begins.
    pub cursor: Option<String>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            language: None,
            gender: None,
            style: None,
            provider: None,
            search: Vec::new(),
            limit: LIMIT,
            cursor: None,
        }
    }
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No language tag.
    #[error("language must be a BCP-47 tag such as en or en-US, got {0}")]
    Language(String),
    /// No gender.
    #[error("gender must be female, male, neutral or unknown, got {0}")]
    Gender(String),
    /// Too much to look for.
    #[error("search must have {SEARCH_MAX} characters or fewer, got {0}")]
    Search(usize),
    /// No number of voices.
    #[error("limit must be between 1 and {LIMIT_MAX}, got {0}")]
    Limit(String),
    /// Not a cursor of ours, or one of other filters.
    #[error("cursor {0}")]
    Cursor(&'static str),
    /// No such provider.
    #[error("provider is not known: {name}")]
    UnknownProvider {
        /// As asked for.
        name: String,
        /// The one that was probably meant.
        suggestion: Option<String>,
    },
}

impl QueryError {
    /// The parameter that is to blame.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Language(_) => "language",
            Self::Gender(_) => "gender",
            Self::Search(_) => "search",
            Self::Limit(_) => "limit",
            Self::Cursor(_) => "cursor",
            Self::UnknownProvider { .. } => "provider",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownProvider { suggestion: Some(name), .. } => Some(format!("did you mean {name}?")),
            Self::Cursor(_) => Some("ask for the first page, without a cursor".to_owned()),
            _ => None,
        }
    }
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// The first parameter that makes no sense; its cursor and provider are judged by
    /// [`Catalogue::page`](super::Catalogue::page).
    pub fn read(raw: &RawQuery<'_>) -> Result<Self, QueryError> {
        let search = given(raw.search).map_or(Ok(Vec::new()), terms)?;
        Ok(Self {
            language: given(raw.language)
                .map(|tag| tag.parse().map_err(|_| QueryError::Language(shown(tag))))
                .transpose()?,
            gender: given(raw.gender).map(str::parse).transpose()?,
            style: given(raw.style).map(plain),
            provider: given(raw.provider).map(str::to_owned),
            search,
            limit: given(raw.limit).map_or(Ok(LIMIT), limit)?,
            cursor: given(raw.cursor).map(str::to_owned),
        })
    }

    /// The filters alone, in a number: cursors are bound to it.
    pub(super) fn digest(&self) -> u64 {
        let Self { language, gender, style, provider, search, limit: _, cursor: _ } = self;
        let mut hasher = DefaultHasher::new();
        (language, gender, style, provider, search).hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn fits_language(&self, voice: &Voice) -> bool {
        self.language
            .as_ref()
            .is_none_or(|wanted| voice.languages.iter().any(|spoken| speaks(spoken, wanted)))
    }

    pub(super) fn fits_gender(&self, voice: &Voice) -> bool {
        self.gender.is_none_or(|wanted| match wanted {
            GenderFilter::Is(gender) => voice.gender == Some(gender),
            GenderFilter::Unknown => voice.gender.is_none(),
        })
    }

    pub(super) fn fits_style(&self, voice: &Voice) -> bool {
        let offered = || voice.styles.iter().chain(&voice.emotions);
        self.style.as_ref().is_none_or(|wanted| offered().any(|style| plain(style) == *wanted))
    }

    pub(super) fn fits_search(&self, voice: &Voice) -> bool {
        if self.search.is_empty() {
            return true;
        }
        let mut words = vec![fold(&voice.name), fold(&voice.id)];
        words.extend(voice.description.as_deref().map(fold));
        words.extend(voice.labels.iter().map(|(_, value)| fold(value)));
        self.search.iter().all(|term| words.iter().any(|word| word.contains(term)))
    }
}

impl FromStr for GenderFilter {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_lowercase().as_str() {
            "female" => Ok(Self::Is(Gender::Female)),
            "male" => Ok(Self::Is(Gender::Male)),
            "neutral" => Ok(Self::Is(Gender::Neutral)),
            "unknown" => Ok(Self::Unknown),
            _ => Err(QueryError::Gender(shown(text))),
        }
    }
}

/// What a query says; forms send empty fields for what nobody filled in.
#[must_use]
pub fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// Enough of a wrong value to know it again.
fn shown(value: &str) -> String {
    value.chars().take(40).collect()
}

fn terms(search: &str) -> Result<Vec<String>, QueryError> {
    let length = search.chars().count();
    if length > SEARCH_MAX {
        return Err(QueryError::Search(length));
    }
    let mut terms: Vec<_> = fold(search).split_whitespace().map(str::to_owned).collect();
    terms.sort_unstable();
    terms.dedup();
    Ok(terms)
}

fn limit(text: &str) -> Result<usize, QueryError> {
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| QueryError::Limit(shown(text)))
}

/// A style's name for comparison: `Customer Service` is `customer-service`.
pub(super) fn plain(style: &str) -> String {
    style.trim().to_lowercase().replace(['_', ' '], "-")
}

/// Without case and accents, as people search: `Zoe` finds `Zoé`.
pub(super) fn fold(text: &str) -> String {
    text.nfkd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase).collect()
}
