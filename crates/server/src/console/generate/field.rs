//! A field of a form, as its template draws it.

use std::borrow::Cow;

/// A field.
pub(super) struct Field {
    pub(super) name: Cow<'static, str>,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) input: Input,
    /// What stands in it.
    pub(super) value: String,
    pub(super) is_required: bool,
    /// What is wrong with what was typed.
    pub(super) problem: Option<String>,
}

/// How it is asked.
pub(super) enum Input {
    Text,
    /// With what may be meant.
    Suggest(Vec<String>),
    Number,
    Email,
    Date,
    Area,
    Select(Vec<Choice>),
}

/// One of a list.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
}

impl Field {
    pub(super) fn new(name: &'static str, label: &'static str, input: Input) -> Self {
        Self {
            name: Cow::Borrowed(name),
            label,
            hint: "",
            input,
            value: String::new(),
            is_required: false,
            problem: None,
        }
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    pub(super) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(super) fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// Whether there is anything to choose.
    pub(super) fn is_possible(&self) -> bool {
        !matches!(&self.input, Input::Select(choices) if choices.is_empty())
    }

    /// The ids of what is said about it.
    pub(super) fn described(&self) -> String {
        let Self { name, hint, problem, .. } = self;
        match (problem.is_some(), hint.is_empty()) {
            (true, true) => format!("{name}-problem"),
            (true, false) => format!("{name}-problem {name}-hint"),
            (false, false) => format!("{name}-hint"),
            (false, true) => String::new(),
        }
    }

    /// The type of the HTML input.
    pub(super) const fn html_type(&self) -> &'static str {
        match self.input {
            Input::Email => "email",
            Input::Date => "date",
            _ => "text",
        }
    }
}
