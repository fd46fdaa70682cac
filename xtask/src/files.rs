//! Is a generated file what it should be? Writes it, or shows the difference.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use similar::TextDiff;

/// Whether files may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write what differs.
    Write,
    /// Change nothing and report what differs.
    Check,
}

/// What was found, and in [`Mode::Write`] mended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One entry for each file that differed: its unified diff.
    pub differences: Vec<String>,
}

/// Brings the generated files below `root` in line with `wanted`, or reports where they are not.
///
/// Files of `present` that nobody wants any more are orphans: deleted when writing, reported when checking.
///
/// # Errors
/// When a file cannot be read, written or deleted.
pub fn ensure(root: &Path, wanted: &BTreeMap<PathBuf, String>, present: &[PathBuf], mode: Mode) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for (path, contents) in wanted {
        let full = root.join(path);
        let old = if full.exists() {
            Some(fs::read_to_string(&full).with_context(|| format!("cannot read {}", full.display()))?)
        } else {
            None
        };
        if old.as_deref() == Some(contents) {
            continue;
        }
        outcome.differences.push(difference(path, old.as_deref(), Some(contents)));
        if mode == Mode::Write {
            if let Some(folder) = full.parent() {
                fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
            }
            fs::write(&full, contents).with_context(|| format!("cannot write {}", full.display()))?;
        }
    }
    for path in present.iter().filter(|path| !wanted.contains_key(*path)) {
        let full = root.join(path);
        let old = fs::read_to_string(&full).with_context(|| format!("cannot read {}", full.display()))?;
        outcome.differences.push(difference(path, Some(&old), None));
        if mode == Mode::Write {
            fs::remove_file(&full).with_context(|| format!("cannot delete {}", full.display()))?;
        }
    }
    Ok(outcome)
}

fn difference(path: &Path, old: Option<&str>, new: Option<&str>) -> String {
    let name = path.display().to_string().replace('\\', "/");
    let state = match (old, new) {
        (None, _) => "missing",
        (_, None) => "orphaned: no spec generates it",
        _ => "stale",
    };
    let side = |present: bool, prefix: &str| if present { format!("{prefix}/{name}") } else { "/dev/null".to_owned() };
    let diff = TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default());
    let unified =
        diff.unified_diff().context_radius(3).header(&side(old.is_some(), "a"), &side(new.is_some(), "b")).to_string();
    format!("{name} is {state}\n{unified}")
}
