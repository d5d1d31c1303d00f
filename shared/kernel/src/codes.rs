//! The codes with which the engine refuses commands, and what they mean. Those of an aggregate stand with its rules; the
//! engine adds `<TYPE>_EXISTS` and `<TYPE>_UNKNOWN` for each. A test looks for codes that are missing here.

/// Each code with its meaning, in alphabetical order.
pub const CODES: &[(&str, &str)] = &[
    ("COMMAND_INTERNAL", "Only the system itself sends this command."),
    ("DISCARDED", "An administrator gave the command up after it had failed again and again."),
    ("EVENT_TOO_LARGE", "An event that would follow from the command is too large to be stored."),
    ("EVENT_UNREADABLE", "An event that would follow from the command could not be read again."),
    ("FORBIDDEN", "You may not send this command to this instance."),
    (
        "IDEMPOTENCY_KEY_REUSED",
        "The command id was used before, for a command with another content.",
    ),
    ("INVALID_FIELD", "A field has a value that is not allowed: `field` names it."),
    ("MISSING_FIELD", "A required field was left out: `field` names it."),
    ("RESERVED_ID", "Command ids of this form are made up by the system alone."),
    (
        "TOO_MANY_DESTINATIONS",
        "An event that would follow from the command concerns too many instances.",
    ),
    ("TOO_MANY_EVENTS", "Too many events would follow from the command."),
    ("UNAUTHENTICATED", "A valid token is required."),
    ("UNKNOWN_AGGREGATE", "There is no such type of aggregate."),
    ("UNKNOWN_COMMAND", "The aggregate has no such command."),
    ("UNKNOWN_FIELD", "The command has no such field: `field` names it."),
    (
        "VERSION_CONFLICT",
        "The stream is not at the expected version: `currentVersion` says where it is.",
    ),
];
