//! What of JSON Schema (2020-12) the document uses. A word that is not known here fails the test that meets it.

use serde_json::Value;

/// What is wrong with a value; nothing when it is as the schema says.
pub(super) fn flaws(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let fields = schema.as_object().unwrap_or_else(|| panic!("{place}: {schema} is no schema"));
    let mut flaws = Vec::new();
    let mut flaw = |what: String| flaws.push(format!("{place}: {what}: {value}"));
    for (word, wanted) in fields {
        let fits = match word.as_str() {
            "$ref"
            | "properties"
            | "items"
            | "additionalProperties"
            | "description"
            | "format"
            | "pattern" => true,
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|name| is_a(name, value)),
                name => is_a(name, value),
            },
            "const" => value == wanted,
            "enum" => wanted.as_array().is_some_and(|values| values.contains(value)),
            "required" => {
                let names = wanted.as_array().into_iter().flatten().filter_map(Value::as_str);
                names.into_iter().all(|name| value.get(name).is_some())
            }
            "anyOf" => {
                let ways = wanted.as_array().into_iter().flatten();
                ways.into_iter().any(|way| self::flaws(document, way, value, place).is_empty())
            }
            "minimum" => value.as_f64().is_none_or(|number| Some(number) >= wanted.as_f64()),
            "maximum" => value.as_f64().is_none_or(|number| Some(number) <= wanted.as_f64()),
            "minLength" => {
                value.as_str().is_none_or(|text| Some(text.chars().count() as u64) >= wanted.as_u64())
            }
            "maxLength" => {
                value.as_str().is_none_or(|text| Some(text.chars().count() as u64) <= wanted.as_u64())
            }
            other => panic!("{place}: {other:?} is not known to this test"),
        };
        if !fits {
            flaw(format!("not {word} {wanted}"));
        }
    }
    if let (Some("date-time"), Some(text)) = (schema["format"].as_str(), value.as_str())
        && keyward_core::time::Timestamp::parse_rfc3339(text).is_none()
    {
        flaw("no instant".to_owned());
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference}"));
        flaws.extend(self::flaws(document, schema, value, place));
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (number, value) in values.iter().enumerate() {
            flaws.extend(self::flaws(document, items, value, &format!("{place}[{number}]")));
        }
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) if *schema != Value::Bool(false) => {
                flaws.extend(self::flaws(document, schema, value, &place));
            }
            // What an answer has must be said, where anything is.
            (None, None) if !schema["properties"].is_object() => {}
            _ => {
                flaws.push(format!("{place} is not documented"));
            }
        }
    }
    flaws
}

fn is_a(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

#[test]
fn what_is_not_as_the_schema_says_is_found() {
    use serde_json::json;

    let document = json!({ "components": { "schemas": { "Name": { "type": "string", "minLength": 1 } } } });
    let schema = json!({
        "type": "object", "required": ["name"],
        "properties": {
            "name": { "$ref": "#/components/schemas/Name" },
            "end": { "type": ["string", "null"], "format": "date-time" },
            "counts": { "type": "array", "items": { "type": "integer", "minimum": 0 } },
        },
    });
    let flaws = |value| flaws(&document, &schema, &value, "$").len();
    assert_eq!(flaws(json!({ "name": "a", "end": null, "counts": [0, 1] })), 0);
    assert_eq!(flaws(json!({ "name": "a", "end": "2027-01-15T08:00:00Z" })), 0);
    for wrong in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": 1 }),
        json!({ "name": "a", "end": "soon" }),
        json!({ "name": "a", "counts": [-1] }),
        json!({ "name": "a", "more": 1 }),
    ] {
        assert!(flaws(wrong.clone()) > 0, "{wrong}");
    }
}
