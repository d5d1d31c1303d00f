//! What a type says already: its documentation, its attributes of serde, its names.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Expr, ExprLit, GenericArgument, Ident, Lit, Meta, Path, PathArguments, Token, Type,
    Visibility, ext::IdentExt, punctuated::Punctuated,
};

use crate::{Part, mistake::Mistakes};

/// The documentation of an item, its lines joined: they were broken for the width of the source. Public items without one
/// are a mistake at `name`.
pub(crate) fn about(
    attributes: &[Attribute],
    (visibility, name): (&Visibility, &Ident),
    mistakes: &mut Mistakes,
) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => text(&meta.value),
        _ => None,
    });
    let words: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    let about = words.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    if about.is_empty() && matches!(visibility, Visibility::Public(_)) {
        mistakes.at(name, "a doc comment is missing: GraphQL and the schemas show it");
    }
    about
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// What `#[serde(…)]` says of a field.
#[derive(Default)]
pub(crate) struct Serde {
    pub(crate) rename: Option<String>,
    pub(crate) has_default: bool,
    pub(crate) has_skip_if: bool,
    /// The function that reads it.
    pub(crate) reader: Option<Path>,
}

impl Serde {
    pub(crate) fn of(attributes: &[Attribute], mistakes: &mut Mistakes) -> Self {
        let mut said = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
            let Ok(metas) = attribute.parse_args_with(parser) else { continue };
            for meta in metas {
                let name = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
                match (name.as_str(), &meta) {
                    ("rename", Meta::NameValue(meta)) => said.rename = text(&meta.value),
                    ("default", _) => said.has_default = true,
                    ("skip_serializing_if", _) => said.has_skip_if = true,
                    ("deserialize_with", Meta::NameValue(meta)) => {
                        said.reader = text(&meta.value).and_then(|path| syn::parse_str(&path).ok());
                    }
                    ("flatten" | "skip" | "alias" | "rename" | "with", _) => {
                        mistakes.at(
                            &meta,
                            "a described field cannot be flattened, skipped or have a second name",
                        );
                    }
                    _ => {}
                }
            }
        }
        said
    }
}

/// The `Deserialize` of a described type. One that callers write is held against its shape.
pub(crate) fn reader(part: Part, ident: &Ident) -> TokenStream {
    let read = match part {
        Part::Command => quote!(::edgefold_kernel::__private::read),
        Part::Event | Part::State => quote!(::edgefold_kernel::__private::read_stored),
    };
    quote! {
        #[automatically_derived]
        impl<'de> ::edgefold_kernel::__private::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::edgefold_kernel::__private::serde::Deserializer<'de>>(
                source: D,
            ) -> ::core::result::Result<Self, D::Error> {
                #read(source)
            }
        }
    }
}

/// The `Serialize` of a described type that is a text in JSON.
pub(crate) fn writer(ident: &Ident, text: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::edgefold_kernel::__private::serde::Serialize for #ident {
            fn serialize<S: ::edgefold_kernel::__private::serde::Serializer>(
                &self,
                sink: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                sink.serialize_str(#text)
            }
        }
    }
}

/// `T`, if the type is an `Option<T>`.
pub(crate) fn optional(from: &Type) -> Option<&Type> {
    let Type::Path(path) = from else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// True if a type has this name.
pub(crate) fn is_named(from: &Type, name: &str) -> bool {
    match from {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == name),
        _ => false,
    }
}

/// `dateStart` of `date_start`, as serde's `camelCase` has it.
pub(crate) fn camel_case(field: &Ident) -> String {
    let field = field.unraw().to_string();
    let mut words = field.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

/// `TIME_UP` of `TimeUp`, as serde's `SCREAMING_SNAKE_CASE` has it.
pub(crate) fn screaming_snake_case(variant: &Ident) -> String {
    let mut name = String::new();
    for (place, letter) in variant.unraw().to_string().char_indices() {
        if place > 0 && letter.is_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
