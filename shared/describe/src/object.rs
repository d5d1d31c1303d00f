//! A struct of `#[command]`, `#[event]` or `#[state]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DeriveInput, Field, Fields, Ident, ext::IdentExt, parse_quote, spanned::Spanned};

use crate::{
    Part,
    mark::{Marks, Range},
    mistake::Mistakes,
    said::{Serde, about, camel_case, is_named, optional},
};

/// What one field becomes, beside itself.
struct Written {
    /// Its entry in the shape.
    shape: TokenStream,
    /// The function that reads it, where it has bounds.
    reader: Option<TokenStream>,
    /// What it is in the part that others see.
    outline: TokenStream,
}

/// Writes a struct.
pub(crate) fn expand(part: Part, mut item: DeriveInput, mistakes: &mut Mistakes) -> TokenStream {
    let is_generic = mistakes.is_generic(&item);
    let about = about(&item.attrs, (&item.vis, &item.ident), mistakes);
    let ident = item.ident.clone();
    let Data::Struct(data) = &mut item.data else {
        mistakes.at(&ident, "expected a struct or an enum");
        return quote!(#item);
    };
    let fields = match &mut data.fields {
        Fields::Named(fields) => &mut fields.named,
        Fields::Unnamed(fields) => {
            mistakes.at(&fields, "fields need names, which are their names in JSON");
            return quote!(#item);
        }
        Fields::Unit => {
            let written =
                format!("a struct without fields is written `{ident} {{}}`: its JSON is an object");
            mistakes.at(&ident, &written);
            return quote!(#item);
        }
    };
    let mut owner = None;
    let written: Vec<Written> =
        fields.iter_mut().map(|field| write(part, &ident, field, &mut owner, mistakes)).collect();
    if is_generic {
        return quote!(#item);
    }
    let shapes = written.iter().map(|field| &field.shape);
    let readers = written.iter().filter_map(|field| field.reader.as_ref());
    let is_strict = part == Part::Command;
    let strict = is_strict.then(|| quote!(, deny_unknown_fields));
    let state = (part == Part::State).then(|| state(&ident, owner.as_ref(), &written));
    let name = ident.unraw().to_string();
    quote! {
        #[derive(
            ::core::clone::Clone,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::edgefold_kernel::__private::serde::Serialize,
            ::edgefold_kernel::__private::serde::Deserialize,
        )]
        // serde reads a struct from an array, too, by position: its reader becomes a function, which is given objects only.
        #[serde(crate = "::edgefold_kernel::__private::serde", remote = "Self", rename_all = "camelCase" #strict)]
        #item

        #[automatically_derived]
        impl ::edgefold_kernel::__private::serde::Serialize for #ident {
            fn serialize<S: ::edgefold_kernel::__private::serde::Serializer>(
                &self,
                sink: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #ident::serialize(self, sink)
            }
        }

        #[automatically_derived]
        impl<'de> ::edgefold_kernel::__private::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::edgefold_kernel::__private::serde::Deserializer<'de>>(
                source: D,
            ) -> ::core::result::Result<Self, D::Error> {
                #ident::deserialize(::edgefold_kernel::__private::Fields(source))
            }
        }

        #[automatically_derived]
        impl #ident { #(#readers)* }

        #[automatically_derived]
        impl ::edgefold_kernel::shape::Described for #ident {
            const SHAPE: ::edgefold_kernel::shape::Shape =
                ::edgefold_kernel::shape::Shape::Object(&::edgefold_kernel::shape::Object {
                    name: #name,
                    about: #about,
                    fields: &[#(#shapes),*],
                    is_strict: #is_strict,
                });
        }

        #state
    }
}

/// Writes a field: gives it its attributes of serde, and says the rest of what it becomes.
fn write(
    part: Part,
    object: &Ident,
    field: &mut Field,
    owner: &mut Option<Owner>,
    mistakes: &mut Mistakes,
) -> Written {
    let Some(ident) = field.ident.clone() else { unreachable!("a named field has a name") };
    let marks = Marks::take(part, field, mistakes);
    let serde = Serde::of(&field.attrs, mistakes);
    let about = about(&field.attrs, (&field.vis, &ident), mistakes);
    let name = serde.rename.unwrap_or_else(|| camel_case(&ident));
    let inner = optional(&field.ty);
    let (is_optional, of) = (inner.is_some(), inner.unwrap_or(&field.ty).clone());
    let mut shape =
        quote_spanned!(of.span() => <#of as ::edgefold_kernel::shape::Described>::SHAPE);
    let mut reader = None;
    // JavaScript holds no larger ones exactly, and a caller is told so.
    let is_wide = ["u64", "i64", "usize"].iter().any(|name| is_named(&of, name));
    let unnamed = Range::default();
    let unbounded = (part == Part::Command && is_wide && !serde.has_reader).then_some(&unnamed);
    if let Some(range) = marks.within.as_ref().or(unbounded) {
        let (least, most) = range.bounds();
        shape = quote_spanned!(of.span() => <#of as ::edgefold_kernel::shape::Described>::SHAPE.within(#least, #most));
        let ty = &field.ty;
        let function = format_ident!("__read_{}", ident.unraw());
        let read = match is_optional {
            true => {
                quote_spanned!(of.span() => ::edgefold_kernel::__private::read_optional::<#of, D>)
            }
            false => quote_spanned!(of.span() => ::edgefold_kernel::__private::read::<#of, D>),
        };
        reader = Some(quote! {
            fn #function<'de, D: ::edgefold_kernel::__private::serde::Deserializer<'de>>(
                source: D,
            ) -> ::core::result::Result<#ty, D::Error> {
                #read(source, #least, #most)
            }
        });
        if serde.has_reader {
            mistakes.at(&ident, "a field with bounds has no reader of its own");
        } else {
            let function = format!("{object}::{function}");
            field.attrs.push(parse_quote!(#[serde(deserialize_with = #function)]));
        }
    }
    if is_optional && !serde.has_default {
        field.attrs.push(parse_quote!(#[serde(default)]));
    }
    if is_optional && !serde.has_skip_if {
        let none = "::core::option::Option::is_none";
        field.attrs.push(parse_quote!(#[serde(skip_serializing_if = #none)]));
    }
    if marks.is_owner {
        match owner {
            Some(_) => mistakes.at(&ident, "a state has one owner"),
            None => *owner = Some(Owner { name: name.clone(), ident: ident.clone(), is_optional }),
        }
    }
    // What callers may leave out, and what is stored may lack; written it is always.
    let is_optional = is_optional || (serde.has_default && part == Part::Command);
    let (is_caller, is_inner) = (marks.is_caller, marks.is_inner);
    let ty = &field.ty;
    let outline = match is_inner {
        true => quote_spanned!(ty.span() => #ident: <#ty as ::core::default::Default>::default()),
        false => quote!(#ident: ::core::clone::Clone::clone(&self.#ident)),
    };
    let shape = quote! {
        ::edgefold_kernel::shape::Field {
            name: #name,
            about: #about,
            shape: #shape,
            is_optional: #is_optional,
            is_caller: #is_caller,
            is_inner: #is_inner,
        }
    };
    Written { shape, reader, outline }
}

/// The field of the owner.
struct Owner {
    name: String,
    ident: Ident,
    is_optional: bool,
}

fn state(ident: &Ident, owner: Option<&Owner>, fields: &[Written]) -> TokenStream {
    let outline = fields.iter().map(|field| &field.outline);
    let some = quote!(::core::option::Option::Some);
    let none = quote!(::core::option::Option::None);
    let (name, value) = match owner {
        None => (none.clone(), none),
        Some(Owner { name, ident, is_optional: true }) => {
            (quote!(#some(#name)), quote!(self.#ident.as_ref()))
        }
        Some(Owner { name, ident, .. }) => (quote!(#some(#name)), quote!(#some(&self.#ident))),
    };
    quote! {
        #[automatically_derived]
        impl ::edgefold_kernel::shape::StateShape for #ident {
            const OWNER: ::core::option::Option<&'static str> = #name;

            fn owner(&self) -> ::core::option::Option<&::edgefold_kernel::Subject> { #value }

            fn outline(&self) -> Self { Self { #(#outline),* } }
        }
    }
}
