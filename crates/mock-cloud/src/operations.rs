//! What does each operation do?

use std::time::SystemTime;

use http::StatusCode;
use serde_json::Value;

use crate::contract::Arguments;
use crate::state::State;

/// What an operation answers, or why it fails.
pub(crate) type Outcome = Result<(StatusCode, Value), (StatusCode, String)>;

/// Carries an operation out.
pub(crate) fn run(id: &str, arguments: &Arguments, state: &mut State, now: SystemTime) -> Outcome {
    let project = text(arguments, "project_id");
    if !state.projects.is_empty() && !state.projects.contains(project) {
        return Err((StatusCode::FORBIDDEN, "Insufficient permissions".to_owned()));
    }
    let instance = text(arguments, "instance_id");
    let needs_instance = arguments.path.contains_key("instance_id");
    if needs_instance && !state.instances.is_empty() && !state.instances.contains(instance) {
        return Err((StatusCode::NOT_FOUND, format!("The instance {instance} does not exist")));
    }
    match id {
        "ListAccessCode" => Ok((StatusCode::OK, state.access_codes(project, now))),
        "CreateInstanceTempCredential" => Ok((StatusCode::CREATED, state.create_temporary(project, instance, now))),
        "CreateInstanceLtCredential" => {
            let name = arguments.body["name"].as_str().unwrap_or_default();
            match state.create_long_term(project, instance, name, now) {
                Some(created) => Ok((StatusCode::CREATED, created)),
                None => Err((StatusCode::CONFLICT, format!("The name {name} is taken"))),
            }
        }
        "ListInstanceLtCredentials" => {
            let (offset, limit) = page(arguments)?;
            Ok((StatusCode::OK, state.list_long_term(project, instance, offset, limit)))
        }
        "UpdateInstanceLtCredential" => {
            let enable = arguments.body["enable"].as_bool().unwrap_or_default();
            let found = state.enable_long_term(project, instance, text(arguments, "credential_id"), enable);
            if found { Ok((StatusCode::OK, Value::Null)) } else { Err(no_credential(arguments)) }
        }
        "DeleteInstanceLtCredential" => {
            let found = state.delete_long_term(project, instance, text(arguments, "credential_id"));
            if found { Ok((StatusCode::NO_CONTENT, Value::Null)) } else { Err(no_credential(arguments)) }
        }
        other => Err((StatusCode::NOT_IMPLEMENTED, format!("mock-cloud does not carry {other} out"))),
    }
}

fn text<'a>(arguments: &'a Arguments, name: &str) -> &'a str {
    arguments.path.get(name).map(String::as_str).unwrap_or_default()
}

fn no_credential(arguments: &Arguments) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, format!("The credential {} does not exist", text(arguments, "credential_id")))
}

/// Offset and limit, which must be sent together.
fn page(arguments: &Arguments) -> Result<(usize, usize), (StatusCode, String)> {
    let number = |name: &str| {
        arguments.query.get(name).and_then(Value::as_u64).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    };
    match (number("offset"), number("limit")) {
        (None, None) => Ok((0, 100)),
        (Some(offset), Some(limit)) => Ok((offset, limit)),
        _ => Err((StatusCode::BAD_REQUEST, "offset and limit must be used together".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CONTRACT;

    #[test]
    fn every_operation_of_the_specs_is_carried_out() {
        for id in CONTRACT.ids() {
            let outcome = run(id, &Arguments::default(), &mut State::default(), SystemTime::UNIX_EPOCH);
            let status = outcome.map_or_else(|(status, _)| status, |(status, _)| status);
            assert_ne!(status, StatusCode::NOT_IMPLEMENTED, "{id}: add it to run()");
        }
    }
}
