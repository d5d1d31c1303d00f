//! Texts on their way to a queue. The crate's typed `send` would turn maps into `{}`.

use edgefold_kernel::limits;
use worker::{
    BatchMessageBuilder, Env, QueueContentType, RawMessage, RawMessageBuilder, js_sys::JSON,
    wasm_bindgen::JsValue,
};

/// Messages in one call of the queue's `sendBatch` (platform: 100).
const BATCH_MESSAGES: usize = 100;

/// Hands texts to a queue, in as few calls as it allows.
///
/// # Errors
/// Fails if it is not bound, or does not take all of them.
pub(crate) async fn send_all(env: &Env, binding: &str, texts: &[String]) -> worker::Result<()> {
    let queue = env.queue(binding)?;
    let mut rest = texts;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(BATCH_MESSAGES).take_while(|text| {
            bytes += text.len();
            bytes <= limits::QUEUE_BATCH_BYTES
        });
        let (batch, later) = rest.split_at(fits.count().max(1));
        let messages = batch.iter().map(|text| {
            RawMessageBuilder::new(JsValue::from_str(text))
                .build_with_content_type(QueueContentType::Text)
        });
        queue.send_raw_batch(BatchMessageBuilder::new().messages(messages).build()).await?;
        rest = later;
    }
    Ok(())
}

/// Hands a text to a queue, which brings it after so many seconds.
///
/// # Errors
/// Fails if it is not bound, or does not take it.
pub(crate) async fn send_later(
    env: &Env,
    binding: &str,
    text: &str,
    seconds: u32,
) -> worker::Result<()> {
    let message = RawMessageBuilder::new(JsValue::from_str(text))
        .delay_seconds(seconds)
        .build_with_content_type(QueueContentType::Text);
    env.queue(binding)?.send_raw(message).await
}

/// The text of a message. We send text; what others send is looked at as text, too.
pub(crate) fn text(message: &RawMessage) -> String {
    let body = message.body();
    body.as_string().unwrap_or_else(|| {
        JSON::stringify(&body).ok().and_then(|text| text.as_string()).unwrap_or_default()
    })
}
