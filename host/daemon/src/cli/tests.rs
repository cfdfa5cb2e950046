//! What the command line understands.

use clap::{CommandFactory, Parser};
use tokio::time::Instant;

use super::args::{Arguments, Command, Say};
use super::*;

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(std::iter::once("understudy").chain(line.split_whitespace()))
}

fn say(line: &str) -> Say {
    match parse(line) {
        Ok(Arguments { command: Command::Say(say), .. }) => *say,
        Ok(other) => panic!("{other:?}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn a_server_that_was_stopped_does_not_wait_for_a_thread_that_is_busy() {
    let begun = Instant::now();
    let (_held, never) = std::sync::mpsc::channel::<()>();
    let busy = async {
        tokio::task::spawn_blocking(move || never.recv_timeout(Duration::from_secs(60)));
        Ok(())
    };
    serving(busy, None).unwrap();
    assert!(begun.elapsed() < PUTTING_DOWN * 5, "{:?}", begun.elapsed());
}

#[test]
fn after_say_the_short_v_is_the_voice_and_before_it_the_log() {
    assert_eq!(say("say -v amy hello").wish.voice.as_deref(), Some("amy"));
    let check =
        |line: &str, expected: u8| assert_eq!(parse(line).unwrap().global.verbose, expected, "{line}");
    check("-vv say -v amy hello", 2);
    check("say --verbose hello", 1);
    check("serve -vvv", 3);
    check("plugin list -v", 1);
    check("voices", 0);
}

#[test]
fn words_are_the_text_and_numbers_may_be_negative() {
    let said = say("say --pitch -2.5 --volume -6 The show must go on. -o a.wav");
    assert_eq!(said.wish.text, ["The", "show", "must", "go", "on."]);
    assert_eq!((said.wish.pitch, said.wish.volume), (Some(-2.5), Some(-6.0)));
    assert_eq!(said.output, destination::Destination::File("a.wav".into(), understudy_speech::Encoding::Wav));
}

#[test]
fn without_a_destination_it_is_the_default_file() {
    let expected = destination::Destination::File("speech.mp3".into(), understudy_speech::Encoding::Mp3);
    assert_eq!(say("say hello").output, expected);
}

#[test]
fn a_wrong_command_line_is_refused_with_code_2() {
    for line in [
        "say",
        "say hello -f a.txt",
        "say hello -o a.txt",
        "say hello --rate fast",
        "say hello --language english!",
        "serve --listen 8750",
        "plugin",
        "plugin inspect",
        "sing hello",
    ] {
        assert_eq!(parse(line).err().map(|error| error.exit_code()), Some(2), "{line}");
    }
}

#[test]
fn every_command_has_an_example_in_its_help() {
    fn visit(parent: &clap::Command, path: &str) {
        for command in parent.get_subcommands() {
            let path = format!("{path} {}", command.get_name());
            let teaches = |command: &clap::Command| {
                command.get_after_help().is_some_and(|help| help.to_string().contains(&path))
            };
            assert!(teaches(command) || teaches(parent), "{path}");
            visit(command, &path);
        }
    }
    visit(&Arguments::command(), "understudy");
}

#[test]
fn the_log_is_as_configured_unless_asked_for() {
    let check = |line: &str, configured, expected| {
        let global = parse(line).unwrap().global;
        assert_eq!(asked_for(&global, configured), expected, "{line}");
    };
    check("serve", LogLevel::Info, LogLevel::Info);
    check("serve -v", LogLevel::Warn, LogLevel::Info);
    check("serve -v", LogLevel::Debug, LogLevel::Debug);
    check("serve -vvv", LogLevel::Off, LogLevel::Trace);
    check("serve -q", LogLevel::Info, LogLevel::Error);
    check("serve -q", LogLevel::Off, LogLevel::Off);
}
