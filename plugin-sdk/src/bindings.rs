//! The contract's generated bindings, and the glue between them and the types of this crate.
//!
//! The bindings are the SDK's and not each plugin's, so a plugin has no WIT files and no build
//! script. `speech` is the world every plugin has. `character` adds one export to it and borrows
//! its types: a component's world is the union of the worlds its code was generated from, so a
//! character plugin exports both, and there is one set of types and one set of conversions.
#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "generated code: the canonical ABI moves raw pointers, and nobody reads its names"
)]

pub mod speech {
    wit_bindgen::generate!({
        path: "../wit/v1",
        world: "speech-provider",
        pub_export_macro: true,
        export_macro_name: "export_speech",
    });
}

pub mod character {
    wit_bindgen::generate!({
        inline: "
            package understudy:plugin-sdk;
            world characters { export understudy:provider/characters@1.0.0-draft; }
        ",
        path: "../wit/v1",
        world: "understudy:plugin-sdk/characters",
        pub_export_macro: true,
        export_macro_name: "export_characters",
        with: {
            "understudy:provider/types@1.0.0-draft": super::speech::understudy::provider::types,
        },
    });
}

mod description;
pub mod guest;
mod vocabulary;
