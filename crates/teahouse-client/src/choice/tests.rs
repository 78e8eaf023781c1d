use super::*;

/// Runs a choice through a script of steps: what happens to it, and what it must say.
///
/// `begin T`: a connection begins with T. `welcome`. `fail FAULT T`: no welcome, T is tried at once
/// (`-` none). `live S told|cut|buffered`: a welcome connection ended after S seconds. `wait S`.
/// `try T`: a better transport is tried, and fails. `rise T`: it works.
fn check(script: &str, fixed: Option<Transport>) {
    let (mut choice, mut now) = (Choice::new(fixed), Duration::ZERO);
    for step in script.split("; ") {
        let words: Vec<&str> = step.split(' ').collect();
        let seconds = || Duration::from_secs(words[1].parse().unwrap());
        let named = |at: usize| words[at].parse::<Transport>().ok();
        match words[0] {
            "begin" => assert_eq!(Some(choice.begin(now)), named(1), "{step} of {script}"),
            "welcome" => choice.welcomed(now),
            "fail" => assert_eq!(choice.failed(fault(words[1]), now), named(2), "{step} of {script}"),
            "live" => {
                now += seconds();
                choice.lost(fault(words[2]), words[2] == "told", now);
            }
            "wait" => now += seconds(),
            "try" | "rise" => {
                let better = choice.better(now);
                assert_eq!(better, named(1), "{step} of {script}");
                better.filter(|_| words[0] == "rise").into_iter().for_each(|it| choice.rose(it, now));
            }
            other => panic!("{other} is no step"),
        }
    }
}

fn fault(word: &str) -> Fault {
    match word {
        "away" => Fault::Away,
        "buffered" => Fault::Buffered,
        _ => Fault::Cut,
    }
}

#[test]
fn goes_down_only_for_a_reason() {
    // A WebSocket that is blocked: what answers instead is kept.
    check("begin websocket; fail cut stream; welcome; live 99 told; begin stream", None);
    // Nothing answers at all.
    check(
        "begin websocket; fail cut stream; fail cut long_poll; fail cut poll; fail cut -; begin websocket",
        None,
    );
    check("begin websocket; fail away -; begin websocket; fail away -; begin websocket", None);
    // A house that restarts, says so, and is away for a moment.
    let restart = "welcome; live 3 told; begin websocket; fail away -; begin websocket";
    check(&format!("begin websocket; {restart}; {restart}; {restart}; {restart}"), None);
    // Three short lives in a row, no fewer; long ones do not count.
    let (long, short) = ("welcome; live 11 cut; begin websocket", "welcome; live 3 cut; begin websocket");
    check(&format!("begin websocket; {long}; {long}; {long}; {short}; {short}; {long}; {short}"), None);
    check(&format!("begin websocket; {short}; {short}; welcome; live 3 cut; begin stream"), None);
}

#[test]
fn without_a_choice_there_is_one() {
    let short = "welcome; live 1 cut; begin long_poll";
    let script = format!("begin long_poll; fail cut -; begin long_poll; {short}; {short}; {short}; try -");
    check(&script, Some(Transport::LongPoll));
    check("begin stream; welcome; live 3 buffered; begin stream", Some(Transport::Stream));
}

#[test]
fn leaves_a_buffered_stream_out() {
    let blocked = "begin websocket; fail cut stream";
    check(
        &format!(
            "{blocked}; welcome; live 3 buffered; begin long_poll; welcome; wait 120; try websocket; wait 1000; try websocket"
        ),
        None,
    );
    // For half an hour.
    check(
        &format!("{blocked}; fail buffered long_poll; welcome; live 20 told; begin long_poll; fail cut poll"),
        None,
    );
    check(&format!("{blocked}; fail buffered long_poll; welcome; live 1900 told; {blocked}"), None);
}

#[test]
fn goes_up_now_and_then() {
    let blocked = "begin websocket; fail cut stream";
    // It was only the house that was away.
    check(
        &format!(
            "begin websocket; welcome; live 70 cut; {blocked}; welcome; try -; wait 1; rise websocket; \
             live 20 cut; begin websocket"
        ),
        None,
    );
    // It is blocked for good: later and later, each better one in its turn.
    check(
        &format!(
            "{blocked}; fail cut long_poll; welcome; wait 59; try -; wait 1; try websocket; wait 119; try -; \
             wait 1; rise stream; wait 239; try -; wait 1; try websocket"
        ),
        None,
    );
    check(&format!("{blocked}; welcome; wait 1740; begin stream; wait 60; begin websocket"), None);
}

#[test]
fn has_its_patience() {
    let patience = |current| Choice { current, ..Choice::new(None) }.patience().map(|it| it.as_millis());
    assert_eq!(Transport::ALL.map(patience), [Some(2500), Some(2500), Some(5000), None]);
    assert_eq!(Choice::new(Some(Transport::WebSocket)).patience(), None);
}

#[test]
fn names_are_read_back() {
    for transport in Transport::ALL {
        assert_eq!(transport.to_string().parse(), Ok(transport));
    }
    assert!("carrier pigeon".parse::<Transport>().unwrap_err().contains("long_poll"));
}
