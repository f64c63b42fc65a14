//! The image of a container: what goes into it, as whom it runs, and how it is asked whether it works.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use super::{command_exists, configuration_is_good, file, settings};
use crate::served::Served;
use crate::world::{World, root};

/// The instructions of the Dockerfile, each with its arguments on one line.
pub(super) fn instructions() -> Vec<(String, String)> {
    let text: String = file("docker/Dockerfile")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    let text = text.replace("\\\n", " ");
    let mut instructions = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(' ').expect("an instruction and its arguments");
        let known = [
            "FROM",
            "WORKDIR",
            "COPY",
            "RUN",
            "USER",
            "ENV",
            "VOLUME",
            "EXPOSE",
            "HEALTHCHECK",
            "ENTRYPOINT",
            "CMD",
        ];
        assert!(known.contains(&name), "{line}");
        let words: Vec<&str> = rest.split_whitespace().collect();
        instructions.push((name.to_owned(), words.join(" ")));
    }
    instructions
}

/// The arguments of an instruction's last use.
pub(super) fn last(name: &str) -> String {
    instructions().into_iter().rfind(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
}

fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).expect("a list")
}

/// The variables that the image sets.
pub(super) fn variables() -> Vec<(String, String)> {
    let set = last("ENV");
    let pairs = set.split(' ').map(|pair| pair.split_once('=').expect("a variable"));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn it_runs_what_is_there_as_nobody_special() {
    let world = World::new();
    let command = [list(&last("ENTRYPOINT")), list(&last("CMD"))].concat();
    assert_eq!(command[0], "keyward");
    command_exists(&world, &command[1..].iter().map(String::as_str).collect::<Vec<_>>());
    let variables = variables();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    configuration_is_good(&world, None, &variables);
    let settings = settings(&world, None, &variables);
    assert_eq!(settings["server.data"], last("VOLUME"));
    assert_eq!(settings["server.listen"], format!("0.0.0.0:{}", last("EXPOSE")));
    let (user, group) =
        last("USER").split_once(':').map(|(u, g)| (u.to_owned(), g.to_owned())).expect("both");
    assert!(user.parse::<u32>().expect("a number") > 0 && user == group);
    let runs: String =
        instructions().into_iter().filter(|(name, _)| name == "RUN").map(|(_, what)| what).collect();
    assert!(runs.contains(&format!("--uid {user}")) && runs.contains(&format!("--gid {group}")), "{runs}");
    assert!(runs.contains("--release --locked"), "{runs}");
    assert!(runs.contains(&format!("-m 700 -o keyward -g keyward {}", last("VOLUME"))), "{runs}");
}

#[test]
fn what_it_is_made_of_comes_along_and_nothing_else() {
    let ignored = std::fs::read_to_string(root().join(".dockerignore")).expect("the file");
    let lines: Vec<&str> =
        ignored.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(lines[0], "*", "nothing comes along unasked");
    let along: Vec<&str> =
        lines[1..].iter().map(|line| line.strip_prefix('!').expect("an exception")).collect();
    for path in &along {
        assert!(root().join(path).exists(), "{path}");
    }
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let members =
        workspace.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).expect("members");
    for member in members.split(',').map(|member| member.trim().trim_matches('"').trim_end_matches("/*")) {
        assert!(along.contains(&member), "{member} is a part of the workspace");
    }
    for (name, what) in instructions() {
        match name.as_str() {
            "COPY" if !what.starts_with("--from") && what != ". ." => {
                let source = what.split(' ').rev().nth(1).expect("a source");
                assert!(along.contains(&source), "{source}");
            }
            "FROM" if what.starts_with("rust:") => {
                let version = what.trim_start_matches("rust:").split('-').next().expect("a version");
                assert!(workspace.contains(&format!("rust-version = \"{version}\"")), "{what}");
            }
            _ => {}
        }
    }
    // What was compiled against one system runs on the same.
    let systems: Vec<String> =
        instructions().into_iter().filter(|(name, _)| name == "FROM").map(|(_, what)| what).collect();
    let [build, base] = &systems[..] else { panic!("{systems:?}") };
    let release =
        |image: &str| image.split([':', '-', ' ']).find(|part| *part == "bookworm").map(str::to_owned);
    assert!(release(build).is_some() && release(build) == release(base), "{systems:?}");
}

fn healthy(listen: &str) -> bool {
    let script = root().join("deploy/docker/healthy");
    let asked = Command::new("bash").arg(script).env("KEYWARD_LISTEN", listen).output().expect("bash");
    asked.status.success()
}

#[test]
fn it_is_healthy_while_its_database_answers() {
    let health = last("HEALTHCHECK");
    let (_, command) = health.split_once(" CMD ").expect("a command");
    let copied = instructions().into_iter().any(|(name, what)| {
        name == "COPY"
            && what.ends_with(&format!("deploy/docker/healthy /usr/local/bin/{}", list(command)[0]))
    });
    assert!(copied, "{health}");

    let world = World::new();
    let mut served = Served::start(&world);
    let listen = served.host.replace("127.0.0.1", "0.0.0.0");
    assert!(healthy(&listen));
    assert_eq!(served.stop(), 0);
    assert!(!healthy(&listen));

    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = other.local_addr().expect("an address").to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().expect("a question");
        let mut asked = [0; 256];
        let length = stream.read(&mut asked).expect("a question");
        stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").expect("an answer");
        String::from_utf8_lossy(&asked[..length]).into_owned()
    });
    assert!(!healthy(&listen));
    assert!(answering.join().expect("no panic").starts_with("GET /health/ready "));
}
