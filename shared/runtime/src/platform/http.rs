//! A request as it came in, and the answer to it, both as data: one call into JavaScript reads the one, one makes the other. And the
//! answer of an object, which may be passed on.

use std::{borrow::Cow, collections::BTreeMap};

use js_sys::Uint8Array;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::{
    ByteStream, FromRequest, IntoResponse, Method, Url, WebSocket, wasm_bindgen_futures::JsFuture,
    web_sys, worker_sys::ext::ResponseExt,
};

#[wasm_bindgen(module = "/src/platform/calls.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn head(request: &web_sys::Request) -> Result<String, JsValue>;

    #[wasm_bindgen(catch)]
    fn respond(
        status: u16,
        headers: &str,
        body: Option<&[u8]>,
        socket: Option<&web_sys::WebSocket>,
    ) -> Result<web_sys::Response, JsValue>;

    #[wasm_bindgen(catch)]
    fn streamed(status: u16, headers: &str, stream: &JsValue)
    -> Result<web_sys::Response, JsValue>;

    #[wasm_bindgen(catch, js_name = passOn)]
    fn pass_on(
        answer: &web_sys::Response,
        headers: &str,
        has_body: bool,
    ) -> Result<web_sys::Response, JsValue>;
}

/// A request that came in.
#[derive(Debug)]
pub struct Request {
    method: Method,
    is_head: bool,
    address: String,
    /// By their names in small letters.
    headers: BTreeMap<String, String>,
    raw: web_sys::Request,
}

impl Request {
    /// Its method. `GET` for `HEAD`, and `PATCH`, which no door takes, for one that nobody knows.
    pub fn method(&self) -> Method {
        self.method.clone()
    }

    /// True if it was sent as `HEAD`: what can be got can be asked for without its body (RFC 9110, section 9.3.2).
    pub fn is_head(&self) -> bool {
        self.is_head
    }

    /// The path of its address, without the query.
    pub fn path(&self) -> &str {
        let from_host = self.address.find("://").map_or(0, |at| at + 3);
        let after_scheme = self.address.get(from_host..).unwrap_or_default();
        let path = after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("/");
        path.split(['?', '#']).next().unwrap_or(path)
    }

    /// Its address.
    ///
    /// # Errors
    /// Fails if the runtime has given it none.
    pub fn url(&self) -> worker::Result<Url> {
        Ok(Url::parse(&self.address)?)
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// Its headers, for another request.
    ///
    /// # Errors
    /// Fails if the runtime refuses to.
    pub fn headers(&self) -> worker::Result<worker::Headers> {
        Ok(worker::Headers(web_sys::Headers::new_with_headers(&self.raw.headers())?))
    }

    /// Its body.
    ///
    /// # Errors
    /// Fails if it breaks off, or was read before.
    pub async fn bytes(&self) -> worker::Result<Vec<u8>> {
        let buffer = JsFuture::from(self.raw.array_buffer()?).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }

    /// The same as text, whatever is not UTF-8 replaced.
    ///
    /// # Errors
    /// Fails if it breaks off, or was read before.
    pub async fn text(&self) -> worker::Result<String> {
        Ok(JsFuture::from(self.raw.text()?).await?.as_string().unwrap_or_default())
    }

    /// Its body part by part, if it has one.
    pub fn stream(&self) -> Option<ByteStream> {
        worker::Request::from(Clone::clone(&self.raw)).stream().ok()
    }
}

impl FromRequest for Request {
    #[allow(refining_impl_trait, reason = "which error it is matters to nobody")]
    fn from_raw(raw: web_sys::Request) -> Result<Self, worker::Error> {
        let (said, address, mut headers): (String, String, BTreeMap<_, String>) =
            serde_json::from_str(&head(&raw)?)?;
        let method = match Method::from(said.clone()) {
            Method::Head => Method::Get,
            known if known.as_ref() == said => known,
            // `worker` takes a method that it does not know for `GET`.
            _ => Method::Patch,
        };
        if said != Method::Get.as_ref() {
            // Only `GET` itself upgrades to a websocket.
            headers.remove("upgrade");
        }
        let is_head = said == Method::Head.as_ref();
        Ok(Self { method, is_head, address, headers, raw })
    }
}

/// The answer of an object. Its body is read as a whole: `worker` would read it as a stream, with three calls and a promise for
/// each part of it.
#[derive(Debug)]
pub struct Answer {
    raw: web_sys::Response,
    has_body: bool,
}

impl Answer {
    pub(super) fn new(raw: web_sys::Response) -> Self {
        Self { raw, has_body: true }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.raw.status()
    }

    fn has(&self, header: &str) -> bool {
        self.raw.headers().has(header).unwrap_or_default()
    }

    fn bodiless(self) -> Self {
        Self { has_body: false, ..self }
    }

    /// The websocket that it opens, if it does.
    pub fn socket(&self) -> Option<web_sys::WebSocket> {
        self.raw.websocket()
    }

    /// A response of it, with further headers: a JSON array of names with values.
    fn pass_on(self, headers: &str) -> Result<web_sys::Response, JsValue> {
        pass_on(&self.raw, headers, self.has_body)
    }

    pub(super) async fn bytes(&self) -> Result<Vec<u8>, JsValue> {
        let buffer = JsFuture::from(self.raw.array_buffer()?).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }
}

/// An answer. It is data until it leaves.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(&'static str, Cow<'static, str>)>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    None,
    Bytes(Cow<'static, [u8]>),
    Socket(WebSocket),
    /// A `ReadableStream` of bytes.
    Stream(JsValue),
    /// The answer of an object, which is passed on with further headers.
    Passed(Answer),
}

impl Response {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::None }
    }

    /// An answer with a body.
    pub fn of(
        status: u16,
        content_type: &'static str,
        body: impl Into<Cow<'static, [u8]>>,
    ) -> Self {
        let headers = vec![("content-type", content_type.into())];
        Self { status, headers, body: Body::Bytes(body.into()) }
    }

    /// An answer whose body comes bit by bit: a `ReadableStream` of bytes.
    pub fn stream(content_type: &'static str, stream: JsValue) -> Self {
        let headers = vec![("content-type", content_type.into())];
        Self { status: 200, headers, body: Body::Stream(stream) }
    }

    /// An answer that opens a websocket.
    pub fn socket(client: WebSocket) -> Self {
        Self { status: 101, headers: Vec::new(), body: Body::Socket(client) }
    }

    /// The same answer with this header, in place of another of its name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// True if it has this header.
    pub fn has(&self, name: &str) -> bool {
        let passed = match &self.body {
            Body::Passed(answer) => answer.has(name),
            _ => false,
        };
        passed || self.headers.iter().any(|(known, _)| *known == name)
    }

    /// The same answer without its body: the headers tell of it.
    #[must_use]
    pub fn bodiless(self) -> Self {
        match self.body {
            Body::Bytes(_) => Self { body: Body::None, ..self },
            Body::Passed(answer) => Self { body: Body::Passed(answer.bodiless()), ..self },
            _ => self,
        }
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        Self { status: answer.status(), headers: Vec::new(), body: Body::Passed(answer) }
    }
}

impl IntoResponse for Response {
    #[allow(refining_impl_trait, reason = "which error it is matters to nobody")]
    fn into_raw(self) -> Result<web_sys::Response, worker::Error> {
        let headers = serde_json::to_string(&self.headers)?;
        let made = match self.body {
            Body::None => respond(self.status, &headers, None, None),
            Body::Bytes(bytes) => respond(self.status, &headers, Some(&bytes), None),
            Body::Socket(socket) => respond(self.status, &headers, None, Some(socket.as_ref())),
            Body::Stream(stream) => streamed(self.status, &headers, &stream),
            Body::Passed(answer) => answer.pass_on(&headers),
        };
        Ok(made?)
    }
}

/// Serves a request as the runtime has it.
///
/// # Errors
/// Fails if the runtime refuses to read it, or to build a response.
pub async fn served(
    request: web_sys::Request,
    serve: impl AsyncFnOnce(Request) -> worker::Result<Response>,
) -> worker::Result<web_sys::Response> {
    serve(Request::from_raw(request)?).await?.into_raw()
}
