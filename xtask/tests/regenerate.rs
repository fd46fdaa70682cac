//! The generated files are what the spec says, and a difference is shown before it can hurt.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use xtask::files::{Mode, ensure};
use xtask::generate::{present, wanted};
use xtask::load::{load_all, parse};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// An empty folder that is deleted with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("xtask-test-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_generated_files_of_the_project_are_up_to_date() {
    let root = root();
    let files = wanted(&load_all(&root).unwrap()).unwrap();
    let outcome = ensure(&root, &files, &present(&root), Mode::Check).unwrap();
    assert!(outcome.differences.is_empty(), "run `cargo xtask regenerate`:\n{}", outcome.differences.join("\n"));
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    let specs = load_all(&root()).unwrap();
    assert_eq!(wanted(&specs).unwrap(), wanted(&specs).unwrap());
}

#[test]
fn stale_missing_and_orphaned_files_are_shown_and_mended() {
    let folder = Folder::new("ensure");
    let path = |name: &str| PathBuf::from(name);
    let files: BTreeMap<PathBuf, String> =
        ["same", "stale", "missing"].map(|name| (path(name), "one\ntwo\n".to_owned())).into();
    for (name, contents) in [("same", "one\ntwo\n"), ("stale", "one\n2\n"), ("orphan", "x\n")] {
        fs::write(folder.0.join(name), contents).unwrap();
    }
    let on_disk = ["same", "stale", "orphan"].map(path);
    let before = ensure(&folder.0, &files, &on_disk, Mode::Check).unwrap().differences;
    assert_eq!(before.len(), 3);
    assert!(before[0].starts_with("missing is missing\n--- /dev/null\n+++ b/missing\n"), "{}", before[0]);
    assert!(before[1].contains("stale is stale") && before[1].contains("\n-2\n+two\n"), "{}", before[1]);
    assert!(before[2].contains("orphan is orphaned") && before[2].contains("+++ /dev/null"), "{}", before[2]);
    assert!(folder.0.join("orphan").exists() && !folder.0.join("missing").exists(), "checking changed something");

    ensure(&folder.0, &files, &on_disk, Mode::Write).unwrap();
    assert!(
        ensure(&folder.0, &files, &["same", "stale", "missing"].map(path), Mode::Check).unwrap().differences.is_empty()
    );
    assert!(!folder.0.join("orphan").exists());
}

#[test]
fn orphans_are_found_where_generated_files_live() {
    let folder = Folder::new("present");
    for file in ["crates/old-client/src/generated.rs", "crates/mock-cloud/src/generated/old.json"] {
        let path = folder.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    assert_eq!(present(&folder.0).len(), 2);
}

/// The client that follows from swr.yaml after `from` was replaced.
fn client_with(from: &str, to: &str) -> String {
    let text = fs::read_to_string(root().join("spec/swr.yaml")).unwrap();
    assert!(text.contains(from), "swr.yaml does not hold {from:?} any more");
    let spec = parse("swr", text.replacen(from, to, 1)).unwrap();
    wanted(&[spec]).unwrap().remove(Path::new("crates/swr-client/src/generated.rs")).unwrap()
}

#[test]
fn a_changed_description_a_new_field_and_a_new_operation_reach_the_client() {
    let described =
        client_with("description: ID of a temporary access credential.", "description: Quite another text.");
    assert!(described.contains("/// Quite another text."));

    let field = client_with(
        "        token_id:\n",
        "        type:\n          type: integer\n          format: int64\n          description: A keyword as a name.\n        token_id:\n",
    );
    assert!(field.contains("#[serde(rename = \"type\")]") && field.contains("pub type_: Option<i64>,"), "{field}");
    // Beside a password that is answered only once, a detail must not make the answer unreadable.
    let before = field.split("pub type_").next().unwrap();
    assert!(before.trim_end().ends_with("#[serde(default, deserialize_with = \"runtime::if_readable\")]"), "{field}");

    let operation = client_with(
        "  /v2/{project_id}/instances/{instance_id}/long-term-credentials:\n",
        "  /v2/{project_id}/instances/{instance_id}/thing:\n    delete:\n      operationId: DeleteThing\n      summary: Delete a thing.\n      description: Deletes it.\n      parameters:\n        - $ref: '#/components/parameters/ProjectId'\n        - $ref: '#/components/parameters/InstanceId'\n      responses:\n        '204': { description: Gone. }\n        4XX: { $ref: '#/components/responses/ClientError' }\n        5XX: { $ref: '#/components/responses/ServerError' }\n  /v2/{project_id}/instances/{instance_id}/long-term-credentials:\n",
    );
    assert!(
        operation.contains("pub fn delete_thing(&self, instance_id: impl Into<String>) -> requests::DeleteThing"),
        "{operation}"
    );
    assert!(operation.contains("self.transport.call_without_answer(call).await"));
}

#[test]
fn what_is_received_cannot_be_serialised_and_what_is_sent_cannot_be_deserialised() {
    for (service, received) in [("swr", "TempCredential"), ("swr", "LongTermCredential"), ("aom", "AccessCode")] {
        let path = root().join(format!("crates/{service}-client/src/generated.rs"));
        let code = fs::read_to_string(path).unwrap();
        let before = code.split(&format!("pub struct {received} {{")).next().unwrap();
        let derive = before.rsplit("#[derive(").next().unwrap();
        assert!(
            derive.contains("Deserialize") && !derive.contains("Serialize,") && !derive.contains("serde::Serialize"),
            "{derive}"
        );
    }
}
