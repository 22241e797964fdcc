//! A picture: what the browser shows now, and since when each part of it does.

use std::io::Cursor;
use std::sync::Arc;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::area::{BETWEEN, BLOCK, areas};

/// Bytes of a pixel: red, green, blue.
pub(super) const DEPTH: usize = 3;

/// The longest side of a picture, in pixels.
pub(super) const LONGEST: usize = 8192;

/// What the browser shows. Each change of it has a number; a viewer that has seen one number needs the
/// blocks that are newer, however many changes lie between: nothing is ever queued.
#[derive(Default)]
pub struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// What is shown, row by row.
    pub(super) shown: Vec<u8>,
    /// The browser's last picture as it was decoded, which the next one is compared with: a part that was
    /// shown without loss meanwhile has not changed by that.
    last: Vec<u8>,
    incoming: Vec<u8>,
    /// The number of the change that each block is of.
    pub(super) changed: Vec<u64>,
    /// The same without the changes that only took a loss away.
    pub(super) drawn: Vec<u64>,
    /// Whether each block is shown without loss.
    pub(super) exact: Vec<bool>,
    /// The number of the last change.
    pub(super) number: u64,
    /// The browser's own picture, where the last change came with it.
    pub(super) source: Option<(u64, Arc<[u8]>)>,
}

/// What a new picture of the browser's changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nothing that can be seen.
    Same,
    /// So many blocks.
    Changed(usize),
}

/// A picture that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the browser's picture cannot be read: {0}")]
pub struct Broken(String);

impl Picture {
    /// Width and height in pixels; zero before the first picture.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The number of the last change; 0 before the first picture.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether a part of it is shown with the losses of JPEG.
    pub fn is_lossy(&self) -> bool {
        self.exact.iter().any(|exact| !exact)
    }

    /// Takes a JPEG picture of the browser's, compares it with the one before, and keeps what changed.
    ///
    /// # Errors
    /// [`Broken`]; the picture stays as it was.
    pub fn take(&mut self, jpeg: Arc<[u8]>) -> Result<Taken, Broken> {
        let options = DecoderOptions::new_fast()
            .set_max_width(LONGEST)
            .set_max_height(LONGEST)
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*jpeg), options);
        let broken = |error: zune_jpeg::errors::DecodeErrors| Broken(error.to_string());
        decoder.decode_headers().map_err(broken)?;
        let info = decoder.info().ok_or_else(|| Broken("it has no size".to_owned()))?;
        let (width, height) = (usize::from(info.width), usize::from(info.height));
        self.incoming.resize(width * height * DEPTH, 0);
        decoder.decode_into(&mut self.incoming).map_err(broken)?;
        if (width, height) != (self.width, self.height) {
            self.resize(width, height);
        }
        let count = self.compare();
        if count == 0 {
            return Ok(Taken::Same);
        }
        std::mem::swap(&mut self.last, &mut self.incoming);
        self.source = Some((self.number, jpeg));
        Ok(Taken::Changed(count))
    }

    /// Takes a PNG picture of the same moment as the last one, and shows it without loss. Nothing happens
    /// when it has another size: it is of another moment.
    ///
    /// # Errors
    /// [`Broken`]; the picture stays as it was.
    pub fn take_exact(&mut self, png: &[u8]) -> Result<Taken, Broken> {
        let broken = |error: png::DecodingError| Broken(error.to_string());
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.set_transformations(png::Transformations::STRIP_16 | png::Transformations::EXPAND);
        let mut reader = decoder.read_info().map_err(broken)?;
        let size = reader.output_buffer_size().unwrap_or_default();
        let (width, height) = (reader.info().width as usize, reader.info().height as usize);
        if (width, height) != (self.width, self.height) {
            return Ok(Taken::Same);
        }
        let mut bytes = vec![0; size];
        let frame = reader.next_frame(&mut bytes).map_err(broken)?;
        let depth = frame.color_type.samples();
        if depth < DEPTH {
            return Err(Broken("it has no colours".to_owned()));
        }
        let number = self.number + 1;
        let mut count = 0;
        for block in 0..self.changed.len() {
            if self.exact[block] {
                continue;
            }
            let mut other = false;
            for (from, to) in self.lines(block) {
                let pixels = &bytes[from / DEPTH * depth..to / DEPTH * depth];
                for (shown, exact) in
                    self.shown[from..to].chunks_exact_mut(DEPTH).zip(pixels.chunks_exact(depth))
                {
                    other |= shown != &exact[..DEPTH];
                    shown.copy_from_slice(&exact[..DEPTH]);
                }
            }
            self.exact[block] = true;
            if other {
                self.changed[block] = number;
                count += 1;
            }
        }
        if count == 0 {
            return Ok(Taken::Same);
        }
        self.number = number;
        self.source = None;
        Ok(Taken::Changed(count))
    }

    /// Marks every block that differs between the last and the incoming picture, with those that are sent along because
    /// they lie between two such, and shows them: what a viewer is sent with loss is not known without.
    fn compare(&mut self) -> usize {
        let mut differs = vec![false; self.changed.len()];
        for row in 0..self.rows {
            let line = row * BLOCK * self.width * DEPTH;
            let end = (line + BLOCK * self.width * DEPTH).min(self.incoming.len());
            // Most of a picture is as it was: whole rows of blocks are compared at once.
            if self.incoming[line..end] == self.last[line..end] {
                continue;
            }
            for column in 0..self.columns {
                let block = row * self.columns + column;
                let same =
                    |(from, to): (usize, usize)| self.incoming[from..to] == self.last[from..to];
                differs[block] = self.changed[block] == 0 || !self.lines(block).all(same);
            }
        }
        let size = (self.width, self.height);
        let sent = areas((self.columns, self.rows), size, BETWEEN, |block| differs[block]);
        if sent.is_empty() {
            return 0;
        }
        self.number += 1;
        let mut count = 0;
        for area in sent {
            for row in area.y / BLOCK..(area.y + area.height).div_ceil(BLOCK) {
                for column in area.x / BLOCK..(area.x + area.width).div_ceil(BLOCK) {
                    let block = row * self.columns + column;
                    for (from, to) in self.lines(block) {
                        self.shown[from..to].copy_from_slice(&self.incoming[from..to]);
                    }
                    self.changed[block] = self.number;
                    self.drawn[block] = self.number;
                    self.exact[block] = false;
                    count += 1;
                }
            }
        }
        count
    }

    /// Where the lines of a block begin and end in a picture's bytes.
    fn lines(&self, block: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (x, y) = (block % self.columns * BLOCK, block / self.columns * BLOCK);
        let (right, bottom) = ((x + BLOCK).min(self.width), (y + BLOCK).min(self.height));
        let width = self.width;
        (y..bottom).map(move |line| ((line * width + x) * DEPTH, (line * width + right) * DEPTH))
    }

    /// Another size: every block is new.
    fn resize(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        (self.columns, self.rows) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
        // Nothing is equal to it, so that the whole of the next picture counts as changed.
        self.last = self.incoming.iter().map(|byte| !byte).collect();
        self.shown = vec![0; width * height * DEPTH];
        self.changed = vec![0; self.columns * self.rows];
        self.drawn = self.changed.clone();
        self.exact = vec![false; self.columns * self.rows];
    }
}
