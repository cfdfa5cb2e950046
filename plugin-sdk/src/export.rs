//! The macro that makes a crate a component.

/// Exports a type that implements [`Plugin`](crate::Plugin) as the component's provider.
///
/// Once in a crate of `crate-type = ["cdylib"]`, built for `wasm32-wasip2`. Natively it expands to
/// a check of the traits, so that the same crate runs its unit tests.
///
/// ```
/// # use understudy_plugin::{Error, Manifest, Plugin, Request, Summary, Take, Voice};
/// # struct MyVoice;
/// # impl Plugin for MyVoice {
/// #     fn describe() -> Manifest { Manifest::new("my-voice", "My Voice", "0.1.0") }
/// #     fn voices() -> Result<Vec<Voice>, Error> { Ok(Vec::new()) }
/// #     fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> { take.summary() }
/// # }
/// understudy_plugin::export!(MyVoice);
/// # fn main() {}
/// ```
///
/// A type that implements [`CharacterPlugin`](crate::CharacterPlugin) as well is exported with
/// `export!(MyVoice with characters)`.
#[macro_export]
macro_rules! export {
    ($plugin:ident) => {
        const _: () = {
            #[cfg(target_family = "wasm")]
            type Exported = $crate::__private::guest::Guest<$plugin>;
            #[cfg(target_family = "wasm")]
    $crate::__private::speech::export_speech!(Exported with_types_in $crate::__private::speech);
            #[cfg(not(target_family = "wasm"))]
            const fn is_plugin<P: $crate::Plugin>() {}
            #[cfg(not(target_family = "wasm"))]
            is_plugin::<$plugin>();
        };
    };
    ($plugin:ident with characters) => {
        const _: () = {
            #[cfg(target_family = "wasm")]
            type Exported = $crate::__private::guest::Guest<$plugin>;
            #[cfg(target_family = "wasm")]
    $crate::__private::speech::export_speech!(Exported with_types_in $crate::__private::speech);
            #[cfg(target_family = "wasm")]
            $crate::__private::character::export_characters!(
                Exported with_types_in $crate::__private::character
            );
            #[cfg(not(target_family = "wasm"))]
            const fn is_character_plugin<P: $crate::CharacterPlugin>() {}
            #[cfg(not(target_family = "wasm"))]
            is_character_plugin::<$plugin>();
        };
    };
}
