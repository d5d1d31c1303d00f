//! A flag that says that something is under way.

/// Clears a flag whatever happens, a panic included.
pub(crate) struct Done<'a>(pub(crate) &'a std::cell::Cell<bool>);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
