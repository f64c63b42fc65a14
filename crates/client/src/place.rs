//! Where an application's files stand on each platform (system D).

use std::path::PathBuf;

use keyward_core::device::platform;

/// The directories that a platform's environment names.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    /// `linux`, `macos`, `windows`, as Rust names them.
    pub(crate) os: &'a str,
    /// An environment variable, when it is set and not empty.
    pub(crate) env: &'a dyn Fn(&str) -> Option<String>,
}

/// What this process was started with.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Places<'_> {
    /// The user data directory of an application: `%APPDATA%`, `~/Library/Application Support`, or `$XDG_CONFIG_HOME`,
    /// which is `~/.config` unless set.
    pub(crate) fn data(&self, application: &str) -> Option<PathBuf> {
        let directory = match platform(self.os) {
            "win32" => self.directory("APPDATA")?,
            "darwin" => self.home()?.join("Library").join("Application Support"),
            _ => self.directory("XDG_CONFIG_HOME").or_else(|| Some(self.home()?.join(".config")))?,
        };
        Some(directory.join(application))
    }

    /// Where the second copy of what must not be forgotten stands: the place for an application's state, which an
    /// uninstaller of the application leaves.
    pub(crate) fn state(&self) -> Option<PathBuf> {
        let directory = match platform(self.os) {
            "win32" => self.directory("LOCALAPPDATA")?,
            "darwin" => self.home()?.join("Library").join("Caches"),
            _ => self
                .directory("XDG_STATE_HOME")
                .or_else(|| Some(self.home()?.join(".local").join("state")))?,
        };
        Some(directory.join("keyward"))
    }

    fn home(&self) -> Option<PathBuf> {
        self.directory(if self.os == "windows" { "USERPROFILE" } else { "HOME" })
    }

    fn directory(&self, variable: &str) -> Option<PathBuf> {
        (self.env)(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on<'a>(os: &'a str, env: &'a dyn Fn(&str) -> Option<String>) -> Places<'a> {
        Places { os, env }
    }

    #[test]
    fn each_platform_has_its_place() {
        let home = |name: &str| (name == "HOME").then(|| "/home/kim".to_owned());
        assert_eq!(on("linux", &home).data("App"), Some("/home/kim/.config/App".into()));
        assert_eq!(on("linux", &home).state(), Some("/home/kim/.local/state/keyward".into()));
        assert_eq!(on("macos", &home).data("App"), Some("/home/kim/Library/Application Support/App".into()));
        let set = |name: &str| (name == "XDG_CONFIG_HOME").then(|| "/configuration".to_owned());
        assert_eq!(on("linux", &set).data("App"), Some("/configuration/App".into()));
        let relative = |name: &str| (name == "XDG_CONFIG_HOME").then(|| "here".to_owned());
        assert_eq!(
            on("linux", &relative).data("App"),
            None,
            "a relative path is passed over, and there is no home"
        );
    }
}
