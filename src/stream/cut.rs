//! A cut: the parts of a picture that a recording has not seen, taken out so that they can be encoded elsewhere.
//!
//! A recording has time and wants few bytes, a viewer the other way round. So what is still and known without loss, as
//! most of an office's work is, becomes PNG with a palette where it has one, which for text is smaller than JPEG and
//! exact; what is larger so, such as photographs, becomes JPEG. What moves is known with the losses of JPEG alone, a haze
//! around each letter that no PNG can hold in few bytes: there fewer shades do, which is readable and half of a JPEG.

use std::collections::{HashMap, HashSet};

use super::area::{Area, BETWEEN, BLOCK, areas};
use super::picture::{DEPTH, Picture};
use super::update::{self, HEAD, Update};

/// The most colours that a palette has.
const COLOURS: usize = 256;

/// The quality of what is too rich for PNG.
const QUALITY: u8 = 60;

/// How far apart the shades of what moves are, of 256: less makes no letter readable.
const SHADE: u16 = 16;

/// A palette is worth it for so many lines at least: headlines and bars have colours of their own, photographs new
/// ones in every line.
const LINES: usize = 16;

/// PNG may be so many times as large as JPEG: it is exact, and needs no second picture when something is added to it.
const EXACT: f32 = 1.5;

/// What a recording has with loss it gets without when it has stood for so long, in milliseconds: whoever reads a page
/// stays longer, whoever goes through pages has each of them recorded once.
const STANDS: u32 = 10_000;

/// As few pixels with loss do not wait for that: as PNG they cost next to nothing.
const SLIGHT: usize = 65_536;

/// From this share of the picture on, in percent, all of it goes on record: the next whole picture, which would have
/// cost as much, comes that much later.
const MOST: usize = 50;

/// What a recording has of a picture. A new one has nothing, so what is cut for it is whole.
#[derive(Default)]
pub struct Sight {
    /// The last change that it has.
    number: u64,
    /// Of each block since when it has it with loss, in milliseconds.
    coarse: Vec<Option<u32>>,
}

impl Sight {
    /// The last change that it has; 0 where it has nothing.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether it has a part with loss.
    pub fn is_coarse(&self) -> bool {
        self.coarse.iter().any(Option::is_some)
    }
}

/// The parts of a picture that a recording has not seen.
pub struct Cut {
    number: u64,
    size: (usize, usize),
    is_whole: bool,
    /// Each with whether it is known without loss, and its pixels.
    parts: Vec<(Area, bool, Vec<u8>)>,
}

impl Picture {
    /// Takes out what the recording of `sight` has not, at `time` in milliseconds; `None` when that is nothing.
    pub fn cut(&self, sight: &mut Sight, time: u32) -> Option<Cut> {
        let blocks = self.changed.len();
        if sight.coarse.len() != blocks {
            *sight = Sight { number: 0, coarse: vec![None; blocks] };
        }
        let finer = self.finer(sight, time);
        let seen = sight.number;
        let wanted = |block: usize| self.drawn[block] > seen || finer[block];
        let size = (self.width, self.height);
        let mut found = Vec::new();
        for exact in [false, true] {
            // Lines of a table together take one palette and not one each.
            let between = if exact { BETWEEN } else { 0 };
            let of = |block: usize| self.exact[block] == exact && wanted(block);
            let areas = areas((self.columns, self.rows), size, between, of);
            found.extend(areas.into_iter().map(|area| (area, exact)));
        }
        let changed: usize = found.iter().map(|(area, _)| area.pixels()).sum();
        if seen > 0 && changed * 100 >= size.0 * size.1 * MOST {
            *sight = Sight::default();
            return self.cut(sight, time);
        }
        for block in (0..blocks).filter(|block| wanted(*block)) {
            sight.coarse[block] = (!self.exact[block]).then_some(time);
        }
        sight.number = self.number;
        let part = |(area, exact)| (area, exact, self.pixels(area));
        let parts: Vec<_> = found.into_iter().map(part).collect();
        (!parts.is_empty()).then_some(Cut { number: self.number, size, is_whole: seen == 0, parts })
    }

    /// Of each block whether it is due that was recorded with loss, and is known without.
    fn finer(&self, sight: &Sight, time: u32) -> Vec<bool> {
        let since = |block: usize| {
            let stands = self.drawn[block] <= sight.number && self.exact[block];
            sight.coarse[block].filter(|_| stands)
        };
        let found: Vec<Option<u32>> = (0..self.changed.len()).map(since).collect();
        let is_slight = found.iter().flatten().count() * BLOCK * BLOCK <= SLIGHT;
        let due = |since: u32| is_slight || time.saturating_sub(since) >= STANDS;
        found.into_iter().map(|since| since.is_some_and(due)).collect()
    }
}

impl Cut {
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
    let lossy = update::jpeg(area, pixels, QUALITY);
    let few: Vec<u8> = pixels.iter().map(|part| shade(*part)).collect();
    match indexed(&few).map(|indexed| png(area, &few, Some(indexed))) {
        Some(few) if few.len() < lossy.len() => (1, few),
        _ => (0, lossy),
    }
}

/// The nearest of few shades; black and white are among them.
fn shade(part: u8) -> u8 {
    let near = (u16::from(part) + SHADE / 2) / SHADE * SHADE;
    u8::try_from(near).unwrap_or(u8::MAX)
}

fn still(area: Area, pixels: &[u8]) -> (u8, Vec<u8>) {
    let exact = png(area, pixels, indexed(pixels));
    // What is so small as PNG no JPEG undercuts: its tables alone take as much.
    if exact.len() <= 1_000 {
        return (1, exact);
    }
    let lossy = update::jpeg(area, pixels, QUALITY);
    match exact.len() as f32 <= lossy.len() as f32 * EXACT {
        true => (1, exact),
        false => (0, lossy),
    }
}

/// With a palette where there is one.
fn png(area: Area, pixels: &[u8], indexed: Option<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let [width, height] =
        [area.width, area.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
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
    use super::{Area, DEPTH, Picture, STANDS, Sight, bands};
    use crate::stream::Canvas;
    use crate::stream::canvas::tests::as_png;
    use crate::stream::update::jpeg;

    const SIDES: (usize, usize) = (640, 480);

    /// Shows a page of strokes as dense as text, of number `page` below `line` and 1 above; both as JPEG, and without loss where
    /// that is asked for.
    fn show(picture: &mut Picture, line: usize, page: usize, is_exact: bool) -> Vec<u8> {
        let (width, height) = SIDES;
        let stroke = |at: usize| {
            let (x, y) = (at % width, at / width);
            let page = if y < line { 1 } else { page };
            [if (x * 7 + y * (x / 9 + page)) % 11 < 3 { 40 } else { 255 }; DEPTH]
        };
        let pixels: Vec<u8> = (0..width * height).flat_map(stroke).collect();
        picture.take(jpeg(Area { x: 0, y: 0, width, height }, &pixels, 70).into()).unwrap();
        if is_exact {
            picture.take_exact(&as_png(width, height, &pixels)).unwrap();
        }
        pixels
    }

    #[test]
    fn what_stands_is_recorded_without_loss_and_what_passes_once() {
        let (mut picture, mut sight, mut canvas) =
            (Picture::default(), Sight::default(), Canvas::default());
        show(&mut picture, 0, 1, false);
        // What is shown, from which line on it is another page, whether without loss; when; whether it comes, and whole.
        let begin = 1_000;
        for (page, line, is_exact, time, comes, whole) in [
            (1, 0, false, begin, true, true),
            (1, 0, false, begin + 1, false, false),
            // It is known without loss now, but has not stood for long.
            (1, 0, true, begin + 2, false, false),
            (1, 0, true, begin + STANDS - 1, false, false),
            (1, 0, true, begin + STANDS, true, true),
            (1, 0, true, begin + 2 * STANDS, false, false),
            // Little of it is recorded without loss at once.
            (2, 420, false, begin + 2 * STANDS, true, false),
            (2, 420, true, begin + 2 * STANDS + 1, true, false),
            // What comes without loss at once is recorded once.
            (3, 300, true, begin + 2 * STANDS + 2, true, false),
            (3, 300, true, begin + 4 * STANDS, false, false),
            // Of what changes again before that there is no second picture.
            (4, 300, false, begin + 4 * STANDS, true, false),
            (4, 300, true, begin + 5 * STANDS - 1, false, false),
            (5, 300, false, begin + 5 * STANDS - 1, true, false),
            (5, 300, true, begin + 5 * STANDS, false, false),
            (5, 300, true, begin + 6 * STANDS, true, false),
            // Most of it changes: all of it comes.
            (6, 200, false, begin + 6 * STANDS, true, true),
        ] {
            let case = format!("page {page} at {time}");
            let pixels = show(&mut picture, line, page, is_exact);
            let cut = picture.cut(&mut sight, time);
            assert_eq!(cut.as_ref().map(|cut| cut.is_whole()), comes.then_some(whole), "{case}");
            assert_eq!(sight.number(), picture.number(), "{case}");
            if let Some(cut) = cut {
                canvas.draw(&cut.encode().bytes).unwrap();
                let is_right = canvas.pixels() == pixels;
                assert_eq!(is_right, is_exact, "{case}");
            }
            assert!(is_exact || sight.is_coarse(), "{case}");
        }
        assert!(sight.is_coarse());
    }

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
