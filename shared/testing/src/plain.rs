//! Types of tests that do not say what they are: nothing is printed or listed of them.

/// These payloads and data are objects, and nothing else is said of them.
#[macro_export]
macro_rules! plain {
    ($($type:ident),+ $(,)?) => {
        $(impl edgefold_kernel::Described for $type {
            const SHAPE: edgefold_kernel::Shape =
                edgefold_kernel::Shape::Object(&edgefold_kernel::shape::Object {
                    name: stringify!($type),
                    about: "",
                    fields: &[],
                    is_strict: false,
                });
        })+
    };
}
