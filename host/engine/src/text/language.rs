//! Language tags as callers write them.

use understudy_speech::{InvalidField, Language};

/// Reads a BCP-47 tag in any case, with hyphens or underscores: `en`, `en-us`, `EN_US`,
/// `zh-hans-cn`. The result is in canonical case.
///
/// # Errors
/// Names `field` and shows what a tag looks like.
pub fn language(field: &str, tag: &str) -> Result<Language, InvalidField> {
    tag.parse().map_err(|_| {
        let shown: String = tag.chars().take(SHOWN_MAX).collect();
        let message = format!("must be a BCP-47 tag such as en or en-US, got {shown}");
        InvalidField { field: field.to_owned(), message }
    })
}

/// Characters of a wrong tag that are shown; it may be anything.
const SHOWN_MAX: usize = 40;
