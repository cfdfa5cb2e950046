//! The voices: one recorded speaker, nine ways of speaking.
//!
//! Every voice is made from the same recordings, Kevin A. Lenzo's `cmu_us_kal16`, by four means:
//! mean pitch, pitch range, pace and the length of the vocal tract. Pitch alone gives a man who
//! speaks high; it is the tract that makes another person of him, because it moves the formants,
//! and listeners hear sex and age from both. Adult women's formants lie about 15 to 20 % above
//! men's and children's about a third (Peterson and Barney 1952; Fant 1966), and mean speaking
//! pitch is near 120, 210 and 270 Hz. The presets keep to the near side of these figures: diphones
//! moved further lose words faster than they gain character.
//!
//! The names claim no more than a listener hears: `gender` and `age` are those a voice sounds
//! like, and each description says what it is made from.

use understudy_plugin::{Age, Gender};

/// One voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// What a request names.
    pub id: &'static str,
    /// What a person reads.
    pub name: &'static str,
    /// What it sounds like.
    pub gender: Gender,
    /// What it sounds like.
    pub age: Age,
    /// One sentence about it.
    pub description: &'static str,
    /// Mean of the pitch targets in Hz.
    pub pitch: f32,
    /// Their standard deviation in Hz: how lively it is.
    pub range: f32,
    /// Pace as a factor of the recorded speaker's.
    pub pace: f32,
    /// Formants as a fraction of the recorded speaker's; above one is a shorter vocal tract.
    pub formants: (u16, u16),
}

/// The voice of a request that names none.
pub const DEFAULT: &str = "kal";

/// Every voice, the default first.
pub const ALL: [Preset; 9] = [
    Preset {
        id: "kal",
        name: "Kal",
        gender: Gender::Male,
        age: Age::Adult,
        description: "The recorded speaker himself, unaltered: a calm American man.",
        pitch: 95.0,
        range: 11.0,
        pace: 1.0,
        formants: (1, 1),
    },
    Preset {
        id: "bram",
        name: "Bram",
        gender: Gender::Male,
        age: Age::Adult,
        description: "A big, deep voice, unhurried. Derived from Kal.",
        pitch: 76.0,
        range: 8.0,
        pace: 0.94,
        formants: (9, 10),
    },
    Preset {
        id: "otto",
        name: "Otto",
        gender: Gender::Male,
        age: Age::Elderly,
        description: "An old man's voice, slow and a little flat. Derived from Kal.",
        pitch: 118.0,
        range: 7.0,
        pace: 0.8,
        formants: (19, 20),
    },
    Preset {
        id: "finn",
        name: "Finn",
        gender: Gender::Male,
        age: Age::Young,
        description: "A young man, quick and lively. Derived from Kal.",
        pitch: 128.0,
        range: 22.0,
        pace: 1.12,
        formants: (21, 20),
    },
    Preset {
        id: "juno",
        name: "Juno",
        gender: Gender::Neutral,
        age: Age::Young,
        description: "A light voice that is neither a man's nor a woman's. Derived from Kal.",
        pitch: 150.0,
        range: 20.0,
        pace: 1.05,
        formants: (12, 11),
    },
    Preset {
        id: "mara",
        name: "Mara",
        gender: Gender::Female,
        age: Age::Adult,
        description: "A low, composed voice that sounds like a woman's. Derived from Kal.",
        pitch: 180.0,
        range: 16.0,
        pace: 0.92,
        formants: (8, 7),
    },
    Preset {
        id: "ada",
        name: "Ada",
        gender: Gender::Female,
        age: Age::Young,
        description: "A bright, clear voice that sounds like a young woman's. Derived from Kal.",
        pitch: 212.0,
        range: 26.0,
        pace: 1.03,
        formants: (6, 5),
    },
    Preset {
        id: "vera",
        name: "Vera",
        gender: Gender::Female,
        age: Age::Elderly,
        description: "A slow, even voice that sounds like an old woman's. Derived from Kal.",
        pitch: 190.0,
        range: 10.0,
        pace: 0.8,
        formants: (10, 9),
    },
    Preset {
        id: "pip",
        name: "Pip",
        gender: Gender::Neutral,
        age: Age::Child,
        description: "A small, high voice that sounds like a child's. Derived from Kal.",
        pitch: 272.0,
        range: 34.0,
        pace: 1.0,
        formants: (4, 3),
    },
];

/// The voice called `id`.
#[must_use]
pub fn find(id: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.id == id)
}
