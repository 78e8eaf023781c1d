//! How numbers, bytes and moments are written for people.

use std::time::SystemTime;

/// A number with thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// So many of something: `1 room`, `2 rooms`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A number of bytes.
pub(super) fn bytes(number: u64) -> String {
    indicatif::HumanBytes(number).to_string()
}

/// A moment as the name of a file has it, UTC: `2026-11-22T193335Z`.
pub(super) fn stamp(moment: SystemTime) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // Sun, 22 Nov 2026 19:33:35 GMT
    let said = httpdate::fmt_http_date(moment);
    let parts: Vec<&str> = said.split([' ', ',']).filter(|part| !part.is_empty()).collect();
    let [_, day, month, year, time, _] = parts[..] else { return said };
    let month = MONTHS.iter().position(|name| *name == month).map_or(0, |place| place + 1);
    format!("{year}-{month:02}-{day}T{}Z", time.replace(':', ""))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn writes_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "room", "rooms"), "1 room");
        assert_eq!(counted(1_000, "room", "rooms"), "1,000 rooms");
        assert_eq!(bytes(1 << 20), "1.00 MiB");
    }

    #[test]
    fn a_stamp_sorts_by_time() {
        assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(1_795_376_015)), "2026-11-22T193335Z");
    }
}
