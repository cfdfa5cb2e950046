//! What each difference between two voices costs, in one place.
//!
//! The costs are a judgement, and its order is what matters; the tests hold it to these claims.
//! A voice of the right language beats every voice of a wrong one, whatever else fits, because
//! wrong language is not speech but noise; hence [`LANGUAGE_OTHER`] is more than all the rest and a
//! foreign region together. Within a language gender comes first, since it is what a listener
//! notices before any word is understood, and outweighs age, style, quality, rate and name
//! together but for the accent. Unknown lies between same and different everywhere.

/// A voice of the bare language (`en`) asked for a region's (`en-GB`): the accent is left open.
pub(super) const LANGUAGE_BARE: f32 = 0.02;
/// A voice made for another language that also speaks the wanted one, with its accent.
pub(super) const LANGUAGE_SECOND: f32 = 0.04;
/// The same language of another region.
pub(super) const LANGUAGE_REGION: f32 = 0.10;
/// A language list that is empty, or a part whose language nobody named.
pub(super) const LANGUAGE_UNKNOWN: f32 = 0.40;
/// Another language.
pub(super) const LANGUAGE_OTHER: f32 = 0.80;

/// One of the two is neutral, or neither is known.
pub(super) const GENDER_UNKNOWN: f32 = 0.15;
/// Female for male, or the reverse.
pub(super) const GENDER_OTHER: f32 = 0.32;

/// One of the ages is not known.
pub(super) const AGE_UNKNOWN: f32 = 0.02;
/// The neighbouring age: young for adult.
pub(super) const AGE_NEXT: f32 = 0.03;
/// Two or more ages apart.
pub(super) const AGE_FAR: f32 = 0.07;

/// The style, or the emotion, is not among those the voice offers.
pub(super) const MANNER_MISSING: f32 = 0.05;

/// None of the words for a personality is said of the voice.
pub(super) const TRAITS_MISSING: f32 = 0.03;

/// Premium for base, or the reverse.
pub(super) const QUALITY_TIER: f32 = 0.01;
/// Nothing but an id is known of the wanted voice.
pub(super) const QUALITY_UNKNOWN: f32 = 0.02;
/// Neural for not neural, or the reverse.
pub(super) const QUALITY_OTHER: f32 = 0.05;

/// One of the rates is not known.
pub(super) const RATE_UNKNOWN: f32 = 0.01;
/// Fewer samples a second than the wanted voice has.
pub(super) const RATE_LOWER: f32 = 0.02;

/// A voice without a name to compare.
pub(super) const NAME_UNKNOWN: f32 = 0.02;
/// A persona of another name.
pub(super) const NAME_OTHER: f32 = 0.04;

/// The most that everything but the language can cost.
const REST_MAX: f32 =
    GENDER_OTHER + AGE_FAR + 2.0 * MANNER_MISSING + TRAITS_MISSING + QUALITY_OTHER + RATE_LOWER + NAME_OTHER;

const _: () = assert!(LANGUAGE_REGION + REST_MAX < LANGUAGE_OTHER);
const _: () = assert!(
    GENDER_OTHER > AGE_FAR + 2.0 * MANNER_MISSING + TRAITS_MISSING + QUALITY_OTHER + RATE_LOWER + NAME_OTHER
);
const _: () = assert!(LANGUAGE_REGION < LANGUAGE_UNKNOWN && LANGUAGE_UNKNOWN < LANGUAGE_OTHER);
const _: () = assert!(0.0 < GENDER_UNKNOWN && GENDER_UNKNOWN < GENDER_OTHER);
const _: () = assert!(0.0 < AGE_UNKNOWN && AGE_UNKNOWN < AGE_NEXT && AGE_NEXT < AGE_FAR);
const _: () = assert!(0.0 < NAME_UNKNOWN && NAME_UNKNOWN < NAME_OTHER);
const _: () = assert!(QUALITY_TIER < QUALITY_UNKNOWN && QUALITY_UNKNOWN < QUALITY_OTHER);
const _: () = assert!(0.0 < RATE_UNKNOWN && RATE_UNKNOWN < RATE_LOWER);
