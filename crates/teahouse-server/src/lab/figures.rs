//! What a lab found: plain data, and the little arithmetic that makes it out of counts.

use std::time::Duration;

use serde::Serialize;
use teahouse_client::Cost;

/// Everything of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) house: String,
    pub(super) room: String,
    /// `YEAR-MONTH-DAY`, UTC.
    pub(super) date: String,
    /// Whose figures these are.
    pub(super) program: String,
    /// Messages of each size over each transport.
    pub(super) messages: u32,
    pub(super) transports: Vec<Travelled>,
}

/// What was found of one transport.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Travelled {
    pub(super) transport: String,
    /// Why there is no more of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    pub(super) sizes: Vec<OfSize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) idle: Option<Idle>,
}

/// What was found with texts of one size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OfSize {
    pub(super) text_bytes: u32,
    pub(super) delay_ms: Delay,
    /// Whoever only reads.
    pub(super) reader: PerMessage,
    /// Whoever writes, to whom each message also comes back.
    pub(super) writer: PerMessage,
}

/// From the call of send to the arrival at a reader.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Delay {
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
}

/// The bytes of a message in both directions, and what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct PerMessage {
    pub(super) bytes: f64,
    pub(super) text_bytes: f64,
    /// What the frames have beside the text: JSON, numbers, names, acknowledgements.
    pub(super) frame_bytes: f64,
    /// Headers and framing.
    pub(super) transport_bytes: f64,
    pub(super) requests: f64,
}

/// A time without messages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Idle {
    /// How long it was measured; the rest is scaled from it.
    pub(super) measured_s: f64,
    pub(super) bytes_per_minute: f64,
    pub(super) requests_per_minute: f64,
}

impl Delay {
    /// Of delays in any order; there is at least one.
    pub(super) fn of(mut delays: Vec<Duration>) -> Self {
        delays.sort();
        let at = |share: f64| {
            // The nearest rank: the smallest delay that so many of all do not exceed.
            let rank = (share * delays.len() as f64).ceil() as usize;
            delays.get(rank.max(1) - 1).map_or(0.0, |delay| delay.as_secs_f64() * 1000.0)
        };
        Self { p50: at(0.50), p95: at(0.95), p99: at(0.99) }
    }
}

impl PerMessage {
    /// Of `messages` texts that travelled with `text_bytes` each.
    pub(super) fn of(spent: Cost, messages: u32, text_bytes: u32) -> Self {
        let each = |bytes: u64| bytes as f64 / f64::from(messages);
        let bytes = each(spent.received.bytes + spent.sent.bytes);
        let frames = each(spent.received.frame_bytes + spent.sent.frame_bytes);
        let text_bytes = f64::from(text_bytes);
        Self {
            bytes,
            text_bytes,
            frame_bytes: (frames - text_bytes).max(0.0),
            transport_bytes: (bytes - frames).max(0.0),
            requests: each(spent.requests),
        }
    }

    /// How much of everything is the text, from 0 to 1.
    pub(super) fn text_share(&self) -> f64 {
        if self.bytes > 0.0 { self.text_bytes / self.bytes } else { 0.0 }
    }
}

impl Idle {
    pub(super) fn of(spent: Cost, measured: Duration) -> Self {
        let measured_s = measured.as_secs_f64();
        let minute = |count: u64| count as f64 * 60.0 / measured_s;
        Self {
            measured_s,
            bytes_per_minute: minute(spent.received.bytes + spent.sent.bytes),
            requests_per_minute: minute(spent.requests),
        }
    }
}

/// What was spent between two counts of the same session.
pub(super) fn spent(before: Cost, after: Cost) -> Cost {
    let mut spent = after;
    spent.requests -= before.requests.min(spent.requests);
    for (spent, before) in [(&mut spent.received, before.received), (&mut spent.sent, before.sent)] {
        spent.bytes -= before.bytes.min(spent.bytes);
        spent.frame_bytes -= before.frame_bytes.min(spent.frame_bytes);
    }
    spent
}

/// The day of so long after 1970-01-01, UTC (H. Hinnant's `civil_from_days`).
pub(super) fn date(since_1970: Duration) -> String {
    let days = since_1970.as_secs() / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years begin in March here, so that a leap day is the last of its year.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
pub(super) mod tests {
    use teahouse_client::CostBytes;

    use super::*;

    /// Figures that a run might find.
    pub(in crate::lab) fn example() -> Figures {
        let per = |bytes: f64, text: f64, frame: f64, requests: f64| PerMessage {
            bytes,
            text_bytes: text,
            frame_bytes: frame,
            transport_bytes: bytes - text - frame,
            requests,
        };
        let of_size = |text: u32, overhead: f64, delay: f64| OfSize {
            text_bytes: text,
            delay_ms: Delay { p50: delay, p95: delay * 1.5, p99: delay * 2.0 },
            reader: per(f64::from(text) + 190.0 + overhead, f64::from(text), 190.0, overhead / 500.0),
            writer: per(f64::from(2 * text) + 460.0 + overhead, f64::from(2 * text), 460.0, 1.0),
        };
        let travelled = |transport: &str, overhead: f64, delay: f64| Travelled {
            transport: transport.into(),
            fault: None,
            sizes: [120, 1024, 8192].map(|text| of_size(text, overhead, delay)).into(),
            idle: Some(Idle { measured_s: 5.0, bytes_per_minute: overhead * 2.0, requests_per_minute: 2.4 }),
        };
        let lost = Travelled {
            transport: "stream".into(),
            fault: Some("a proxy <buffers> & waits".into()),
            ..Travelled::default()
        };
        Figures {
            house: "http://tea.example:80".into(),
            room: "1024".into(),
            date: "2026-11-22".into(),
            program: "teahouse 0.1.0".into(),
            messages: 20,
            transports: vec![
                travelled("websocket", 4.0, 1.25),
                lost,
                travelled("long_poll", 540.0, 2.5),
                travelled("poll", 1040.0, 812.0),
            ],
        }
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let of = |delays: &[u64]| {
            let delay = Delay::of(delays.iter().map(|ms| Duration::from_millis(*ms)).collect());
            [delay.p50, delay.p95, delay.p99]
        };
        assert_eq!(of(&[7]), [7.0, 7.0, 7.0]);
        assert_eq!(of(&[2, 1]), [1.0, 2.0, 2.0]);
        assert_eq!(of(&(1..=100).rev().collect::<Vec<_>>()), [50.0, 95.0, 99.0]);
    }

    #[test]
    fn every_byte_is_for_something() {
        let way = |bytes, frame_bytes| CostBytes { bytes, frame_bytes };
        let before = Cost { requests: 1, received: way(500, 100), sent: way(700, 300) };
        let after = Cost { requests: 5, received: way(2500, 500), sent: way(3700, 2300) };
        let per = PerMessage::of(spent(before, after), 2, 120);
        assert_eq!(per.bytes, 2500.0);
        assert_eq!((per.text_bytes, per.frame_bytes, per.transport_bytes), (120.0, 1080.0, 1300.0));
        assert_eq!((per.requests, per.text_share()), (2.0, 120.0 / 2500.0));
        let idle = Idle::of(spent(before, after), Duration::from_secs(30));
        assert_eq!((idle.bytes_per_minute, idle.requests_per_minute), (10_000.0, 8.0));
    }

    #[test]
    fn days_have_their_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_795_305_600, "2026-11-22"),
            (4_107_542_399, "2100-02-28"),
        ] {
            assert_eq!(date(Duration::from_secs(seconds)), expected);
        }
    }
}
