//! An hour: made by the real writer from pictures of text, as an hour of work would be.

use std::path::PathBuf;
use std::time::Instant;

use doorward::name::SessionId;
use doorward::recording::{About, Entry, Identities, KeyPair, Reader, Writer};
use doorward::stream::{Canvas, Picture, Sight};

use super::{SIZE, Trouble};

/// A recording of an hour, or of so many minutes.
pub(crate) struct Hour {
    /// In milliseconds.
    length: u32,
    pub(crate) pieces: usize,
    pub(crate) bytes: u64,
    path: PathBuf,
    keys: Identities,
    _folder: tempfile::TempDir,
}

impl Hour {
    /// A picture every two seconds, of which the whole changes every twenty.
    pub(crate) fn make(minutes: u32) -> Result<Self, Trouble> {
        let length = minutes * 60_000;
        let folder = tempfile::tempdir()?;
        let pair = KeyPair::generate();
        let session = SessionId::fresh();
        let about = About {
            session: session.to_string(),
            began: String::new(),
            user: "ann".into(),
            account: "web/bench".into(),
            connector: "bench".into(),
        };
        let mut writer = Writer::create(folder.path(), session, about, &[pair.public()])?;
        let path = writer.path().to_owned();
        let (mut picture, mut sight) = (Picture::default(), Sight::default());
        for time in (0..length).step_by(2_000) {
            let second = time as usize / 1_000;
            let (jpeg, png) = page(second / 20, second % 20 / 2)?;
            picture.take(jpeg.into())?;
            picture.take_exact(&png)?;
            if time >= writer.whole_due() {
                sight = Sight::default();
            }
            let Some(cut) = picture.cut(&mut sight, time) else { continue };
            let bytes = cut.encode().bytes;
            let entry = if cut.is_whole() { Entry::Whole(bytes) } else { Entry::Picture(bytes) };
            writer.add(time, &entry)?;
        }
        let seal = writer.finish(length)?;
        let pieces = usize::try_from(seal.pieces)?;
        Ok(Self {
            length,
            pieces,
            bytes: seal.bytes,
            path,
            keys: pair.identities(),
            _folder: folder,
        })
    }

    /// Milliseconds to open it, and to draw a moment in it: median and worst of a hundred.
    pub(crate) fn times(&self) -> Result<(f64, (f64, f64)), Trouble> {
        let began = Instant::now();
        let mut reader = Reader::open(&self.path)?;
        reader.moments(&self.keys)?;
        let opened = began.elapsed().as_secs_f64() * 1e3;
        let mut all = Vec::new();
        for at in 0..100 {
            let time = at * 719_000 % self.length;
            let began = Instant::now();
            let mut canvas = Canvas::default();
            let piece = reader.at(time);
            let mut play = reader.play(piece, &self.keys);
            while let Some((when, entry)) = play.next()? {
                if when > time {
                    break;
                }
                if let Entry::Picture(bytes) | Entry::Whole(bytes) = entry {
                    canvas.draw(&bytes)?;
                }
            }
            all.push(began.elapsed().as_secs_f64() * 1e3);
        }
        Ok((opened, middle(all)))
    }

    /// Milliseconds for what the player asks for when it goes to a moment: the recording opened anew, and a slice of ten
    /// seconds from there; median and worst of a hundred.
    pub(crate) fn slices(&self) -> Result<(f64, f64), Trouble> {
        let mut all = Vec::new();
        for at in 0..100 {
            let time = at * 719_000 % self.length;
            let began = Instant::now();
            let mut reader = Reader::open(&self.path)?;
            let piece = reader.at(time);
            let mut slice = reader.slice(piece, time + 10_000, &self.keys)?;
            // What is large comes in parts.
            while slice.entries.last().is_some_and(|(last, _)| *last < time)
                && slice.next < self.pieces
            {
                slice = reader.slice(slice.next, time + 10_000, &self.keys)?;
            }
            all.push(began.elapsed().as_secs_f64() * 1e3);
        }
        Ok(middle(all))
    }
}

/// Median and worst.
fn middle(mut all: Vec<f64>) -> (f64, f64) {
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[all.len() - 1])
}

/// A page of strokes as dense as text, of which `lines` are written, as the browser would show it: JPEG, and PNG.
fn page(number: usize, lines: usize) -> Result<(Vec<u8>, Vec<u8>), Trouble> {
    let (width, height) = SIZE;
    let mut pixels = vec![255_u8; width * height * 3];
    for line in 0..15 + lines {
        for x in 40..width - 200 {
            for y in 0..10 {
                let stroke = (x * 7 + y * (x / 9 + line + number * 13)) % 11;
                if stroke < 3 {
                    let at = ((20 + line * 20 + y) * width + x) * 3;
                    pixels[at..at + 3].fill(u8::try_from(stroke * 60)?);
                }
            }
        }
    }
    let mut jpeg = Vec::new();
    let sides = (u16::try_from(width)?, u16::try_from(height)?);
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 70);
    encoder.encode(&pixels, sides.0, sides.1, jpeg_encoder::ColorType::Rgb)?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, sides.0.into(), sides.1.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok((jpeg, bytes))
}
