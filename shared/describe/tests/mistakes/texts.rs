use edgefold_kernel::text;

/// Right.
#[text(1..=16, of = r"A-Z\-", expected = "a code", or_number)]
pub struct Right(String);

/// Of no length.
#[text(of = "A-Z")]
pub struct Endless(String);

/// Of a length that is none.
#[text(3..=1)]
pub struct Never(String);

/// Of characters that are none.
#[text(1..=3, of = "Z-A")]
pub struct Backward(String);

/// Of brackets.
#[text(1..=3, of = "[A-Z]")]
pub struct Brackets(String);

/// Of no text.
#[text(1..=3)]
pub struct Number(u32);

/// Of many.
#[text(1..=3, many)]
pub struct Many(String);

#[text(1..=3)]
pub struct Undocumented(String);

/// Of an enum.
#[text(1..=3)]
pub enum Choice {}

fn main() {}
