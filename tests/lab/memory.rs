//! The memory of the processes that render pages.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::desk::pids_of;

/// The processes that render the pages of the browser whose profile is below `folder`: they are in the process
/// groups of those that name it.
pub(crate) fn renderers_of(folder: &Path) -> Vec<u32> {
    let groups: Vec<String> = pids_of(folder).into_iter().filter_map(group).collect();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains("--type=renderer")
                && group(*pid).is_some_and(|group| groups.contains(&group))
        })
        .collect()
}

/// The process group: the fifth field of `stat`, after a name that may hold blanks.
fn group(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.to_owned())
}

/// Which of `texts` stand anywhere in what process `pid` can write to: each in one pass, because a page waits meanwhile.
/// One that has ended has no memory.
pub(crate) fn memory_has(pid: u32, texts: &[Vec<u8>]) -> Vec<bool> {
    const BLOCK: usize = 1 << 20;
    let finders: Vec<_> = texts.iter().map(memchr::memmem::Finder::new).collect();
    let overlap = texts.iter().map(Vec::len).max().unwrap_or(0);
    let mut has = vec![false; texts.len()];
    let has_ended = || !Path::new(&format!("/proc/{pid}")).exists();
    let opened = std::fs::read_to_string(format!("/proc/{pid}/maps"))
        .and_then(|maps| Ok((maps, std::fs::File::open(format!("/proc/{pid}/mem"))?)));
    let Ok((maps, mut memory)) = opened else {
        assert!(has_ended(), "process {pid} lets nobody look into it");
        return has;
    };
    let (mut looked, mut block) = (0_u64, vec![0; BLOCK]);
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (Some(range), Some(rights)) = (fields.next(), fields.next()) else { continue };
        let Some((from, to)) = range.split_once('-').filter(|_| rights.starts_with("rw")) else {
            continue;
        };
        let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let (mut at, to) = (number(from), number(to));
        while at < to {
            let length = usize::try_from(to - at).unwrap().min(BLOCK);
            let block = &mut block[..length];
            // What was never touched is not there.
            if memory.seek(SeekFrom::Start(at)).is_ok() && memory.read_exact(block).is_ok() {
                looked += block.len() as u64;
                for (has, finder) in has.iter_mut().zip(&finders) {
                    *has = *has || finder.find(block).is_some();
                }
            }
            let step = if length == BLOCK { length - overlap } else { length };
            at += step as u64;
        }
    }
    assert!(looked > 1 << 20 || has_ended(), "process {pid} lets nobody look into it");
    has
}
