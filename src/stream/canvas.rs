//! A canvas: what a viewer sees, made of the updates that it was sent.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::picture::{DEPTH, LONGEST};
use super::update::HEAD;

/// How long the head of an area is, in bytes.
const PART: usize = 13;

/// What a viewer sees: red, green and blue of each pixel, row by row. Empty before the first update.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// An update that cannot be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a picture of the stream cannot be drawn: {0}")]
pub struct Undrawn(&'static str);

impl Canvas {
    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Red, green and blue of each pixel, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Draws the message of an update. One of another size begins anew.
    ///
    /// # Errors
    /// [`Undrawn`]; what was drawn of it before stays.
    pub fn draw(&mut self, message: &[u8]) -> Result<(), Undrawn> {
        const CUT: Undrawn = Undrawn("it ends before its end");
        let (head, mut rest) = message.split_at_checked(HEAD).ok_or(CUT)?;
        if head[0] != 1 {
            return Err(Undrawn("it is of a kind that nobody knows"));
        }
        let (width, height) = (short(head, 12), short(head, 14));
        if width.max(height) > LONGEST {
            return Err(Undrawn("it is larger than any picture"));
        }
        if (width, height) != (self.width, self.height) {
            *self = Self { width, height, pixels: vec![0; width * height * DEPTH] };
        }
        for _ in 0..short(head, 2) {
            let (part, bytes) = rest.split_at_checked(PART).ok_or(CUT)?;
            let length = part[9..].try_into().map(u32::from_le_bytes).unwrap_or(u32::MAX);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let (bytes, left) = bytes.split_at_checked(length).ok_or(CUT)?;
            rest = left;
            let [x, y, width, height] = [0, 2, 4, 6].map(|at| short(part, at));
            if x + width > self.width || y + height > self.height {
                return Err(Undrawn("an area lies outside"));
            }
            let pixels = if part[8] == 1 { of_png(bytes) } else { of_jpeg(bytes) };
            let pixels = pixels.ok_or(Undrawn("an area cannot be decoded"))?;
            if pixels.len() != width * height * DEPTH {
                return Err(Undrawn("an area has another size"));
            }
            for (line, row) in pixels.chunks_exact((width * DEPTH).max(1)).enumerate() {
                let from = ((y + line) * self.width + x) * DEPTH;
                self.pixels[from..from + row.len()].copy_from_slice(row);
            }
        }
        Ok(())
    }
}

/// A number of 16 bits at `at`, which has to be there.
fn short(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn of_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let options = DecoderOptions::new_fast().jpeg_set_out_colorspace(ColorSpace::RGB);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode().ok()
}

fn of_png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::STRIP_16 | png::Transformations::EXPAND);
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    (frame.color_type.samples() == DEPTH).then_some(())?;
    pixels.truncate(frame.buffer_size());
    Some(pixels)
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::Canvas;
    use crate::stream::update::jpeg;
    use crate::stream::{Picture, Sight};

    /// A picture of so many pixels, as the browser would send it: a gradient, and a square at `at`.
    fn shown(width: usize, height: usize, at: usize) -> (Arc<[u8]>, Vec<u8>) {
        let mut pixels = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let inside = (at..at + 32).contains(&x) && (16..48).contains(&y);
                pixels.extend(if inside { [200, 0, 0] } else { [240, 240, 240] });
            }
        }
        let area = crate::stream::Area { x: 0, y: 0, width, height };
        (jpeg(area, &pixels, 90).into(), pixels)
    }

    pub(in crate::stream) fn as_png(width: usize, height: usize, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        bytes
    }

    #[test]
    fn a_canvas_shows_what_the_picture_shows() {
        let (width, height) = (150, 90);
        let (mut picture, mut viewer, mut auditor) =
            (Picture::default(), Canvas::default(), Canvas::default());
        let (mut seen, mut sight) = (0, Sight::default());
        for at in [16, 64, 100] {
            let (jpeg, pixels) = shown(width, height, at);
            picture.take(jpeg).unwrap();
            auditor.draw(&picture.cut(&mut sight, 0).unwrap().encode().bytes).unwrap();
            picture.take_exact(&as_png(width, height, &pixels)).unwrap();
            // What is known without loss is shown without loss, by either way.
            viewer.draw(&picture.update(seen, 0).unwrap().bytes).unwrap();
            if let Some(cut) = picture.cut(&mut sight, 0) {
                auditor.draw(&cut.encode().bytes).unwrap();
            }
            seen = picture.number();
            for canvas in [&viewer, &auditor] {
                assert_eq!(canvas.size(), (width, height));
                // At the edges of areas JPEG loses more.
                let far = |(one, two): (&u8, &u8)| one.abs_diff(*two) > 24;
                let wrong = canvas.pixels().iter().zip(&pixels).filter(|pair| far(*pair)).count();
                assert_eq!(wrong, 0, "at {at}");
            }
        }
        let whole = picture.cut(&mut Sight::default(), 0).unwrap();
        assert!(whole.is_whole());
        let mut fresh = Canvas::default();
        fresh.draw(&whole.encode().bytes).unwrap();
        assert_eq!(fresh, viewer);
        assert!(picture.cut(&mut sight, 0).is_none());
    }

    #[test]
    fn what_lies_between_two_changes_is_shown_without_loss_again() {
        let (width, height) = (200, 64);
        let dot = |x: usize, y: usize| if (x * x + y * 3) % 5 < 2 { [0; 3] } else { [255; 3] };
        // One of the two changes is right at once: white has no loss.
        let dots = |is_changed: bool| -> Vec<u8> {
            let all = (0..width * height).map(|at| (at % width, at / width));
            let colour = |(x, y)| match x / 16 {
                1 if is_changed && y / 16 == 1 => [dot(x, y)[0], 0, 0],
                4 if is_changed && y / 16 == 1 => [255; 3],
                _ => dot(x, y),
            };
            all.flat_map(colour).collect()
        };
        let area = crate::stream::Area { x: 0, y: 0, width, height };
        let (mut picture, mut viewer, mut auditor) =
            (Picture::default(), Canvas::default(), Canvas::default());
        let mut sight = Sight::default();
        for is_changed in [false, true] {
            let pixels = dots(is_changed);
            for exact in [false, true] {
                let seen = picture.number();
                match exact {
                    false => picture.take(jpeg(area, &pixels, 90).into()),
                    true => picture.take_exact(&as_png(width, height, &pixels)),
                }
                .unwrap();
                viewer.draw(&picture.update(seen, 0).unwrap().bytes).unwrap();
                auditor.draw(&picture.cut(&mut sight, 0).unwrap().encode().bytes).unwrap();
            }
            assert_eq!(viewer.pixels(), pixels);
            assert_eq!(auditor.pixels(), pixels);
        }
    }

    #[test]
    fn what_is_no_update_is_refused_and_never_a_crash() {
        let (jpeg, _) = shown(64, 64, 0);
        let mut picture = Picture::default();
        picture.take(jpeg).unwrap();
        let message = picture.update(0, 0).unwrap().bytes.to_vec();
        for end in 0..message.len() {
            assert!(Canvas::default().draw(&message[..end]).is_err(), "{end} bytes");
        }
        for at in 0..40.min(message.len()) {
            let mut other = message.clone();
            other[at] = !other[at];
            let _ = Canvas::default().draw(&other);
        }
    }
}
