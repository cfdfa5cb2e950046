//! How long a function may be.
//!
//! clippy's `too_many_lines` refuses what is past the limit; this also holds the share of short
//! ones, which no lint does.

use syn::visit::{self, Visit};

use super::{is_test, none, rust_sources};

const LINES_MAX: usize = 70;
const LINES_USUAL: usize = 30;

#[test]
fn functions_are_short_and_nine_in_ten_very_short() {
    let mut lengths = Vec::new();
    let mut offences = Vec::new();
    for source in rust_sources().iter().filter(|source| !is_test(&source.path)) {
        let Ok(file) = syn::parse_file(&source.text) else {
            // A template with placeholders is no Rust until it is filled in.
            assert!(source.path.contains("/template/"), "{} does not parse", source.path);
            continue;
        };
        let mut functions = Functions::default();
        functions.visit_file(&file);
        for (name, lines) in functions.found {
            lengths.push(lines);
            if lines > LINES_MAX {
                offences.push(format!("{}: fn {name} has {lines} lines, at most {LINES_MAX}", source.path));
            }
        }
    }
    none("functions are short", &offences);
    let long = lengths.iter().filter(|lines| **lines > LINES_USUAL).count();
    assert!(long * 10 <= lengths.len(), "{long} of {} functions pass {LINES_USUAL} lines", lengths.len());
}

#[derive(Default)]
struct Functions {
    found: Vec<(String, usize)>,
}

impl Functions {
    fn push(&mut self, name: &syn::Ident, body: &syn::Block) {
        let braces = body.brace_token.span;
        let lines = braces.close().end().line - braces.open().start().line + 1;
        self.found.push((name.to_string(), lines));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.push(&function.sig.ident, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.push(&function.sig.ident, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        if !is_test {
            visit::visit_item_mod(self, module);
        }
    }
}
