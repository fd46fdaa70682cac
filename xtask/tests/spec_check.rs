//! A spec that must not be published or cannot be generated is refused, with the place and the mend.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::check::{Finding, Severity, check};
use xtask::load::{load_all, parse};

fn spec_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")
}

fn text(name: &str) -> String {
    fs::read_to_string(spec_folder().join(format!("{name}.yaml"))).unwrap()
}

/// What is found after the first occurrence of `from` in swr.yaml was replaced; a parse error counts as a finding.
fn broken(from: &str, to: &str) -> Vec<Finding> {
    let swr = text("swr");
    assert!(swr.contains(from), "swr.yaml does not hold {from:?} any more");
    checked(swr.replacen(from, to, 1))
}

fn checked(swr: String) -> Vec<Finding> {
    let aom = parse("aom", text("aom")).unwrap();
    match parse("swr", swr) {
        Ok(swr) => check(&[aom, swr], &spec_folder()),
        Err(error) => vec![Finding {
            file: "spec/swr.yaml".to_owned(),
            place: "parse".to_owned(),
            problem: error.to_string(),
            mend: "correct the spelling".to_owned(),
            severity: Severity::Refused,
        }],
    }
}

#[test]
fn the_specs_of_the_project_are_fine() {
    let specs = load_all(&spec_folder().join("..")).unwrap();
    assert_eq!(check(&specs, &spec_folder()), []);
}

/// Each row breaks swr.yaml in one way: what is replaced, by what, and a part of the message.
#[test]
fn every_shape_that_tools_get_wrong_is_refused() {
    const RESPONSE: &str = "              schema:\n                $ref: '#/components/schemas/TempCredential'\n";
    const TOKEN_ID: &str =
        "        token_id:\n          type: string\n          description: ID of a temporary access credential.";
    const CREATED: &str = "  /v2/{project_id}/instances/{instance_id}/temp-credential:\n    post:\n      operationId: CreateInstanceTempCredential\n";
    const INSTANCE: &str = "        - $ref: '#/components/parameters/InstanceId'\n";
    let header = |name: &str| {
        format!(
            "{INSTANCE}        - name: {name}\n          in: header\n          description: x\n          schema: {{ type: string }}\n          example: x\n"
        )
    };
    let property = |yaml: &str| format!("        extra:\n          description: x\n{yaml}{TOKEN_ID}");
    let rows: Vec<(&str, String, &str)> = vec![
        (RESPONSE, "              schema:\n                type: object\n                properties: { a: { type: string, description: x } }\n".into(), "inline schema"),
        ("        4XX: { $ref: '#/components/responses/ClientError' }\n", "        4XX: { $ref: '#/components/responses/ClientError' }\n        default: { $ref: '#/components/responses/ClientError' }\n".into(), "`default` beside a typed success"),
        ("        '400': { $ref: '#/components/responses/BadRequest' }\n", "        '400':\n          description: x\n          content:\n            application/json:\n              schema: { $ref: '#/components/schemas/TempCredential' }\n".into(), "another schema than"),
        ("        '400': { $ref: '#/components/responses/BadRequest' }\n", "        '400': { description: x }\n".into(), "the error has no body"),
        ("        '400': { $ref: '#/components/responses/BadRequest' }\n", "        '204': { description: x }\n".into(), "2 success answers"),
        (INSTANCE, header("X-Auth-Token"), "the header X-Auth-Token would become an argument"),
        (INSTANCE, header("Content-Type"), "the header Content-Type would become an argument"),
        (INSTANCE, header("Authorization"), "the header Authorization would become an argument"),
        ("            format: int64\n            minimum: 0\n", "            format: int32\n            minimum: 0\n".into(), "dropped silently for int32"),
        ("            format: int64\n            minimum: 1\n            maximum: 100\n", "            format: int32\n            minimum: 1\n            maximum: 100\n".into(), "dropped silently for int32"),
        ("            type: boolean\n", "            type: boolean\n            default: true\n".into(), "fill a `default` in"),
        ("      required: [auth_token, user_id]\n", "      additionalProperties: false\n      required: [auth_token, user_id]\n".into(), "break on a new field"),
        ("$ref: '#/components/schemas/TempCredential'", "$ref: 'other.yaml#/components/schemas/TempCredential'".into(), "refers to another file"),
        (TOKEN_ID, property("          anyOf: [{ type: string }]\n"), "`anyOf` is generated wrongly"),
        (TOKEN_ID, property("          allOf: [{ type: string }]\n"), "`allOf` is generated wrongly"),
        (TOKEN_ID, property("          oneOf: [{ type: string }]\n"), "`oneOf` is generated wrongly"),
        (TOKEN_ID, property("          type: string\n          enum: [a, b]\n"), "closed `enum`"),
        (TOKEN_ID, property("          type: object\n          properties: { a: { type: string, description: x } }\n"), "an object stands inside another schema"),
        (TOKEN_ID, property("          type: array\n          items: { type: string }\n"), "not nullable"),
        (TOKEN_ID, property("          type: integer\n"), "no format"),
        (TOKEN_ID, property("          type: strin\n"), "`strin` is no type"),
        (TOKEN_ID, property("          type: string\n          format: datetime\n"), "`datetime` is no format"),
        (TOKEN_ID, property("          type: string\n          pattern: '['\n          x-hwc-rule: x\n"), "does not compile"),
        (TOKEN_ID, property("          type: string\n          pattern: 'a'\n"), "no message for a person"),
        (TOKEN_ID, property("          type: string\n          maxLenght: 5\n"), "unknown field `maxLenght`"),
        (TOKEN_ID, property("          type: string\n          example: 7\n"), "does not fit its schema"),
        (TOKEN_ID, property("          $ref: '#/components/schemas/InstanceId'\n"), "keywords stand beside `$ref`"),
        (TOKEN_ID, format!("        extra:\n          type: string\n{TOKEN_ID}"), "no description"),
        (TOKEN_ID, format!("        db_password:\n          type: string\n          description: x\n{TOKEN_ID}"), "named like a secret"),
        ("      required: [auth_token, user_id]\n", "      required: [auth_token, user_id, token_id]\n".into(), "may be empty"),
        ("      required: [auth_token, user_id]\n", "      required: [auth_token, user_id, nobody]\n".into(), "`nobody`, which is no property"),
        ("    TempCredential:\n", "    CreateInstanceTempCredentialResponse:\n".into(), "collides in several generators"),
        ("      operationId: CreateInstanceTempCredential\n", "      operationId: CreateInstanceLtCredential\n".into(), "is taken by"),
        ("      operationId: CreateInstanceTempCredential\n", "      operationId: create-it\n".into(), "not a documented name"),
        (CREATED, CREATED.replace("      operationId", "      operationid"), "unknown field `operationid`"),
        (CREATED, format!("{CREATED}      summary: once more\n"), "duplicate"),
        ("created_at: '2023-10-20T15:30:00Z'", "created_at: 2023-10-20T15:30:00Z".into(), "is not quoted"),
        ("auth_token: abc123xyz789\n                created_at", "auth_token: other\n                created_at".into(), "differ"),
        ("fixtures/swr/create-instance-temp-credential.201.json", "fixtures/swr/nowhere.json".into(), "cannot be read"),
        ("    url: https://support.huaweicloud.com/intl/en-us/api-swr/swr_03_0401.html\n      x-hwc-action", "    url: https://x.example\n      x-hwc-sauce: y\n      x-hwc-action".into(), "x-hwc-sauce"),
        ("          from: page\n          note: user guide swr_02_0422\n", "          from: rumour\n          note: user guide swr_02_0422\n".into(), "rumour"),
        ("      scheme: SDK-HMAC-SHA256\n", "      in: header\n      name: Authorization\n".into(), "neither `http` with a `scheme`"),
        ("      type: http\n      scheme: SDK-HMAC-SHA256\n", "      type: apiKey\n      in: header\n      name: Authorization\n".into(), "two headers"),
        ("      schema:\n        $ref: '#/components/schemas/InstanceId'\n", "      schema:\n        type: string\n".into(), "a schema of its own"),
        ("        name:\n          type: string\n", "        pin:\n          type: string\n          format: password\n          description: x\n        name:\n          type: string\n".into(), "a secret is sent in a body"),
        ("            type: boolean\n", "            type: string\n            format: password\n".into(), "a secret is a parameter"),
        ("openapi: 3.0.3", "openapi: 3.1.0".into(), "the version is 3.1.0"),
        ("        4XX: { $ref: '#/components/responses/ClientError' }\n", String::new(), "4XX is missing"),
        ("https://swr-api.{region}.{domain}", "https://swr-api.{region}.myhuaweicloud.com".into(), "no variable `domain`"),
        ("      x-hwc-pagination:\n        items: auth_tokens\n        total: total\n", String::new(), "how its pages follow"),
        ("        items: auth_tokens\n", "        items: nothing\n".into(), "does not name an array"),
        ("/instances/{instance_id}/temp-credential:\n", "/instances/{instance_id}/temp-credential/:\n".into(), "empty segment"),
        ("/instances/{instance_id}/temp-credential:\n", "/instances/{instance}/temp-credential:\n".into(), "but not in both"),
        ("      description: ID of a project in IAM. Generally", "      description: Some other text. Generally".into(), "under the same name"),
        ("        required: true\n        content:", "        content:".into(), "the body is optional"),
        ("- AkSk: []", "- AkSkk: []".into(), "is no security scheme"),
        ("    ErrorResponse:\n      type: object\n", "    Unused:\n      type: string\n      description: x\n    ErrorResponse:\n      type: object\n".into(), "nothing refers to it"),
    ];
    for (from, to, expected) in rows {
        let findings = broken(from, &to);
        let found = findings.iter().any(|finding| {
            format!("{finding}").contains(expected) && finding.severity == Severity::Refused && !finding.mend.is_empty()
        });
        assert!(found, "{from:?} -> {to:?} should say {expected:?}, but says {findings:#?}");
    }
}

#[test]
fn an_operation_without_example_or_fixture_is_incomplete_but_can_be_generated() {
    let findings = broken("              x-hwc-fixture: fixtures/swr/create-instance-temp-credential.201.json\n", "");
    assert!(
        findings
            .iter()
            .any(|finding| finding.problem.contains("no fixture") && finding.severity == Severity::Incomplete)
    );
    // The file that nobody names any more is a finding of its own.
    assert!(findings.iter().any(|finding| finding.file.ends_with("create-instance-temp-credential.201.json")));
}

#[test]
fn a_finding_names_file_place_and_mend() {
    let findings = broken("            type: boolean\n", "            type: boolean\n            default: true\n");
    let text = findings[0].to_string();
    assert!(text.starts_with("spec/swr.yaml: paths > /v2/{project_id}/instances/{instance_id}/long-term-credentials > get > parameters > 4 (self_only)\n"), "{text}");
    assert!(text.contains("\n  mend: "), "{text}");
}

#[test]
fn a_parse_error_names_line_and_column() {
    let error = parse("swr", "openapi: 3.0.3\ninfo:\n  titel: x\n".to_owned()).unwrap_err().to_string();
    assert!(error.starts_with("spec/swr.yaml: ") && error.contains("line 3"), "{error}");
    assert!(error.contains("mend"), "{error}");
}

#[test]
fn no_text_makes_the_check_panic() {
    for text in ["", "a", "[]", "openapi: 3.0.3", "\u{0}", "a: &a [*a]", "? x"] {
        assert!(parse("swr", text.to_owned()).is_err(), "{text:?}");
    }
}
