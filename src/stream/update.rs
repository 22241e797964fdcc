//! An update: the parts of a picture that a viewer has not seen, as one message.
//!
//! Numbers are little-endian. The head: kind `1` (u8), flags (u8, 0), count of areas (u16), the number of
//! the change (u64), width and height of the whole picture (u16 each), the number of the last deed that the
//! browser had when it drew this (u32). Then, for each area: x, y, width, height (u16 each), format (u8: `0`
//! JPEG, `1` PNG), length of its bytes (u32), its bytes.

use std::sync::Arc;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::area::{Area, areas};
use super::picture::{DEPTH, Picture};

/// The quality of JPEG areas, as that of the browser's own pictures: an area that is encoded a second time
/// with the same tables loses next to nothing.
pub const QUALITY: u8 = 70;

/// From this share of the picture on, in percent, the browser's own picture goes on as it is: a new encoding
/// would take longer than it saves.
const WHOLE: usize = 50;

/// How long the head is, in bytes.
pub(super) const HEAD: usize = 20;

/// What a viewer is to draw.
#[derive(Clone)]
pub struct Update {
    /// The number of the change that it brings the viewer to.
    pub number: u64,
    /// The message.
    pub bytes: Arc<[u8]>,
}

impl Picture {
    /// What a viewer needs that has seen the change `seen` (0: nothing); `None` when there is nothing new.
    /// `deed` is the last one that the browser has taken.
    pub fn update(&self, seen: u64, deed: u32) -> Option<Update> {
        if self.number <= seen {
            return None;
        }
        let size = (self.width, self.height);
        let blocks = (self.columns, self.rows);
        let newer = |exact: bool| {
            areas(blocks, size, 0, |block| self.changed[block] > seen && self.exact[block] == exact)
        };
        let (lossy, exact) = (newer(false), newer(true));
        let mut message = vec![0; HEAD];
        let mut count = 0_u16;
        let changed: usize = lossy.iter().map(|area| area.pixels()).sum();
        let whole = changed * 100 >= self.width * self.height * WHOLE;
        match &self.source {
            Some((number, jpeg)) if *number == self.number && whole && exact.is_empty() => {
                let all = Area { x: 0, y: 0, width: self.width, height: self.height };
                part(&mut message, all, 0, jpeg);
                count += 1;
            }
            _ => {
                for area in lossy {
                    part(&mut message, area, 0, &jpeg(area, &self.pixels(area), QUALITY));
                    count += 1;
                }
                for area in exact {
                    part(&mut message, area, 1, &png(area, &self.pixels(area)));
                    count += 1;
                }
            }
        }
        head(&mut message, count, self.number, size, deed);
        Some(Update { number: self.number, bytes: message.into() })
    }

    /// The pixels of an area, row by row.
    pub(super) fn pixels(&self, area: Area) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(area.pixels() * DEPTH);
        for line in area.y..area.y + area.height {
            let from = (line * self.width + area.x) * DEPTH;
            pixels.extend_from_slice(&self.shown[from..from + area.width * DEPTH]);
        }
        pixels
    }
}

/// Fills the head of a message in.
pub(super) fn head(
    message: &mut [u8],
    count: u16,
    number: u64,
    (width, height): (usize, usize),
    deed: u32,
) {
    message[0] = 1;
    message[2..4].copy_from_slice(&count.to_le_bytes());
    message[4..12].copy_from_slice(&number.to_le_bytes());
    message[12..14].copy_from_slice(&short(width));
    message[14..16].copy_from_slice(&short(height));
    message[16..20].copy_from_slice(&deed.to_le_bytes());
}

pub(super) fn jpeg(area: Area, pixels: &[u8], quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    // Tables of its own (`set_optimized_huffman_tables`) would make a small area smaller, and spoil one of plain
    // colour: it is decoded as another one.
    let [width, height] =
        [area.width, area.height].map(|side| u16::try_from(side).unwrap_or(u16::MAX));
    // It fails for sides of zero or above 65,535 alone, and for a writer that does: none can be here.
    let _ = encoder.encode(pixels, width, height, ColorType::Rgb);
    bytes
}

fn png(area: Area, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let [width, height] =
        [area.width, area.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    if let Ok(mut writer) = encoder.write_header() {
        let _ = writer.write_image_data(pixels);
    }
    bytes
}

/// Adds an area to a message.
pub(super) fn part(message: &mut Vec<u8>, area: Area, format: u8, bytes: &[u8]) {
    for number in [area.x, area.y, area.width, area.height] {
        message.extend_from_slice(&short(number));
    }
    message.push(format);
    message.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    message.extend_from_slice(bytes);
}

/// Sides of pictures are below 8,192.
fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}
