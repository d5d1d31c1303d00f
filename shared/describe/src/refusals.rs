//! The reasons for which an aggregate refuses: `#[refusals]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{choice, mistake::Mistakes};

/// Writes an enum of refusals.
pub(crate) fn expand(mut item: DeriveInput, mistakes: &mut Mistakes) -> TokenStream {
    let values = choice::values(&mut item, mistakes);
    if values.is_empty() {
        return quote!(#item);
    }
    let ident = &item.ident;
    let codes = values.iter().map(|choice::Value { name, about, .. }| quote!((#name, #about)));
    let arms = values
        .iter()
        .map(|choice::Value { ident, name, about }| quote!(Self::#ident => (#name, #about)));
    quote! {
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
        )]
        #item

        #[automatically_derived]
        impl ::edgefold_kernel::shape::Refusals for #ident {
            const CODES: &'static [(&'static str, &'static str)] = &[#(#codes),*];

            fn code(self) -> (&'static str, &'static str) { match self { #(#arms),* } }
        }
    }
}
