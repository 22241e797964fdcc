//! Recordings written by the real writer, read back, and altered at every place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{
    About, Break, Entry, Error, Folder, Identities, KeyPair, Known, Reader, Seal, Verdict, What,
    Writer, check, decrypted,
};
use crate::name::SessionId;
use crate::stream::{Deed, Note};

/// A recording of six pieces: what it is of, four with a note, the index.
struct Small {
    _folder: tempfile::TempDir,
    path: PathBuf,
    session: SessionId,
    known: Known,
    keys: Identities,
    /// Where each piece begins, and where the last one ends.
    starts: Vec<usize>,
}

fn about(session: SessionId) -> About {
    About {
        session: session.to_string(),
        began: "2026-11-22T10:00:00Z".into(),
        user: "ann".into(),
        account: "web/site".into(),
        connector: "site".into(),
    }
}

fn notice(text: &str) -> Entry {
    Entry::Note(Note::Notice { text: text.to_owned() })
}

fn known(first: Seal, seals: Vec<Seal>, ended: bool) -> Known {
    let time = "2026-11-22T10:00:00Z".parse().unwrap();
    Known {
        began: time,
        user: "ann".into(),
        account: None,
        connector: "site".into(),
        first: Some(first.link),
        seals,
        ended: ended.then_some(time),
        failed: false,
        removed: None,
    }
}

fn small() -> Small {
    let folder = tempfile::tempdir().unwrap();
    let pair = KeyPair::generate();
    let session = SessionId::fresh();
    let mut writer =
        Writer::create(folder.path(), session, about(session), &[pair.public()]).unwrap();
    let first = writer.seal();
    let mut starts = vec![0];
    for piece in 1..5 {
        starts.push(usize::try_from(writer.seal().bytes).unwrap());
        writer.add(piece * 1_000, &notice(&format!("number {piece}"))).unwrap();
        writer.flush().unwrap();
    }
    let path = writer.path().to_owned();
    starts.push(usize::try_from(writer.seal().bytes).unwrap());
    let last = writer.finish(5_000).unwrap();
    starts.push(usize::try_from(last.bytes).unwrap());
    let known = known(first, vec![last], true);
    Small { _folder: folder, path, session, known, keys: pair.identities(), starts }
}

impl Small {
    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    /// What is found when the file holds `bytes`.
    fn with(&self, bytes: &[u8], known: Option<&Known>) -> Verdict {
        std::fs::write(&self.path, bytes).unwrap();
        check(&self.path, self.session, known, false).unwrap()
    }

    fn piece<'b>(&self, bytes: &'b [u8], at: usize) -> &'b [u8] {
        &bytes[self.starts[at]..self.starts[at + 1]]
    }

    /// The file of these pieces, one behind the other.
    fn of(&self, bytes: &[u8], pieces: &[usize]) -> Vec<u8> {
        pieces.iter().flat_map(|at| self.piece(bytes, *at).to_vec()).collect()
    }
}

#[test]
fn what_was_written_is_whole_and_read_back() {
    let small = small();
    let bytes = small.bytes();
    let mut verdict = small.with(&bytes, Some(&small.known));
    decrypted(&small.path, &small.keys, &mut verdict).unwrap();
    assert_eq!((verdict.pieces, verdict.breaks.as_slice()), (6, [].as_slice()));
    assert_eq!((verdict.length, verdict.bytes), (5_000, bytes.len() as u64));
    let mut reader = Reader::open(&small.path).unwrap();
    assert_eq!(reader.about(&small.keys).unwrap(), about(small.session));
    let moments = reader.moments(&small.keys).unwrap();
    let told: Vec<_> = moments.iter().map(|moment| moment.text.as_str()).collect();
    assert_eq!(told, ["number 1", "number 2", "number 3", "number 4"]);
    assert!(reader.is_complete());
    // Nothing of it can be read without the key.
    assert!(memchr::memmem::find(&bytes, b"number").is_none());
    let other = KeyPair::generate().identities();
    assert!(matches!(reader.about(&other), Err(Error::WrongKey { .. })));
    let mode = std::os::unix::fs::PermissionsExt::mode;
    assert_eq!(mode(&std::fs::metadata(&small.path).unwrap().permissions()) & 0o777, 0o600);
}

#[test]
fn every_byte_that_is_changed_is_noticed_in_its_piece() {
    let small = small();
    let bytes = small.bytes();
    for at in 0..bytes.len() {
        for change in [1_u8, 0xff] {
            let mut other = bytes.clone();
            other[at] ^= change;
            let breaks = small.with(&other, Some(&small.known)).breaks;
            let piece = small.starts.iter().rposition(|start| *start <= at).unwrap();
            let piece = u32::try_from(piece).unwrap();
            let named = breaks.iter().any(
                |found| matches!(found, Break::Changed { piece: named, .. } if *named == piece),
            );
            assert!(named, "byte {at} of piece {piece}, ^{change}: {breaks:?}");
            assert!(breaks.len() <= 2, "byte {at} of piece {piece}: {breaks:?}");
        }
    }
}

#[test]
fn every_cut_is_noticed_where_it_is() {
    let small = small();
    let bytes = small.bytes();
    for end in 0..bytes.len() {
        let breaks = small.with(&bytes[..end], Some(&small.known)).breaks;
        let whole = small.starts.iter().rposition(|start| *start <= end).unwrap();
        let piece = u32::try_from(whole).unwrap();
        let named = breaks.iter().any(|found| match found {
            Break::Cut { first, last, .. } => (piece..=piece + 1).contains(first) && *last == 5,
            Break::Half { piece: half, .. } => *half == piece,
            Break::Rest { piece: rest, .. } => *rest == piece,
            _ => false,
        });
        assert!(named, "cut at {end}, in piece {piece}: {breaks:?}");
    }
}

#[test]
fn pieces_that_are_exchanged_removed_put_in_or_added_are_named() {
    let small = small();
    let bytes = small.bytes();
    let missing = |first, last| move |found: &Break| matches!(found, Break::Missing { first: f, last: l, .. } if (*f, *l) == (first, last));
    let moved = |piece, place| move |found: &Break| matches!(found, Break::Moved { piece: p, place: at, .. } if (*p, *at) == (piece, place));
    let inserted = |piece| move |found: &Break| matches!(found, Break::Inserted { piece: p, .. } if *p == piece);
    let cut =
        |first| move |found: &Break| matches!(found, Break::Cut { first: f, .. } if *f == first);
    type Is = Box<dyn Fn(&Break) -> bool>;
    let cases: Vec<(&[usize], Vec<Is>)> = vec![
        (&[0, 1, 2, 3, 4, 5], vec![]),
        (&[0, 2, 1, 3, 4, 5], vec![Box::new(moved(2, 1)), Box::new(moved(1, 2))]),
        (&[0, 4, 2, 3, 1, 5], vec![Box::new(moved(4, 1)), Box::new(moved(1, 4))]),
        (&[0, 1, 3, 4, 5], vec![Box::new(missing(2, 2))]),
        (&[0, 1, 4, 5], vec![Box::new(missing(2, 3))]),
        (&[1, 2, 3, 4, 5], vec![Box::new(missing(0, 0))]),
        (&[0, 1, 2, 3, 4], vec![Box::new(cut(5))]),
        (&[0, 1], vec![Box::new(cut(2))]),
        (&[], vec![Box::new(cut(0))]),
        (&[0, 1, 2, 2, 3, 4, 5], vec![Box::new(inserted(2))]),
        (&[0, 1, 1, 3, 4, 5], vec![Box::new(missing(2, 2)), Box::new(inserted(1))]),
        (&[0, 1, 2, 3, 4, 5, 5], vec![Box::new(inserted(5))]),
    ];
    for (order, expected) in cases {
        let breaks = small.with(&small.of(&bytes, order), Some(&small.known)).breaks;
        for is in &expected {
            assert!(breaks.iter().any(is), "{order:?}: {breaks:?}");
        }
        assert_eq!(breaks.is_empty(), expected.is_empty(), "{order:?}: {breaks:?}");
    }
    let longer = [bytes.as_slice(), b"something else"].concat();
    let breaks = small.with(&longer, Some(&small.known)).breaks;
    assert_eq!(breaks, [Break::Rest { piece: 6, bytes: 14 }]);
}

#[test]
fn what_the_record_says_counts() {
    let small = small();
    let bytes = small.bytes();
    let killed = Known { ended: None, seals: Vec::new(), ..small.known.clone() };
    assert_eq!(
        small.with(&bytes, Some(&killed)).breaks,
        [Break::NeverSealed { sealed: 0, time: 0 }]
    );
    // It is being written: its end is open, and half a piece is on its way.
    std::fs::write(&small.path, &bytes[..bytes.len() - 3]).unwrap();
    assert_eq!(check(&small.path, small.session, Some(&killed), true).unwrap().breaks, []);
    assert_eq!(small.with(&bytes, None).breaks, [Break::NoRecord]);
    let opened = small.of(&bytes, &[0]);
    assert_eq!(small.with(&opened, None).breaks, [], "a session that came to nothing");
    let removed = super::Removed { time: killed.began, why: "age".into() };
    let removed = Known { removed: Some(removed), ..small.known.clone() };
    assert_eq!(small.with(&bytes, Some(&removed)).breaks, [Break::NotRemoved]);
    // Of another session, written by nobody who lies.
    std::fs::write(&small.path, &bytes).unwrap();
    let other = check(&small.path, SessionId::fresh(), Some(&small.known), false).unwrap();
    assert_eq!(other.breaks, [Break::OfAnother]);
}

#[test]
fn a_chain_that_was_written_anew_is_not_the_one_that_was_sealed() {
    let one = small();
    let pair = KeyPair::generate();
    std::fs::remove_file(&one.path).unwrap();
    let folder = one.path.parent().unwrap();
    let mut writer =
        Writer::create(folder, one.session, about(one.session), &[pair.public()]).unwrap();
    for piece in 1..5 {
        writer.add(piece * 1_000, &notice("nothing happened")).unwrap();
        writer.flush().unwrap();
    }
    writer.finish(5_000).unwrap();
    let breaks = check(&one.path, one.session, Some(&one.known), false).unwrap().breaks;
    let anew = |found: &Break| matches!(found, Break::Unsealed { .. } | Break::Changed { .. });
    assert!(!breaks.is_empty() && breaks.iter().all(anew), "{breaks:?}");
}

/// A picture of so many bytes.
fn picture(bytes: usize) -> Arc<[u8]> {
    vec![1; bytes].into()
}

#[test]
fn to_seek_is_to_open_the_last_whole_picture_before() {
    let folder = tempfile::tempdir().unwrap();
    let (pair, session) = (KeyPair::generate(), SessionId::fresh());
    let other = KeyPair::generate();
    let recipients = [other.public(), pair.public()];
    let mut writer = Writer::create(folder.path(), session, about(session), &recipients).unwrap();
    let screen = Note::Screen { width: 10, height: 10, scale: 1.0 };
    writer.add(500, &Entry::Note(screen.clone())).unwrap();
    let mut wholes = Vec::new();
    for second in 1..200_u32 {
        let time = second * 1_000;
        // The first minute is quiet, then much happens: a whole picture is due by time, then by bytes.
        let bytes = if second < 100 { 100 } else { 900 };
        let entry = match time >= writer.whole_due() {
            true => {
                wholes.push(time);
                Entry::Whole(picture(2_000))
            }
            false => Entry::Picture(picture(bytes)),
        };
        writer.add(time, &entry).unwrap();
    }
    assert!(wholes.starts_with(&[1_000, 61_000]), "{wholes:?}");
    assert!(wholes.len() > 10, "{wholes:?}");
    let path = writer.path().to_owned();
    writer.finish(200_000).unwrap();
    // Any of the recipients can.
    for keys in [pair.identities(), other.identities()] {
        let mut reader = Reader::open(&path).unwrap();
        for time in [0, 1_000, 30_000, 61_000, 99_999, 150_000, 500_000] {
            let at = reader.at(time);
            let head = reader.pieces()[at].head;
            let before = wholes.iter().rev().find(|whole| **whole <= time).unwrap_or(&1_000);
            assert!(head.whole && head.begin == *before, "at {time}: {head:?}");
            let entries = reader.entries(at, &keys).unwrap();
            assert!(matches!(entries[0], (_, Entry::Whole(_))), "at {time}");
            assert_eq!(entries[1].1, Entry::Note(screen.clone()), "what stands is told again");
        }
    }
}

#[test]
fn what_is_left_of_a_damaged_recording_is_played_and_what_is_missing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (pair, session) = (KeyPair::generate(), SessionId::fresh());
    let mut writer =
        Writer::create(folder.path(), session, about(session), &[pair.public()]).unwrap();
    // A piece for each, and the one before of what the recording is about.
    for second in 1..=6_u32 {
        writer.add(second * 3_000, &notice(&second.to_string())).unwrap();
    }
    let path = writer.path().to_owned();
    writer.finish(20_000).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut starts: Vec<usize> =
        (0..whole.len() - 8).filter(|at| whole[*at..].starts_with(b"dwpiece\x01")).collect();
    assert_eq!(starts.len(), 8);
    starts.push(whole.len());
    let piece = |at: usize| &whole[starts[at]..starts[at + 1]];
    let of =
        |pieces: &[usize]| pieces.iter().flat_map(|at| piece(*at).to_vec()).collect::<Vec<_>>();
    let flipped = |piece: usize, at: usize| {
        let mut bytes = whole.clone();
        bytes[starts[piece] + at] ^= 0x81;
        bytes
    };
    let removed = |first: u32, last: u32| Some((first, last, true));
    let cases = [
        ("nothing", whole.clone(), "123456", None),
        ("a byte of a body", flipped(3, 100), "12456", Some((3, 3, false))),
        ("the magic", flipped(3, 0), "12456", removed(3, 3)),
        ("a length: another", flipped(3, 24), "12456", Some((3, 3, false))),
        ("a length: far longer", flipped(3, 25), "12456", removed(3, 3)),
        ("a removed one", of(&[0, 1, 2, 5, 6, 7]), "1256", removed(3, 4)),
        ("exchanged ones", of(&[0, 1, 5, 3, 4, 2, 6, 7]), "123456", None),
        ("one that is there twice", of(&[0, 1, 2, 3, 2, 4, 5, 6, 7]), "123456", None),
        ("without its begin", of(&[2, 3, 4, 5, 6, 7]), "23456", removed(0, 1)),
        ("cut within a piece", whole[..starts[4] + 70].to_vec(), "123", None),
        ("without a begin of a piece", whole[30..].to_vec(), "123456", removed(0, 0)),
    ];
    for (name, bytes, left, gap) in cases {
        std::fs::write(&path, bytes).unwrap();
        let mut reader = Reader::open(&path).unwrap();
        let keys = pair.file("");
        let keys = crate::recording::Identities::unlock(&keys, None).unwrap();
        let (mut told, mut gaps, mut piece) = (String::new(), Vec::new(), 0);
        while piece < reader.pieces().len() {
            let slice = reader.slice(piece, 9_000, &keys).unwrap();
            for (_, entry) in &slice.entries {
                if let Entry::Note(Note::Notice { text }) = entry {
                    told.push_str(text);
                }
            }
            gaps.extend(slice.gaps);
            assert!(slice.next > piece, "{name}");
            piece = slice.next;
        }
        assert_eq!(told, left, "{name}");
        let found: Vec<_> = gaps.iter().map(|gap| (gap.first, gap.last, gap.is_missing)).collect();
        assert_eq!(found, gap.into_iter().collect::<Vec<_>>(), "{name}");
        assert!(
            gaps.iter().all(|gap| gap.time <= gap.until && gap.until <= 20_000),
            "{name}: {gaps:?}"
        );
        assert!(reader.length() <= 20_000, "{name}: {}", reader.length());
        let (moments, _) = reader.survey(&keys).unwrap();
        let moments = moments.iter().filter(|moment| moment.what == What::Notice).count();
        assert!(moments >= left.len(), "{name}: {moments}");
        let other = KeyPair::generate().identities();
        assert!(matches!(reader.survey(&other), Err(Error::WrongKey { .. })), "{name}");
    }
    // A head is in plain: what somebody writes into its times leads nobody astray.
    let mut bytes = whole.clone();
    bytes[starts[3] + 16..starts[3] + 24].copy_from_slice(&[0xff; 8]);
    std::fs::write(&path, bytes).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!((reader.length(), reader.pieces().len()), (20_000, 8));
}

#[test]
fn a_recording_that_came_to_no_end_is_read_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let (pair, session) = (KeyPair::generate(), SessionId::fresh());
    let mut writer =
        Writer::create(folder.path(), session, about(session), &[pair.public()]).unwrap();
    writer.add(1_000, &notice("before")).unwrap();
    writer.add(1_100, &Entry::Deed(Deed::Reload)).unwrap();
    assert_eq!(writer.due(1_100), Some(1_900));
    writer.add(3_500, &notice("after")).unwrap();
    let path = writer.path().to_owned();
    let files = Folder::of(Path::new("/nowhere")).files().unwrap();
    assert!(files.is_empty());
    // As a kill would: what waited is lost, and no more.
    drop(writer);
    let mut reader = Reader::open(&path).unwrap();
    assert!(!reader.is_complete());
    let moments = reader.moments(&pair.identities()).unwrap();
    let told: Vec<_> = moments.iter().map(|moment| (moment.what, moment.text.as_str())).collect();
    assert_eq!(told, [(What::Notice, "before"), (What::Command, "reload")]);
}

#[test]
fn a_folder_tells_which_of_its_recordings_are_being_written() {
    let state = tempfile::tempdir().unwrap();
    let folder = Folder::of(state.path());
    let (pair, session) = (KeyPair::generate(), SessionId::fresh());
    let writer = Writer::create(folder.path(), session, about(session), &[pair.public()]).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
    std::fs::write(folder.path().join("none.dwr"), "x").unwrap();
    let files = folder.files().unwrap();
    assert!(files.len() == 1 && files[0].is_live && files[0].session == session, "{files:?}");
    assert!(writer.is_there());
    assert!(matches!(
        Writer::create(folder.path(), session, about(session), &[pair.public()]),
        Err(Error::Unwritten { .. })
    ));
    std::fs::remove_file(folder.file(session)).unwrap();
    assert!(!writer.is_there());
    drop(writer);
    assert!(folder.files().unwrap().is_empty());
    folder.remove(session).unwrap();
}
