//! An enum of `#[command]`, `#[event]` or `#[state]`: one of several names.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Ident, Variant, Visibility, ext::IdentExt};

use crate::{
    Part,
    mistake::Mistakes,
    said::{about, reader, screaming_snake_case, writer},
};

/// A variant, its name on the wire, and its documentation.
pub(crate) struct Value {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) about: String,
}

/// The variants of an enum without data. An enum with some is a mistake, and has none.
pub(crate) fn values(item: &mut DeriveInput, mistakes: &mut Mistakes) -> Vec<Value> {
    mistakes.is_generic(item);
    let Data::Enum(data) = &mut item.data else {
        mistakes.at(&item.ident, "expected an enum");
        return Vec::new();
    };
    let with_data = data.variants.iter().find(|variant| !matches!(variant.fields, Fields::Unit));
    if let Some(variant) = with_data {
        mistakes.at(variant, "a variant cannot hold data: in JSON it is a name");
        return Vec::new();
    }
    if data.variants.is_empty() {
        mistakes.at(&item.ident, "an enum without variants has no value");
    }
    data.variants.iter_mut().map(|variant| value(&item.vis, variant, mistakes)).collect()
}

fn value(visibility: &Visibility, variant: &mut Variant, mistakes: &mut Mistakes) -> Value {
    variant.attrs.retain(|attribute| {
        let is_serde = attribute.path().is_ident("serde");
        if is_serde {
            mistakes.at(attribute, "the name of a variant in JSON follows from its name in Rust");
        }
        !is_serde
    });
    Value {
        ident: variant.ident.clone(),
        name: screaming_snake_case(&variant.ident),
        about: about(&variant.attrs, (visibility, &variant.ident), mistakes),
    }
}

/// Writes an enum.
pub(crate) fn expand(mut item: DeriveInput, mistakes: &mut Mistakes) -> TokenStream {
    let about = about(&item.attrs, (&item.vis, &item.ident), mistakes);
    let values = values(&mut item, mistakes);
    if values.is_empty() {
        return quote!(#item);
    }
    let ident = &item.ident;
    let name = ident.unraw().to_string();
    let idents: Vec<_> = values.iter().map(|value| &value.ident).collect();
    let names: Vec<_> = values.iter().map(|value| &value.name).collect();
    let abouts = values.iter().map(|value| &value.about);
    let (reader, writer) = (reader(Part::Command, ident), writer(ident, &quote!(self.name())));
    quote! {
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::core::cmp::PartialOrd,
            ::core::cmp::Ord,
            ::core::hash::Hash,
        )]
        #item

        #[automatically_derived]
        impl #ident {
            /// Its name in JSON.
            pub const fn name(self) -> &'static str {
                match self { #(Self::#idents => #names),* }
            }
        }

        #writer

        #reader

        #[automatically_derived]
        impl ::edgefold_kernel::shape::Described for #ident {
            const SHAPE: ::edgefold_kernel::shape::Shape =
                ::edgefold_kernel::shape::Shape::Choice(&::edgefold_kernel::shape::Choice {
                    name: #name,
                    about: #about,
                    values: &[#((#names, #abouts)),*],
                });

            fn taken(
                value: ::edgefold_kernel::__private::serde_json::Value,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                let ::edgefold_kernel::shape::Shape::Choice(choice) = Self::SHAPE else {
                    return ::core::result::Result::Err(::std::string::String::new());
                };
                let place = ::edgefold_kernel::__private::choice(&value, choice)?;
                const ALL: &[#ident] = &[#(#ident::#idents),*];
                ALL.get(place).copied().ok_or_else(::std::string::String::new)
            }
        }
    }
}
