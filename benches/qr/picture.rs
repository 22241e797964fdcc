//! A distorted picture of a QR code, made the same each time.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, ImageFormat};
use qrcodegen::{QrCode, QrCodeEcc};

/// How a picture is distorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Turned by up to a right angle.
    Rotation,
    /// Few pixels for each square.
    Scale,
    /// Out of focus.
    Blur,
    /// Noise of a dark room.
    Noise,
    /// Hardly darker than its ground, under uneven light.
    Contrast,
    /// Bright on dark.
    Inverted,
    /// Compressed until it falls apart.
    Jpeg,
    /// Seen from the side.
    Perspective,
    /// Something lies over its middle.
    Covered,
    /// Small, on a page among other things.
    Page,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Rotation,
        Self::Scale,
        Self::Blur,
        Self::Noise,
        Self::Contrast,
        Self::Inverted,
        Self::Jpeg,
        Self::Perspective,
        Self::Covered,
        Self::Page,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Scale => "scale",
            Self::Blur => "blur",
            Self::Noise => "noise",
            Self::Contrast => "low contrast",
            Self::Inverted => "inverted",
            Self::Jpeg => "jpeg",
            Self::Perspective => "perspective",
            Self::Covered => "covered",
            Self::Page => "on a page",
        }
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Around 0, of the deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// A picture in numbers: 0 is black, 255 is white.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<f64>,
}

/// The bytes of a file, and the ending of its name.
pub(crate) fn distorted(
    kind: Kind,
    level: usize,
    levels: usize,
    text: &str,
) -> (Vec<u8>, &'static str) {
    let much = level as f64 / (levels - 1) as f64;
    let ecc = if kind == Kind::Covered { QrCodeEcc::High } else { QrCodeEcc::Medium };
    let code = QrCode::encode_text(text, ecc).expect("a short text fits");
    let mut chance = Chance(1 + kind as u64 * 1000 + level as u64);
    let side = code.size() as f64 + 8.0;
    let (mut scale, mut turn, mut keystone) = (4.0, 0.0_f64, 0.0);
    let (mut dark, mut bright) = (0.0, 255.0);
    match kind {
        Kind::Rotation => (scale, turn) = (3.0, (2.0 + 86.0 * much).to_radians()),
        Kind::Scale => scale = 1.15 + 2.35 * (1.0 - much),
        Kind::Contrast => {
            (dark, bright) = (140.0 - 30.0 * (1.0 - much), 144.0 + 40.0 * (1.0 - much))
        }
        Kind::Inverted => {
            (dark, bright) = (235.0, 30.0);
            (scale, turn) = (1.7 + 2.3 * (1.0 - much), (much * 25.0).to_radians());
        }
        Kind::Jpeg => scale = 3.0,
        Kind::Perspective => keystone = 0.75 * much,
        Kind::Page => scale = 1.5 + 1.5 * (1.0 - much),
        Kind::Blur | Kind::Noise | Kind::Covered => {}
    }
    let reach = side * scale * (turn.cos().abs() + turn.sin().abs());
    let (width, height) = match kind {
        Kind::Page => (1280, 720),
        _ => (reach as usize + 24, reach as usize + 24),
    };
    let mut canvas = match kind {
        Kind::Page => page(&mut chance, level),
        _ => Canvas { width, height, pixels: vec![bright; width * height] },
    };
    let centre = match kind {
        Kind::Page => {
            (640.0 + 380.0 * (chance.next() - 0.5), 360.0 + 180.0 * (chance.next() - 0.5))
        }
        _ => (width as f64 / 2.0, height as f64 / 2.0),
    };
    draw(&mut canvas, &code, centre, scale, turn, keystone, (dark, bright));
    match kind {
        Kind::Blur => blur(&mut canvas, 0.4 + 2.9 * much),
        Kind::Noise => {
            for pixel in &mut canvas.pixels {
                *pixel += chance.normal() * (10.0 + 170.0 * much);
            }
        }
        Kind::Contrast => {
            let (width, height) = (canvas.width as f64, canvas.height as f64);
            for (at, pixel) in canvas.pixels.iter_mut().enumerate() {
                let (x, y) =
                    ((at % canvas.width) as f64 / width, (at / canvas.width) as f64 / height);
                *pixel += 60.0 * (x - 0.5) + 40.0 * (y - 0.5) + chance.normal();
            }
        }
        Kind::Covered => {
            let half = side * scale * (0.05 + 0.2 * much);
            fill(&mut canvas, centre, half, 255.0);
            fill(&mut canvas, centre, half * 0.8, 90.0);
        }
        _ => {}
    }
    match kind {
        Kind::Jpeg => (jpeg(&canvas, 2 + (40.0 * (1.0 - much)) as u8), "jpg"),
        Kind::Page if level % 3 == 2 => (jpeg(&canvas, 55), "jpg"),
        _ => (png(&canvas), "png"),
    }
}

/// Puts the code on the canvas: its middle at `centre`, `scale` pixels for a square, turned and seen from the side.
fn draw(
    canvas: &mut Canvas,
    code: &QrCode,
    centre: (f64, f64),
    scale: f64,
    turn: f64,
    keystone: f64,
    (dark, bright): (f64, f64),
) {
    const FINE: usize = 4;
    let half = (code.size() as f64 + 8.0) / 2.0;
    for y in 0..canvas.height {
        for x in 0..canvas.width {
            let (mut sum, mut inside) = (0.0, 0);
            for part in 0..FINE * FINE {
                let fine = |at: usize| (at as f64 + 0.5) / FINE as f64;
                let dx = (x as f64 + fine(part % FINE) - centre.0) / scale;
                let dy = (y as f64 + fine(part / FINE) - centre.1) / scale;
                let (mut u, mut v) =
                    (dx * turn.cos() + dy * turn.sin(), dy * turn.cos() - dx * turn.sin());
                // What is farther away is smaller.
                let depth = 1.0 - keystone * (v / half + 1.0) / 2.0;
                if depth < 0.1 {
                    continue;
                }
                (u, v) = (u / depth, v / (1.0 - keystone / 2.0));
                if u.abs() >= half || v.abs() >= half {
                    continue;
                }
                inside += 1;
                let at = |along: f64| (along + half).floor() as i32 - 4;
                sum += if code.get_module(at(u), at(v)) { dark } else { bright };
            }
            if inside > 0 {
                let rest = canvas.pixels[y * canvas.width + x] * (FINE * FINE - inside) as f64;
                canvas.pixels[y * canvas.width + x] = (sum + rest) / (FINE * FINE) as f64;
            }
        }
    }
}

/// A page with headings, lines of text and boxes; every other one is dark.
fn page(chance: &mut Chance, level: usize) -> Canvas {
    let (width, height) = (1280, 720);
    let (ground, ink) = if level.is_multiple_of(2) { (246.0, 40.0) } else { (24.0, 215.0) };
    let mut canvas = Canvas { width, height, pixels: vec![ground; width * height] };
    for line in 0..30 {
        let top = 20 + line * 23;
        let mut left = 30;
        let end = 400 + (chance.next() * 800.0) as usize;
        while left < end {
            let long = 3 + (chance.next() * 6.0) as usize;
            for y in top..top + 11 {
                for x in left..(left + long).min(width) {
                    if (x * 7 + y * 5 + line) % 5 > 1 {
                        canvas.pixels[y * width + x] = ink;
                    }
                }
            }
            left += long + 2 + (chance.next() * 3.0) as usize;
        }
    }
    canvas
}

fn fill(canvas: &mut Canvas, centre: (f64, f64), half: f64, value: f64) {
    for y in 0..canvas.height {
        for x in 0..canvas.width {
            if (x as f64 - centre.0).abs() < half && (y as f64 - centre.1).abs() < half {
                canvas.pixels[y * canvas.width + x] = value;
            }
        }
    }
}

/// A Gaussian blur of the deviation `sigma`, in pixels.
fn blur(canvas: &mut Canvas, sigma: f64) {
    let reach = (3.0 * sigma).ceil() as isize;
    let weights: Vec<f64> =
        (-reach..=reach).map(|at| (-(at * at) as f64 / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    for (across, down) in [(1, 0), (0, 1)] {
        let from = canvas.pixels.clone();
        for y in 0..canvas.height {
            for x in 0..canvas.width {
                let near = weights.iter().enumerate().map(|(at, weight)| {
                    let by = at as isize - reach;
                    let x = (x as isize + by * across).clamp(0, canvas.width as isize - 1);
                    let y = (y as isize + by * down).clamp(0, canvas.height as isize - 1);
                    from[y as usize * canvas.width + x as usize] * weight
                });
                canvas.pixels[y * canvas.width + x] = near.sum::<f64>() / sum;
            }
        }
    }
}

fn grey(canvas: &Canvas) -> GrayImage {
    let pixels = canvas.pixels.iter().map(|pixel| pixel.round().clamp(0.0, 255.0) as u8).collect();
    GrayImage::from_raw(canvas.width as u32, canvas.height as u32, pixels).expect("it fits")
}

fn png(canvas: &Canvas) -> Vec<u8> {
    let mut bytes = Vec::new();
    grey(canvas).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).expect("memory takes it");
    bytes
}

fn jpeg(canvas: &Canvas, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    grey(canvas).write_with_encoder(encoder).expect("memory takes it");
    bytes
}
