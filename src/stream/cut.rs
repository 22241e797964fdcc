//! A cut: the parts of a picture that a recording has not seen, taken out so that they can be encoded elsewhere.
//!
//! A recording has time and wants few bytes, a viewer the other way round. So what is still and known without loss, as
//! most of an office's work is, becomes PNG with a palette where it has one, which for text is smaller than JPEG and
//! exact; what is larger so, such as photographs, and what moves, becomes JPEG.

use std::collections::{HashMap, HashSet};

use super::area::{Area, BETWEEN, areas};
use super::picture::{DEPTH, Picture};
use super::update::{self, HEAD, QUALITY, Update};

/// The most colours that a palette has.
const COLOURS: usize = 256;

/// The quality of what moves, as viewers get it: a block that is known without loss later and was right all along
/// does not come again, so it has to be right here, too.
const MOVING: u8 = QUALITY;

/// The quality of what is still and too rich for PNG.
const STILL: u8 = 60;

/// A palette is worth it for so many lines at least: headlines and bars have colours of their own, photographs new
/// ones in every line.
const LINES: usize = 16;

/// What moves in so few pixels may be smaller as PNG: the tables of a JPEG alone take 600 bytes.
const SMALL: usize = 8_192;

/// PNG may be so many times as large as JPEG: it is exact, and needs no second picture when something is added to it.
const EXACT: f32 = 1.5;

/// The parts of a picture that a recording has not seen.
pub struct Cut {
    number: u64,
    size: (usize, usize),
    is_whole: bool,
    /// Each with whether it is known without loss, and its pixels.
    parts: Vec<(Area, bool, Vec<u8>)>,
}

impl Picture {
    /// Takes out what has changed since `seen` (0: everything); `None` when nothing has.
    pub fn cut(&self, seen: u64) -> Option<Cut> {
        if self.number <= seen {
            return None;
        }
        let size = (self.width, self.height);
        let mut parts = Vec::new();
        for exact in [false, true] {
            let newer = |block: usize| self.changed[block] > seen && self.exact[block] == exact;
            // Lines of a table together take one palette and not one each.
            let between = if exact { BETWEEN } else { 0 };
            for area in areas((self.columns, self.rows), size, between, newer) {
                parts.push((area, exact, self.pixels(area)));
            }
        }
        Some(Cut { number: self.number, size, is_whole: seen == 0, parts })
    }
}

impl Cut {
    /// The number of the change that it leads to.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether it is all of the picture.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The message that a viewer's canvas draws, too.
    pub fn encode(&self) -> Update {
        let mut message = vec![0; HEAD];
        let mut count = 0_u16;
        let mut part = |area: Area, format: u8, bytes: &[u8]| {
            update::part(&mut message, area, format, bytes);
            count += 1;
        };
        for (area, exact, pixels) in &self.parts {
            if !*exact {
                let (format, bytes) = moving(*area, pixels);
                part(*area, format, &bytes);
                continue;
            }
            for band in bands(*area, pixels) {
                let from = (band.y - area.y) * area.width * DEPTH;
                let (format, bytes) = still(band, &pixels[from..from + band.pixels() * DEPTH]);
                part(band, format, &bytes);
            }
        }
        // A picture of 8,192 lines has at most 512 bands in each of a few areas.
        update::head(&mut message, count, self.number, self.size, 0);
        Update { number: self.number, bytes: message.into() }
    }
}

/// An area from top to bottom in parts that 256 colours do for; as it is where that makes too many.
fn bands(area: Area, pixels: &[u8]) -> Vec<Area> {
    let mut found: Vec<Area> = Vec::new();
    let mut colours: HashSet<[u8; DEPTH]> = HashSet::new();
    let mut begin = 0;
    for (line, row) in pixels.chunks_exact(area.width * DEPTH).enumerate() {
        let mut row: Vec<[u8; DEPTH]> = row.as_chunks::<DEPTH>().0.to_vec();
        // Most pixels are like the one before.
        row.dedup();
        colours.extend(&row);
        if colours.len() <= COLOURS {
            continue;
        }
        if line - begin < LINES {
            return vec![area];
        }
        found.push(Area { y: area.y + begin, height: line - begin, ..area });
        begin = line;
        colours = row.into_iter().collect();
        if colours.len() > COLOURS {
            return vec![area];
        }
    }
    found.push(Area { y: area.y + begin, height: area.height - begin, ..area });
    found
}

fn moving(area: Area, pixels: &[u8]) -> (u8, Vec<u8>) {
    let lossy = update::jpeg(area, pixels, MOVING);
    if area.pixels() <= SMALL {
        let exact = png(area, pixels);
        if exact.len() < lossy.len() {
            return (1, exact);
        }
    }
    (0, lossy)
}

fn still(area: Area, pixels: &[u8]) -> (u8, Vec<u8>) {
    let exact = png(area, pixels);
    // What is so small as PNG no JPEG undercuts: its tables alone take as much.
    if exact.len() <= 1_000 {
        return (1, exact);
    }
    let lossy = update::jpeg(area, pixels, STILL);
    match exact.len() as f32 <= lossy.len() as f32 * EXACT {
        true => (1, exact),
        false => (0, lossy),
    }
}

/// With a palette where 256 colours do.
fn png(area: Area, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let [width, height] =
        [area.width, area.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    let indexed = indexed(pixels);
    match &indexed {
        Some((palette, _)) => {
            encoder.set_compression(png::Compression::Balanced);
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_depth(png::BitDepth::Eight);
            encoder.set_palette(palette.clone());
            // Numbers of colours are no amounts: what differs from its neighbour says nothing.
            encoder.set_filter(png::Filter::NoFilter);
        }
        None => {
            encoder.set_compression(png::Compression::Fast);
            encoder.set_color(png::ColorType::Rgb);
        }
    }
    // It fails for sides of zero alone, and for a writer that does: none can be here.
    if let Ok(mut writer) = encoder.write_header() {
        let _ = writer.write_image_data(indexed.as_ref().map_or(pixels, |(_, indices)| indices));
    }
    bytes
}

/// The colours of `pixels`, and which of them each pixel has; `None` when they are more than 256.
fn indexed(pixels: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut numbers: HashMap<[u8; DEPTH], u8> = HashMap::new();
    let mut palette = Vec::new();
    let mut indices = Vec::with_capacity(pixels.len() / DEPTH);
    let mut last: Option<([u8; DEPTH], u8)> = None;
    for pixel in pixels.as_chunks::<DEPTH>().0 {
        // Most pixels are like the one before.
        if let Some((colour, number)) = last
            && colour == *pixel
        {
            indices.push(number);
            continue;
        }
        let number = match numbers.get(pixel) {
            Some(number) => *number,
            None => {
                let number = u8::try_from(numbers.len()).ok()?;
                numbers.insert(*pixel, number);
                palette.extend_from_slice(pixel);
                number
            }
        };
        last = Some((*pixel, number));
        indices.push(number);
    }
    Some((palette, indices))
}

#[cfg(test)]
mod tests {
    use super::{Area, DEPTH, bands};

    /// What each line of a picture has: so many colours of its own, or those of a family.
    fn bands_of(lines: &[(usize, u8)], width: usize) -> Vec<(usize, usize)> {
        let mut pixels = Vec::new();
        for (line, (colours, family)) in lines.iter().enumerate() {
            for x in 0..width {
                let shade = u8::try_from(x % colours).unwrap();
                let own = if *family == 0 { u8::try_from(line % 251).unwrap() } else { 0 };
                pixels.extend_from_slice(&[shade, *family, own]);
            }
        }
        assert_eq!(pixels.len(), lines.len() * width * DEPTH);
        let area = Area { x: 8, y: 40, width, height: lines.len() };
        bands(area, &pixels).iter().map(|band| (band.y, band.height)).collect()
    }

    #[test]
    fn lines_with_few_colours_together_are_one_band() {
        let (white, blue) = ((200, 1), (200, 2));
        let of = |runs: &[((usize, u8), usize)]| {
            let lines: Vec<_> = runs.iter().flat_map(|(line, count)| vec![*line; *count]).collect();
            bands_of(&lines, 300)
        };
        assert_eq!(of(&[(white, 90)]), [(40, 90)]);
        assert_eq!(of(&[(blue, 48), (white, 100)]), [(40, 48), (88, 100)]);
        assert_eq!(of(&[(blue, 16), (white, 16), (blue, 3)]), [(40, 16), (56, 16), (72, 3)]);
        // Too many of them, as in a photograph: one picture.
        assert_eq!(of(&[(blue, 15), (white, 100)]), [(40, 115)]);
        assert_eq!(of(&[((20, 0), 100)]), [(40, 100)]);
        // Twelve lines of twenty colours each fit into a palette, and no thirteenth.
        assert_eq!(of(&[((20, 0), 12)]), [(40, 12)]);
    }
}
