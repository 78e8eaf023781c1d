//! What the kernel says about a process and the machine: CPU, memory, open files, disk. Reads
//! `/proc` and writes nothing but its own probe file.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit};

/// Open files that a process needs beside one per person.
pub const FILES_SPARE: u64 = 64;

/// User and system time of a process and all its threads, living and gone.
pub fn cpu(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("{path}: has it ended?"))?;
    let ticks = cpu_ticks(&stat).with_context(|| format!("{path} has no CPU times"))?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
}

/// Anonymous memory of a process that is in RAM, in bytes.
pub fn rss_anon_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("{path}: has it ended?"))?;
    kib_field(&status, "RssAnon:").with_context(|| format!("{path} has no RssAnon"))
}

/// Kernel memory in slabs of the whole machine, in bytes, where it can be read.
#[must_use]
pub fn slab_bytes() -> Option<u64> {
    kib_field(&fs::read_to_string("/proc/meminfo").ok()?, "Slab:")
}

/// Memory of the whole machine, in bytes, where it can be read.
#[must_use]
pub fn memory_bytes() -> Option<u64> {
    kib_field(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

/// The numbers of a setting of the kernel (`net/core/somaxconn`), where it is there and can be read.
#[must_use]
pub fn setting(name: &str) -> Option<Vec<u64>> {
    let text = fs::read_to_string(Path::new("/proc/sys").join(name)).ok()?;
    text.split_whitespace().map(|number| number.parse().ok()).collect()
}

/// How busy the machine is: above the number of cores, numbers are to be read with care.
pub fn load_line() -> Result<String> {
    let load = fs::read_to_string("/proc/loadavg").context("/proc/loadavg")?;
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{cores} cores, load average {} (1, 5, 15 min)", load.join(" ")))
}

/// What kind of machine this is, without a name.
pub fn machine() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let memory = memory_bytes()
        .map_or(String::new(), |bytes| format!("{:.0} GiB of memory, ", bytes as f64 / f64::from(1 << 30)));
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy().into_owned();
    // The rest of a release names who built it.
    let kernel: Vec<&str> = release.split(['.', '-']).take(2).collect();
    Ok(format!("{cores} processors, {memory}{} {}", uname.sysname().to_string_lossy(), kernel.join(".")))
}

/// Lifts the soft limit of open files to the hard one; children inherit it.
pub fn lift_file_limit() -> Result<u64> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let maximum = limit.maximum.unwrap_or(1 << 20);
    let lifted = Rlimit { current: Some(maximum), maximum: limit.maximum };
    rustix::process::setrlimit(Resource::Nofile, lifted).context("cannot lift the soft limit")?;
    Ok(maximum)
}

/// An error that says what is missing when `people` do not fit into one process.
pub fn check_file_limit(people: usize, files_max: u64) -> Result<()> {
    let needed = people as u64 + FILES_SPARE;
    ensure!(
        needed <= files_max,
        "{people} people need {needed} open files in each process and `ulimit -Hn` is {files_max}: \
         raise the hard limit (`ulimit -Hn {needed}` as root, or LimitNOFILE) or ask for at most {}",
        files_max.saturating_sub(FILES_SPARE)
    );
    Ok(())
}

/// How long one sync of a small append takes on the file system of `folder`: each of `count`,
/// sorted.
pub fn sync_times(folder: &Path, count: usize) -> Result<Vec<Duration>> {
    let path = folder.join("sync-probe");
    let mut file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        file.write_all(&[0x74; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed());
    }
    fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times)
}

fn cpu_ticks(stat: &str) -> Option<u64> {
    // The second field is the name in brackets and may hold spaces and brackets itself.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn kib_field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_times_are_found_behind_any_name() {
        let stat = "12 (a) b) (c) S 1 12 12 0 -1 4194304 1 0 0 0 30 12 0 0 20 0 1 0 100 0 0";
        assert_eq!(cpu_ticks(stat), Some(42));
        assert_eq!(cpu_ticks("12 (a) S 1"), None);
    }

    #[test]
    fn our_own_process_can_be_read() {
        cpu(std::process::id()).unwrap();
        assert!(rss_anon_bytes(std::process::id()).unwrap() > 0);
        cpu(u32::MAX).unwrap_err();
    }

    #[test]
    fn fields_are_in_bytes() {
        assert_eq!(kib_field("VmRSS:\t 9 kB\nRssAnon:\t  12 kB\n", "RssAnon:"), Some(12_288));
        assert_eq!(kib_field("VmRSS: 9 kB", "RssAnon:"), None);
    }

    #[test]
    fn too_many_people_are_told_what_they_need() {
        check_file_limit(100, 164).unwrap();
        let error = check_file_limit(101, 164).unwrap_err().to_string();
        assert!(error.contains("165 open files") && error.contains("at most 100"), "{error}");
    }

    #[test]
    fn a_sync_is_timed_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sync_times(folder.path(), 3).unwrap().len(), 3);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
