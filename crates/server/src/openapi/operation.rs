//! The words in which a front says what its routes take and answer.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what describes a route is written where it is used, and handed over"
)]

use serde_json::{Map, Value, json};

/// JSON, as nearly every answer is.
const JSON: &str = "application/json";

/// The routes of one front, and how it words a refusal.
pub(crate) struct Group {
    /// The heading it stands under.
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    /// The media type and the schema of its refusals.
    pub(crate) refusal: (&'static str, Value),
    /// Its routes.
    pub(crate) operations: Vec<Operation>,
    /// Its schemas, by names that no other group uses.
    pub(crate) schemas: Value,
}

/// One method of a route.
#[derive(Clone)]
pub(crate) struct Operation {
    path: String,
    method: &'static str,
    said: Map<String, Value>,
    answers: Map<String, Value>,
    refusals: Vec<u16>,
}

/// `GET` of a path; the id is the name of a function in generated clients.
pub(crate) fn get(path: &str, id: &str, summary: &str) -> Operation {
    Operation::new("get", path, id, summary)
}

/// `POST` of a path.
pub(crate) fn post(path: &str, id: &str, summary: &str) -> Operation {
    Operation::new("post", path, id, summary)
}

/// A reference to a schema.
pub(crate) fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

impl Operation {
    pub(crate) fn new(method: &'static str, path: &str, id: &str, summary: &str) -> Self {
        let mut said = Map::new();
        said.insert("operationId".to_owned(), id.into());
        said.insert("summary".to_owned(), summary.into());
        Self { path: path.to_owned(), method, said, answers: Map::new(), refusals: Vec::new() }
    }

    /// More than the summary says.
    pub(crate) fn about(mut self, text: &str) -> Self {
        self.said.insert("description".to_owned(), text.into());
        self
    }

    /// Who may; an empty requirement among them is anybody.
    pub(crate) fn needs(mut self, security: Value) -> Self {
        self.said.insert("security".to_owned(), security);
        self
    }

    /// A part of the path.
    pub(crate) fn segment(self, name: &str, example: &str, schema: Value, about: &str) -> Self {
        self.parameter(json!({
            "name": name, "in": "path", "required": true, "description": about, "schema": schema,
            "example": example,
        }))
    }

    /// A field of the query, or a header, that may be left out.
    pub(crate) fn option(self, place: &str, name: &str, schema: Value, about: &str) -> Self {
        self.parameter(json!({ "name": name, "in": place, "description": about, "schema": schema }))
    }

    fn parameter(mut self, parameter: Value) -> Self {
        let parameters = self.said.entry("parameters").or_insert_with(|| json!([]));
        if let Value::Array(parameters) = parameters {
            parameters.push(parameter);
        }
        self
    }

    /// What makes a repetition safe.
    pub(crate) fn repeatable(self) -> Self {
        let key = json!({ "type": "string", "maxLength": 255, "pattern": r"^[\t -~]*[!-~][\t -~]*$" });
        let about = "A repetition with the same key and the same body gets the first answer. Printable characters, not white \
                     space alone.";
        self.option("header", "Idempotency-Key", key, about).refuses(&[409, 422])
    }

    /// A JSON body; it may be too large, or too slow.
    pub(crate) fn takes(self, name: &str, example: Value) -> Self {
        self.body(JSON, schema(name), example)
    }

    /// A form of a page.
    pub(crate) fn takes_form(self, name: &str, example: Value) -> Self {
        self.body("application/x-www-form-urlencoded", schema(name), example)
    }

    /// A form that may be left out: with a bearer token there is nothing that it must say.
    pub(crate) fn may_take_form(mut self, name: &str, example: Value) -> Self {
        self = self.takes_form(name, example);
        self.said["requestBody"]["required"] = false.into();
        self
    }

    fn body(mut self, media: &str, schema: Value, example: Value) -> Self {
        let content = json!({ media: { "schema": schema, "example": example } });
        self.said.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
        self.refuses(&[400, 408, 413])
    }

    /// An answer in JSON.
    pub(crate) fn gives(self, status: u16, about: &str, name: &str) -> Self {
        self.gives_as(status, about, JSON, schema(name))
    }

    /// An answer of another type.
    pub(crate) fn gives_as(mut self, status: u16, about: &str, media: &str, schema: Value) -> Self {
        let answer = answer(status, about, json!({ media: { "schema": schema } }));
        self.answers.insert(status.to_string(), answer);
        self
    }

    /// An answer that leads to another address.
    pub(crate) fn leads(mut self, about: &str) -> Self {
        let mut answer = answer(303, about, json!({}));
        answer["headers"]["Location"] = json!({ "schema": { "type": "string" } });
        self.answers.insert("303".to_owned(), answer);
        self
    }

    /// Answers in the words that the group has for refusals.
    pub(crate) fn refuses(mut self, statuses: &[u16]) -> Self {
        self.refusals.extend(statuses);
        self
    }

    /// The same at another address.
    pub(crate) fn also_below(&self, prefix: &str, word: &str) -> Self {
        let mut twin = self.clone();
        let id = self.said["operationId"].as_str().unwrap_or_default();
        twin.said.insert("operationId".to_owned(), format!("{id}{word}").into());
        twin.said.insert(ALIAS.to_owned(), self.path.clone().into());
        twin.path = format!("{prefix}{}", self.path);
        twin
    }
}

/// Marks an operation that is another one at a second address.
pub(super) const ALIAS: &str = "x-alias-of";

fn answer(status: u16, about: &str, content: Value) -> Value {
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/RequestId" } });
    if matches!(status, 429 | 503) {
        headers["Retry-After"] = json!({ "$ref": "#/components/headers/RetryAfter" });
    }
    let mut answer = json!({ "description": about, "headers": headers });
    if content.as_object().is_some_and(|content| !content.is_empty()) {
        answer["content"] = content;
    }
    answer
}

/// Every status of a refusal.
pub(super) const REFUSALS: [u16; 10] = [400, 401, 403, 404, 408, 409, 413, 422, 429, 503];

/// What a refusal of the status means, where the route says nothing nearer.
pub(super) const fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be understood, or the licence does not allow it.",
        401 => "Nobody who is known asks.",
        403 => "Whoever asks may not do this.",
        404 => "There is no such thing.",
        408 => "The body did not arrive in time.",
        409 => "It conflicts with what there is, or the first of these requests is still being answered.",
        413 => "The body is too large.",
        422 => "What was sent cannot be taken as it is, or the Idempotency-Key was used for another request.",
        429 => "Too many requests, or too many guesses, came from this address.",
        503 => "The licence database is not available at the moment.",
        _ => "The server failed; its log says more under the request's id.",
    }
}

impl Group {
    /// Writes itself into a document.
    pub(super) fn put(self, document: &mut Value) {
        if let Value::Array(tags) = &mut document["tags"] {
            tags.push(json!({ "name": self.name, "description": self.about }));
        }
        let (media, refusal) = &self.refusal;
        for mut operation in self.operations {
            // Any handler may fail.
            operation.refusals.push(500);
            for status in operation.refusals {
                let refused = || answer(status, meaning(status), json!({ *media: { "schema": refusal } }));
                operation.answers.entry(status.to_string()).or_insert_with(refused);
            }
            let mut said = Value::Object(operation.said);
            said["tags"] = json!([self.name]);
            said["responses"] = Value::Object(operation.answers);
            document["paths"][operation.path][operation.method] = said;
        }
        if let Value::Object(schemas) = self.schemas {
            for (name, schema) in schemas {
                document["components"]["schemas"][name] = schema;
            }
        }
    }
}
