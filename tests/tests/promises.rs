//! Every test that the table of promises names exists, and every promise names one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All tests of the workspace, as `file::function`.
fn tests() -> BTreeSet<String> {
    let mut open = ["crates/auth/src", "crates/mock-cloud/src", "tests/tests", "xtask/tests"]
        .map(|folder| root().join(folder))
        .to_vec();
    let mut found = BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            if let Some((_, after)) = line.split_once("fn ").filter(|(before, _)| matches!(before.trim(), "" | "async"))
            {
                // Property tests carry their attribute like all others.
                if std::mem::take(&mut is_test) {
                    found.insert(format!("{file}::{}", after.split('(').next().unwrap()));
                }
            }
        }
    }
    found
}

#[test]
fn every_promise_names_tests_that_exist() {
    let table = fs::read_to_string(root().join("tests/README.md")).unwrap();
    let tests = tests();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert_eq!(rows.len(), 24);
    for row in rows {
        let named: Vec<&str> =
            row.rsplit_once("| `").unwrap().1.split('`').filter(|part| part.contains("::")).collect();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            assert!(tests.contains(name), "{name} is named in tests/README.md, but there is no such test");
        }
    }
}
