//! Bindings of the contract.
#[allow(missing_docs)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v1",
        world: "character-provider",
        imports: { default: async | trappable },
        exports: { default: async },
    });
}
pub use bindings::*;
