//! Build: a connector and a request become a plan, or the diagnostics say what does not fit.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Checkpoint, Plan, Request, Slot, Stage};
use crate::connector::{Connector, Object, Placeholder, Step, Template, Verb};
use crate::diagnostic::{Code, Diagnostic, Span};

/// Puts `connector` and `request` together: fills in the defaults of parameters, groups the rows into
/// stages, collects the slots.
///
/// # Errors
/// All of it at once: parameters that were not given and have no default, and given ones that the
/// connector does not declare.
pub fn build(connector: Arc<Connector>, mut request: Request) -> Result<Plan, Vec<Diagnostic>> {
    let mut found = Vec::new();
    request.params = parameters(&connector, &request.params, &mut found);
    let slots = slots(&connector);
    let mut told: Vec<&str> = Vec::new();
    for Placeholder { object, property, span } in slots.iter().map(|slot| &slot.placeholder) {
        let is_missing = *object == Object::Param && !request.params.contains_key(property);
        if is_missing && !told.contains(&property.as_str()) {
            told.push(property);
            found.push(missing(&connector, property, *span));
        }
    }
    if !found.is_empty() {
        return Err(found);
    }
    let stages = stages(&connector);
    Ok(Plan { connector, request, stages, slots })
}

/// The values of the declared parameters: given or default.
fn parameters(
    connector: &Connector,
    given: &BTreeMap<String, String>,
    found: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, String> = connector
        .parameters
        .iter()
        .filter_map(|(name, parameter)| {
            parameter.default.clone().map(|value| (name.clone(), value))
        })
        .collect();
    for (name, value) in given {
        let declared =
            connector.parameters.keys().find(|known| known.to_lowercase() == name.to_lowercase());
        match declared {
            Some(known) => {
                values.insert(known.clone(), value.clone());
            }
            None => found.push(undeclared(connector, name)),
        }
    }
    values
}

fn undeclared(connector: &Connector, name: &str) -> Diagnostic {
    let message = format!("`{}` has no parameter `{name}`", connector.id);
    let names: Vec<String> = connector.parameters.keys().map(|name| format!("`{name}`")).collect();
    let help = match names.as_slice() {
        [] => {
            "it declares no parameters: remove `--param`, or add `UserParameters` to it".to_owned()
        }
        names => format!("its parameters are {}", names.join(", ")),
    };
    // The name came with the request and has no place in the file; the file itself is the place.
    Diagnostic::error(Code::UnknownParameter, &connector.source, Span::new(0, 0), message)
        .help(help)
}

fn missing(connector: &Connector, name: &str, span: Span) -> Diagnostic {
    let prompt = connector.parameters.get(name).and_then(|known| known.display_name.as_deref());
    let message = match prompt {
        Some(prompt) => format!("the parameter `{name}` ({prompt}) was not given"),
        None => format!("the parameter `{name}` was not given"),
    };
    Diagnostic::error(Code::MissingParameter, &connector.source, span, message)
        .label("needed here")
        .help(format!("add `--param {name}=VALUE`, or a `Default` under `UserParameters`"))
}

/// Every place that a value goes: the settings' own first, then in the order of the rows.
fn slots(connector: &Connector) -> Vec<Slot> {
    let mut slots = Vec::new();
    let mut add = |row: Option<usize>, template: &Template| {
        slots.extend(template.placeholders().map(|placeholder| Slot::new(row, placeholder)));
    };
    for template in connector.settings.templates() {
        add(None, template);
    }
    for step in planned(connector) {
        for template in step.templates() {
            add(Some(step.row), template);
        }
    }
    slots
}

/// The rows that the plan has: without validations where they are not run.
fn planned(connector: &Connector) -> impl Iterator<Item = &Step> {
    connector.steps.iter().filter(|step| {
        connector.settings.run_validations || !matches!(step.verb, Verb::Validation(_))
    })
}

/// The rows, consecutive validations and failures as one checkpoint.
fn stages(connector: &Connector) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for step in planned(connector) {
        let is_failure = matches!(step.verb, Verb::Failure(..));
        if !is_failure && !matches!(step.verb, Verb::Validation(_)) {
            stages.push(Stage::Row(step.clone(), None));
            continue;
        }
        if !matches!(stages.last(), Some(Stage::Checkpoint(_))) {
            stages.push(Stage::Checkpoint(Checkpoint::default()));
        }
        if let Some(Stage::Checkpoint(checkpoint)) = stages.last_mut() {
            let side =
                if is_failure { &mut checkpoint.failures } else { &mut checkpoint.validations };
            side.push(step.clone());
        }
    }
    let mut ahead = None;
    for (at, stage) in stages.iter_mut().enumerate().rev() {
        match stage {
            Stage::Row(_, checkpoint) => *checkpoint = ahead,
            Stage::Checkpoint(_) => ahead = Some(at),
        }
    }
    stages
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
