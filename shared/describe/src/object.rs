//! A struct of `#[command]`, `#[event]` or `#[state]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Field, Fields, Ident, ext::IdentExt, parse_quote, spanned::Spanned};

use crate::{
    Part,
    mark::Marks,
    mistake::Mistakes,
    said::{Serde, about, camel_case, optional, reader},
};

/// What one field becomes, beside itself.
struct Written {
    /// Its entry in the shape.
    shape: TokenStream,
    /// How it is taken out of JSON.
    taken: TokenStream,
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
        fields.iter_mut().map(|field| write(part, field, &mut owner, mistakes)).collect();
    if is_generic {
        return quote!(#item);
    }
    let shapes = written.iter().map(|field| &field.shape);
    let taken = written.iter().map(|field| &field.taken);
    let is_strict = part == Part::Command;
    let state = (part == Part::State).then(|| state(&ident, owner.as_ref(), &written));
    let name = ident.unraw().to_string();
    let reader = reader(part, &ident);
    quote! {
        #[derive(
            ::core::clone::Clone,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::edgefold_kernel::__private::serde::Serialize,
        )]
        #[serde(crate = "::edgefold_kernel::__private::serde", rename_all = "camelCase")]
        #item

        #reader

        #[automatically_derived]
        impl ::edgefold_kernel::shape::Described for #ident {
            const SHAPE: ::edgefold_kernel::shape::Shape =
                ::edgefold_kernel::shape::Shape::Object(&::edgefold_kernel::shape::Object {
                    name: #name,
                    about: #about,
                    fields: &[#(#shapes),*],
                    is_strict: #is_strict,
                });

            fn taken(
                value: ::edgefold_kernel::__private::serde_json::Value,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                // An object without fields has none to take.
                #[allow(unused_mut, unused_variables)]
                let mut members = ::edgefold_kernel::__private::Members::of(value)?;
                ::core::result::Result::Ok(Self { #(#taken),* })
            }
        }

        #state
    }
}

/// Writes a field: gives it its attributes of serde, and says the rest of what it becomes.
fn write(
    part: Part,
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
    if let Some(range) = &marks.within {
        let (least, most) = range.bounds();
        shape =
            quote_spanned!(of.span() => ::edgefold_kernel::__private::within::<#of>(#least, #most));
    }
    let taken = match (&serde.reader, is_optional, serde.has_default) {
        (Some(reader), ..) => quote! {
            #ident: #reader(members.json(#name)).map_err(|error| ::std::string::ToString::to_string(&error))?
        },
        (None, true, _) => {
            quote_spanned!(of.span() => #ident: members.may(#name, <#of as ::edgefold_kernel::shape::Described>::taken)?)
        }
        (None, false, true) => {
            quote_spanned!(of.span() => #ident: members.may(#name, <#of as ::edgefold_kernel::shape::Described>::taken)?.unwrap_or_default())
        }
        (None, false, false) => {
            quote_spanned!(of.span() => #ident: members.take(#name, <#of as ::edgefold_kernel::shape::Described>::taken)?)
        }
    };
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
    Written { shape, taken, outline }
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
