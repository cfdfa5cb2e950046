//! Ids of the requests that commands make.
//!
//! Weights are drawn by an id. So it comes of the text alone: `explain` tells what `say` would do, the same
//! text goes the same way each time, and many texts are spread as the weights say.

use sha2::{Digest, Sha256};

/// The id of what `command` makes of `text`: `say-0a1b2c3d4e5f`.
pub(super) fn request_id(command: &str, text: &str) -> String {
    let mut digits = format!("{:x}", Sha256::digest(text));
    digits.truncate(12);
    format!("{command}-{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_has_the_same_id_and_another_has_another() {
        // printf %s Hello | sha256sum
        assert_eq!(request_id("say", "Hello"), "say-185f8db32271");
        assert_ne!(request_id("say", "Hello"), request_id("say", "Hello."));
    }
}
