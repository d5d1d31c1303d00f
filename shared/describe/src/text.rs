//! A text of its own: `#[text]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Data, DeriveInput, Error, Fields, Ident, LitInt, LitStr, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

use crate::{
    Part,
    mistake::Mistakes,
    said::{about, is_named, reader, writer},
};

/// `1..=16, of = "A-Z", expected = "…", or_number`.
pub(crate) struct Arguments {
    least: u32,
    most: u32,
    of: Option<Class>,
    expected: Option<String>,
    or_number: Option<Ident>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expected = "expected the number of characters, such as 1..=16";
        let number = |input: ParseStream<'_>| {
            input.parse::<LitInt>().map_err(|error| Error::new(error.span(), expected))
        };
        let least = number(input)?.base10_parse()?;
        input.parse::<Token![..=]>().map_err(|error| Error::new(error.span(), expected))?;
        let end = number(input)?;
        let most = end.base10_parse()?;
        if least > most {
            return Err(Error::new(end.span(), "the greatest is less than the least"));
        }
        let mut arguments = Self { least, most, of: None, expected: None, or_number: None };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let name: Ident = input.parse()?;
            let value = |input: ParseStream<'_>| {
                input.parse::<Token![=]>()?;
                input.parse::<LitStr>()
            };
            match name.to_string().as_str() {
                "of" => arguments.of = Some(Class::read(&value(input)?)?),
                "expected" => arguments.expected = Some(value(input)?.value()),
                "or_number" => arguments.or_number = Some(name),
                _ => {
                    return Err(Error::new(
                        name.span(),
                        "expected `of`, `expected` or `or_number`",
                    ));
                }
            }
        }
        match (&arguments.of, &arguments.or_number) {
            (Some(class), Some(name)) if !class.has_digits() => {
                Err(Error::new(name.span(), "a number needs 0-9 among the characters"))
            }
            _ => Ok(arguments),
        }
    }
}

/// The characters that may stand in a text.
struct Class {
    /// As it stands in the brackets of a regular expression.
    source: String,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn has_digits(&self) -> bool {
        self.ranges.iter().any(|(first, last)| *first <= '0' && '9' <= *last)
    }

    fn read(literal: &LitStr) -> syn::Result<Self> {
        let source = literal.value();
        let wrong = |what: &str| Error::new(literal.span(), what);
        let mut letters = Vec::new();
        let mut rest = source.chars();
        while let Some(letter) = rest.next() {
            match letter {
                '\\' => match rest.next() {
                    Some(escaped @ ('\\' | ']' | '[' | '^' | '-')) => {
                        letters.push((escaped, false))
                    }
                    _ => return Err(wrong("only \\\\ \\] \\[ \\^ and \\- are escaped")),
                },
                ']' | '[' | '^' => return Err(wrong("expected an escaped \\[, \\] or \\^")),
                _ => letters.push((letter, letter == '-')),
            }
        }
        let mut ranges = Vec::new();
        let mut rest = letters.as_slice();
        loop {
            rest = match rest {
                [] => break,
                [(first, false), (_, true), (last, false), rest @ ..] if first <= last => {
                    ranges.push((*first, *last));
                    rest
                }
                [(only, false), rest @ ..] => {
                    ranges.push((*only, *only));
                    rest
                }
                _ => return Err(wrong("expected characters and ranges of them, such as A-Z0-9")),
            };
        }
        if ranges.is_empty() {
            return Err(wrong("expected characters and ranges of them, such as A-Z0-9"));
        }
        Ok(Self { source, ranges })
    }
}

impl Arguments {
    /// A regular expression that all of it matches.
    fn pattern(&self) -> String {
        match &self.of {
            None => r"^[^\x00-\x1F\x7F-\x9F]*$".to_owned(),
            Some(Class { source, .. }) if self.least == self.most => {
                format!("^[{source}]{{{}}}$", self.least)
            }
            Some(Class { source, .. }) => format!("^[{source}]*$"),
        }
    }

    /// What is said to who sends something else.
    fn expected(&self) -> String {
        if let Some(expected) = &self.expected {
            return expected.clone();
        }
        let (least, most) = (self.least, self.most);
        let number = if least == most { format!("{most}") } else { format!("{least} to {most}") };
        let noun = if most == 1 { "character" } else { "characters" };
        match &self.of {
            Some(class) => format!("a text of {number} {noun} of {}", class.source),
            None => format!("a text of {number} {noun} without control characters"),
        }
    }

    fn is_taken(&self) -> TokenStream {
        match &self.of {
            Some(class) => {
                let ranges = class.ranges.iter().map(|(first, last)| quote!(#first..=#last));
                quote!(::core::matches!(letter, #(#ranges)|*))
            }
            None => quote!(!letter.is_control()),
        }
    }
}

/// Writes a text.
pub(crate) fn expand(
    arguments: &Arguments,
    item: DeriveInput,
    mistakes: &mut Mistakes,
) -> TokenStream {
    mistakes.is_generic(&item);
    let about = about(&item.attrs, (&item.vis, &item.ident), mistakes);
    let is_text = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) => {
                fields.unnamed.len() == 1
                    && fields.unnamed.iter().all(|field| is_named(&field.ty, "String"))
            }
            _ => false,
        },
        _ => false,
    };
    let ident = &item.ident;
    if !is_text {
        let expected = format!("expected `struct {}(String);`", ident.unraw());
        mistakes.at(ident, &expected);
        return quote!(#item);
    }
    let Arguments { least, most, .. } = *arguments;
    let or_number = arguments.or_number.is_some();
    let name = ident.unraw().to_string();
    let (pattern, expected) = (arguments.pattern(), arguments.expected());
    let is_taken = arguments.is_taken();
    let (reader, writer) = (reader(Part::Command, ident), writer(ident, &quote!(self.as_str())));
    quote! {
        #[derive(
            ::core::clone::Clone,
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
            /// Reads it.
            ///
            /// # Errors
            /// The text is not well formed; the error says what was expected.
            pub fn parse(text: impl ::core::convert::Into<::std::string::String>) -> ::core::result::Result<Self, &'static str> {
                let text = text.into();
                match <Self as ::edgefold_kernel::shape::Described>::SHAPE.is_text(&text) {
                    true => ::core::result::Result::Ok(Self(text)),
                    false => ::core::result::Result::Err(#expected),
                }
            }

            /// It as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&self.0)
            }
        }

        #writer

        #reader

        #[automatically_derived]
        impl ::edgefold_kernel::shape::Described for #ident {
            const SHAPE: ::edgefold_kernel::shape::Shape = ::edgefold_kernel::shape::Shape::Text {
                name: #name,
                about: #about,
                expected: #expected,
                min: #least,
                max: #most,
                pattern: #pattern,
                takes_number: #or_number,
                is_taken: |letter| #is_taken,
            };

            fn taken(
                value: ::edgefold_kernel::__private::serde_json::Value,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                Self::parse(::edgefold_kernel::__private::text(value, #or_number)?).map_err(::std::convert::Into::into)
            }
        }
    }
}
