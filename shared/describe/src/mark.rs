//! What is said about one field: `#[within]`, `#[caller]`, `#[owner]`, `#[inner]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, Field, Token,
    parse::{Parse, ParseStream},
};

use crate::{
    Part,
    mistake::Mistakes,
    said::{is_named, optional},
};

/// The marks of a field.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) within: Option<Range>,
    pub(crate) is_caller: bool,
    pub(crate) is_owner: bool,
    pub(crate) is_inner: bool,
}

impl Marks {
    /// Takes the marks off a field: the compiler does not know them.
    pub(crate) fn take(part: Part, field: &mut Field, mistakes: &mut Mistakes) -> Self {
        let mut marks = Self::default();
        let attributes = std::mem::take(&mut field.attrs);
        let is_optional = optional(&field.ty).is_some();
        for attribute in attributes {
            let is = |name| attribute.path().is_ident(name);
            let is_bare = !is("within");
            if is("within") {
                match attribute.parse_args() {
                    Ok(range) => marks.within = Some(range),
                    Err(error) => mistakes.add(error),
                }
            } else if is("caller") {
                marks.is_caller = true;
                if part != Part::Command {
                    mistakes.at(&attribute, "`#[caller]` is for fields of a command");
                } else if is_optional || !is_named(&field.ty, "Subject") {
                    mistakes.at(&field.ty, "`#[caller]` is for a field of the type Subject");
                }
            } else if is("owner") {
                if part != Part::State {
                    mistakes.at(&attribute, "`#[owner]` is for fields of a state");
                } else if !is_named(optional(&field.ty).unwrap_or(&field.ty), "Subject") {
                    mistakes.at(
                        &field.ty,
                        "`#[owner]` is for a field of the type Subject, or Option<Subject>",
                    );
                } else {
                    marks.is_owner = true;
                }
            } else if is("inner") {
                marks.is_inner = true;
                if part != Part::State {
                    mistakes.at(&attribute, "`#[inner]` is for fields of a state");
                }
            } else {
                field.attrs.push(attribute);
                continue;
            }
            if is_bare {
                no_arguments(&attribute, mistakes);
            }
        }
        marks
    }
}

fn no_arguments(attribute: &Attribute, mistakes: &mut Mistakes) {
    if let Err(error) = attribute.meta.require_path_only() {
        mistakes.add(error);
    }
}

/// `least..=most`, `least..` or `..=most`, each a number or the name of a constant.
#[derive(Default)]
pub(crate) struct Range {
    pub(crate) least: Option<TokenStream>,
    pub(crate) most: Option<TokenStream>,
}

impl Range {
    /// Both as numbers of 64 bits; one that is not named bounds nothing.
    pub(crate) fn bounds(&self) -> (TokenStream, TokenStream) {
        let bound = |end: &Option<TokenStream>, otherwise| match end {
            Some(end) => quote!((#end) as i64),
            None => otherwise,
        };
        (bound(&self.least, quote!(i64::MIN)), bound(&self.most, quote!(i64::MAX)))
    }
}

impl Parse for Range {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const EXPECTED: &str = "expected bounds, such as 1..=100, 1.. or ..=LIMIT";
        let end = |input: ParseStream<'_>| -> syn::Result<Option<TokenStream>> {
            let mut end = TokenStream::new();
            while !input.is_empty() && !input.peek(Token![..]) && !input.peek(Token![,]) {
                end.extend([input.parse::<TokenTree>()?]);
            }
            Ok(Some(end).filter(|end| !end.is_empty()))
        };
        let place = input.span();
        let least = end(input)?;
        if input.peek(Token![..=]) {
            input.parse::<Token![..=]>()?;
            match end(input)? {
                Some(most) => {
                    let number = |end: &TokenStream| {
                        end.to_string().replace(['_', ' '], "").parse::<i64>().ok()
                    };
                    let ends = least.as_ref().and_then(number).zip(number(&most));
                    if ends.is_some_and(|(least, most)| least > most) {
                        return Err(syn::Error::new_spanned(
                            most,
                            "the greatest is less than the least",
                        ));
                    }
                    return Ok(Self { least, most: Some(most) });
                }
                None => return Err(input.error(EXPECTED)),
            }
        }
        if !input.peek(Token![..]) || input.peek(Token![...]) {
            return Err(syn::Error::new(place, EXPECTED));
        }
        input.parse::<Token![..]>()?;
        match (least, end(input)?) {
            (Some(least), None) => Ok(Self { least: Some(least), most: None }),
            (_, Some(most)) => Err(syn::Error::new_spanned(
                most,
                "bounds include the greatest: write ..= before it",
            )),
            (None, None) => Err(syn::Error::new(place, EXPECTED)),
        }
    }
}
