//! Where the configuration file is.
//!
//! The first of: the file named on the command line, the one named by `UNDERSTUDY_CONFIG`,
//! `understudy.toml` in the working folder, `understudy.toml` in the platform's folder for
//! configuration. A file that was named must be there; one that was only looked for need not be.

use std::path::{Path, PathBuf};

use super::folders;

/// The file's name where it is looked for.
const FILE_NAME: &str = "understudy.toml";

/// What of the surroundings decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// `UNDERSTUDY_CONFIG`.
    pub named: Option<PathBuf>,
    /// The working folder.
    pub working_folder: PathBuf,
    /// The platform's folder for this program's configuration.
    pub config_folder: PathBuf,
}

impl Environment {
    /// The process's own.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            named: std::env::var_os("UNDERSTUDY_CONFIG").filter(|name| !name.is_empty()).map(Into::into),
            working_folder: PathBuf::new(),
            config_folder: folders::config(),
        }
    }

    /// Where the file is looked for when none is named, best first.
    #[must_use]
    pub fn places(&self) -> Vec<PathBuf> {
        [&self.working_folder, &self.config_folder].map(|folder| folder.join(FILE_NAME)).into()
    }
}

/// The file to read; none means defaults.
#[must_use]
pub fn locate(on_command_line: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let named = on_command_line.map(Path::to_owned).or_else(|| environment.named.clone());
    named.or_else(|| environment.places().into_iter().find(|file| file.is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file stands in each folder named in `present`; `expected` is the one that is read.
    fn check(command_line: Option<&str>, named: Option<&str>, present: &[&str], expected: Option<&str>) {
        let root = tempfile::tempdir().unwrap();
        for folder in ["working", "platform"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        for folder in present {
            std::fs::write(root.path().join(folder).join(FILE_NAME), "").unwrap();
        }
        let environment = Environment {
            named: named.map(Into::into),
            working_folder: root.path().join("working"),
            config_folder: root.path().join("platform"),
        };
        let found = locate(command_line.map(Path::new), &environment);
        let relative = found.map(|file| match file.strip_prefix(root.path()) {
            Ok(inside) => inside.parent().unwrap().to_owned(),
            Err(_) => file,
        });
        assert_eq!(relative.as_deref(), expected.map(Path::new));
    }

    #[test]
    fn the_nearest_to_the_person_wins() {
        check(Some("a.toml"), Some("b.toml"), &["working", "platform"], Some("a.toml"));
        check(None, Some("b.toml"), &["working", "platform"], Some("b.toml"));
        check(None, None, &["working", "platform"], Some("working"));
        check(None, None, &["platform"], Some("platform"));
        check(None, None, &[], None);
    }
}
