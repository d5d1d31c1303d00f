//! Mistakes, each at the line that made it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{DeriveInput, Error};

/// The mistakes of one item. The item is written all the same as far as it goes, so that one mistake is one message.
#[derive(Default)]
pub(crate) struct Mistakes(Option<Error>);

impl Mistakes {
    /// A mistake at these tokens.
    pub(crate) fn at(&mut self, place: impl ToTokens, message: &str) {
        self.add(Error::new_spanned(place, message));
    }

    /// A mistake that has its place already.
    pub(crate) fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// An attribute that takes no arguments.
    pub(crate) fn no_arguments(&mut self, arguments: &TokenStream) {
        if !arguments.is_empty() {
            self.at(arguments, "this attribute takes no arguments");
        }
    }

    /// True if a type has parameters, which is a mistake.
    pub(crate) fn is_generic(&mut self, item: &DeriveInput) -> bool {
        let is_generic = !item.generics.params.is_empty();
        if is_generic {
            self.at(&item.generics, "a described type cannot have parameters");
        }
        is_generic
    }

    /// What an item becomes, beside the mistakes that were found on the way.
    pub(crate) fn beside(
        mut self,
        expand: impl FnOnce(DeriveInput, &mut Self) -> TokenStream,
    ) -> impl FnOnce(DeriveInput) -> proc_macro::TokenStream {
        move |item| {
            let mut written = expand(item, &mut self);
            written.extend(self.0.map(|error| error.into_compile_error()));
            written.into()
        }
    }
}
