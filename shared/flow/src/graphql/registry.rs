//! The schema is written into the registry of async-graphql. Every field of its types must be named.

use std::sync::Arc;

use async_graphql::{
    indexmap::IndexMap,
    registry::{Deprecation, MetaEnumValue, MetaField, MetaInputValue, MetaType, Registry},
};

use super::api::{Api, Field, Is, Root, Type};

impl Api {
    /// Writes a root and every type into a registry. Types that are not used are not shown.
    pub(super) fn register(&self, registry: &mut Registry, root: &'static str, fields: &[Root]) {
        for (name, of) in &self.types {
            if !registry.types.contains_key(name) {
                registry.types.insert(name.clone(), meta(name, of));
            }
        }
        let fields = fields.iter().map(|it| meta_field(&it.field, &it.arguments)).collect();
        let about = match root {
            "Query" => "Instances, now or then, lists of them, and what projections answer.",
            "Mutation" => "The commands that may come from outside.",
            _ => "Events as they happen, each with a cursor to go on from.",
        };
        registry.types.insert(root.to_owned(), meta_object(root, Some(about.to_owned()), fields));
    }
}

fn meta(name: &str, of: &Type) -> MetaType {
    let (name, description) = (name.to_owned(), said(&of.about));
    match &of.is {
        Is::Object(fields) => {
            let fields = fields.iter().map(|field| meta_field(field, &[])).collect();
            meta_object(&name, description, fields)
        }
        Is::Input(fields) => MetaType::InputObject {
            name,
            description,
            input_fields: meta_inputs(fields),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            oneof: false,
            directive_invocations: Vec::new(),
        },
        Is::Enum(values) => MetaType::Enum {
            name,
            description,
            enum_values: values.iter().map(meta_value).collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        },
        Is::Union(of) => MetaType::Union {
            name,
            description,
            possible_types: of.iter().cloned().collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
        },
        Is::Scalar(url, takes) => MetaType::Scalar {
            name,
            description,
            is_valid: Some(Arc::new({
                let takes = *takes;
                move |value| takes.takes(value)
            })),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: Some((*url).to_owned()),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        },
    }
}

fn meta_object(
    name: &str,
    description: Option<String>,
    fields: IndexMap<String, MetaField>,
) -> MetaType {
    MetaType::Object {
        name: name.to_owned(),
        description,
        fields,
        cache_control: Default::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: name == "Subscription",
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn meta_field(field: &Field, arguments: &[Field]) -> (String, MetaField) {
    let made = MetaField {
        name: field.name.clone(),
        description: said(&field.about),
        args: meta_inputs(arguments),
        ty: field.of.clone(),
        deprecation: Deprecation::NoDeprecated,
        cache_control: Default::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    (field.name.clone(), made)
}

fn meta_inputs(fields: &[Field]) -> IndexMap<String, MetaInputValue> {
    let input = |Field { name, about, of, default }: &Field| {
        let made = MetaInputValue {
            name: name.clone(),
            description: said(about),
            ty: of.clone(),
            deprecation: Deprecation::NoDeprecated,
            default_value: default.clone(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            is_secret: false,
            directive_invocations: Vec::new(),
        };
        (name.clone(), made)
    };
    fields.iter().map(input).collect()
}

fn meta_value((name, about): &(String, String)) -> (String, MetaEnumValue) {
    let value = MetaEnumValue {
        name: name.clone(),
        description: said(about),
        deprecation: Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    };
    (name.clone(), value)
}

fn said(about: &str) -> Option<String> {
    (!about.is_empty()).then(|| about.to_owned())
}
