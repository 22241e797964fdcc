//! A grey picture: brightness alone, 0 is black; and what is done to one so that a QR code stands out.

use zeroize::Zeroizing;

/// A picture in greys. It is wiped when dropped: whoever sees a QR code has its seed.
pub(super) struct Grey {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Zeroizing<Vec<u8>>,
}

/// How much of the darkest and of the brightest pixels is passed over when contrast is stretched: one in so many.
const PASSED_OVER: usize = 200;

impl Grey {
    /// A picture of rows of `width` pixels; `None` where they do not fit.
    pub(super) fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Self> {
        let fits = width > 0 && height > 0 && pixels.len() == width * height;
        fits.then(|| Self { width, height, pixels: Zeroizing::new(pixels) })
    }

    /// How many pixels it has.
    pub(super) fn area(&self) -> usize {
        self.width * self.height
    }

    fn map(&self, change: impl Fn(u8) -> u8) -> Self {
        let pixels = self.pixels.iter().map(|pixel| change(*pixel)).collect();
        Self { width: self.width, height: self.height, pixels: Zeroizing::new(pixels) }
    }

    /// Black for white.
    pub(super) fn inverted(&self) -> Self {
        self.map(|pixel| 255 - pixel)
    }

    /// With its darkest pixels black and its brightest white.
    pub(super) fn stretched(&self) -> Self {
        let counts = self.counts();
        let passed = self.area() / PASSED_OVER;
        let end = |order: &mut dyn Iterator<Item = usize>| {
            let mut seen = 0;
            for at in order {
                seen += counts.get(at).copied().unwrap_or_default();
                if seen > passed {
                    return Some(at);
                }
            }
            None
        };
        let low = end(&mut (0..256)).unwrap_or(0);
        let high = end(&mut (0..256).rev()).unwrap_or(255);
        let spread = high.saturating_sub(low).max(1);
        self.map(|pixel| {
            u8::try_from(usize::from(pixel).saturating_sub(low) * 255 / spread).unwrap_or(255)
        })
    }

    fn counts(&self) -> [usize; 256] {
        let mut counts = [0; 256];
        for pixel in self.pixels.iter() {
            counts[usize::from(*pixel)] += 1;
        }
        counts
    }

    /// The brightness that parts dark from bright best (Otsu's): what is below it is dark.
    pub(super) fn divide(&self) -> u8 {
        let counts = self.counts();
        let all = self.area() as f64;
        let sum: f64 = counts.iter().enumerate().map(|(at, count)| (at * count) as f64).sum();
        let (mut dark, mut dark_sum, mut best, mut divide) = (0.0, 0.0, 0.0, 0);
        for (at, count) in counts.iter().enumerate() {
            dark += *count as f64;
            dark_sum += (at * count) as f64;
            let bright = all - dark;
            if dark == 0.0 || bright == 0.0 {
                continue;
            }
            let apart = dark_sum / dark - (sum - dark_sum) / bright;
            let variance = dark * bright * apart * apart;
            if variance > best {
                (best, divide) = (variance, at + 1);
            }
        }
        u8::try_from(divide).unwrap_or(255)
    }

    /// The mean brightness around each pixel, `radius` to each side.
    pub(super) fn means(&self, radius: usize) -> Self {
        let (width, height) = (self.width, self.height);
        let radius = radius.clamp(1, 2000);
        // Sums over columns that slide down, and over those a sum that slides right.
        let mut columns = vec![0_u32; width];
        let mut pixels = Vec::with_capacity(self.area());
        let row = |y: usize| self.pixels.get(y * width..(y + 1) * width).unwrap_or_default();
        let add = |columns: &mut [u32], y: usize| {
            for (sum, pixel) in columns.iter_mut().zip(row(y)) {
                *sum += u32::from(*pixel);
            }
        };
        for y in 0..radius.min(height) {
            add(&mut columns, y);
        }
        for y in 0..height {
            if y + radius < height {
                add(&mut columns, y + radius);
            }
            if y > radius {
                for (sum, pixel) in columns.iter_mut().zip(row(y - radius - 1)) {
                    *sum -= u32::from(*pixel);
                }
            }
            let rows = (y + radius).min(height - 1) - y.saturating_sub(radius) + 1;
            let mut sum: u64 = columns.iter().take(radius.min(width)).map(|c| u64::from(*c)).sum();
            for x in 0..width {
                if let Some(column) = columns.get(x + radius) {
                    sum += u64::from(*column);
                }
                if x > radius {
                    sum -= columns.get(x - radius - 1).copied().map_or(0, u64::from);
                }
                let across = (x + radius).min(width - 1) - x.saturating_sub(radius) + 1;
                pixels.push(u8::try_from(sum / (rows * across) as u64).unwrap_or(255));
            }
        }
        Self { width, height, pixels: Zeroizing::new(pixels) }
    }

    /// Dark and bright alone: dark is what `is_dark` says of a pixel and its mean.
    pub(super) fn parted(&self, means: &Self, is_dark: impl Fn(i32, i32) -> bool) -> Self {
        let both = self.pixels.iter().zip(means.pixels.iter());
        let parted = both.map(|(pixel, mean)| match is_dark((*pixel).into(), (*mean).into()) {
            true => 0,
            false => 255,
        });
        let pixels = Zeroizing::new(parted.collect());
        Self { width: self.width, height: self.height, pixels }
    }

    /// What differs from its surroundings made to differ more.
    pub(super) fn sharpened(&self, radius: usize) -> Self {
        let means = self.means(radius);
        let both = self.pixels.iter().zip(means.pixels.iter());
        let sharp = both.map(|(pixel, mean)| {
            let (pixel, mean) = (i32::from(*pixel), i32::from(*mean));
            u8::try_from((pixel + 2 * (pixel - mean)).clamp(0, 255)).unwrap_or(255)
        });
        let pixels = Zeroizing::new(sharp.collect());
        Self { width: self.width, height: self.height, pixels }
    }

    /// Each pixel the middle one of the nine around it: single wrong ones vanish.
    pub(super) fn smoothed(&self) -> Self {
        let mut pixels = Zeroizing::new(self.pixels.to_vec());
        let (width, height) = (self.width, self.height);
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let mut near = [0; 9];
                for (at, slot) in near.iter_mut().enumerate() {
                    *slot = self.at(x + at % 3 - 1, y + at / 3 - 1);
                }
                near.sort_unstable();
                if let Some(pixel) = pixels.get_mut(y * width + x) {
                    *pixel = near[4];
                }
            }
        }
        Self { width, height, pixels }
    }

    /// Another size: `width` and `height` times `times` over `over`. Smaller by the mean of what falls together, larger
    /// by what lies between.
    pub(super) fn scaled(&self, times: usize, over: usize) -> Self {
        let size = |length: usize| (length * times / over).max(1);
        let (width, height) = (size(self.width), size(self.height));
        let mut pixels = Vec::with_capacity(width * height);
        let (times, over) = (times as f32, over as f32);
        for y in 0..height {
            for x in 0..width {
                pixels.push(match times < over {
                    true => self.mean_of(x, y, over / times),
                    false => self.between(
                        (x as f32 + 0.5) * over / times - 0.5,
                        (y as f32 + 0.5) * over / times - 0.5,
                    ),
                });
            }
        }
        Self { width, height, pixels: Zeroizing::new(pixels) }
    }

    fn mean_of(&self, x: usize, y: usize, step: f32) -> u8 {
        let ends = |at: usize, most: usize| {
            let begin = (at as f32 * step) as usize;
            let end = (((at + 1) as f32 * step) as usize).clamp(begin + 1, most.max(begin + 1));
            begin..end
        };
        let (mut sum, mut count) = (0_u32, 0_u32);
        for row in ends(y, self.height) {
            for column in ends(x, self.width) {
                sum += u32::from(self.at(column, row));
                count += 1;
            }
        }
        u8::try_from(sum / count.max(1)).unwrap_or(255)
    }

    fn between(&self, x: f32, y: f32) -> u8 {
        let (x, y) = (x.max(0.0), y.max(0.0));
        let (left, top) = (x as usize, y as usize);
        let (right, down) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| f32::from(self.at(x, y));
        let upper = at(left, top) * (1.0 - right) + at(left + 1, top) * right;
        let lower = at(left, top + 1) * (1.0 - right) + at(left + 1, top + 1) * right;
        (upper * (1.0 - down) + lower * down) as u8
    }

    /// The pixel there; beyond an edge the nearest.
    fn at(&self, x: usize, y: usize) -> u8 {
        let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
        self.pixels.get(y * self.width + x).copied().unwrap_or(255)
    }

    /// As the reader of QR codes takes it: dark is 0 and bright is 2, with a bright margin. It parts by brightness itself,
    /// and its sums overflow in large bright pictures; with these two values they cannot.
    pub(super) fn framed(&self, divide: u8, margin: usize) -> Self {
        let (width, height) = (self.width + 2 * margin, self.height + 2 * margin);
        let mut pixels = Zeroizing::new(vec![2; width * height]);
        for (y, row) in self.pixels.chunks_exact(self.width).enumerate() {
            let begin = (y + margin) * width + margin;
            let to = pixels.get_mut(begin..begin + self.width).unwrap_or_default();
            for (to, pixel) in to.iter_mut().zip(row) {
                *to = if *pixel < divide { 0 } else { 2 };
            }
        }
        Self { width, height, pixels }
    }
}

#[cfg(test)]
mod tests {
    use super::Grey;

    #[test]
    fn dark_and_bright_are_parted_where_they_lie_apart() {
        for (pixels, parted) in [
            (vec![10, 10, 200, 200], vec![0, 0, 2, 2]),
            (vec![100, 101, 120, 121], vec![0, 0, 2, 2]),
            (vec![0, 255, 255, 255], vec![0, 2, 2, 2]),
        ] {
            let grey = Grey::new(2, 2, pixels).unwrap();
            assert_eq!(*grey.framed(grey.divide(), 0).pixels, parted);
        }
        let even = Grey::new(2, 1, vec![7, 7]).unwrap();
        assert_eq!(*even.framed(even.divide(), 0).pixels, [2, 2], "there is nothing dark");
    }

    #[test]
    fn means_are_those_of_the_square_around() {
        let pixels: Vec<u8> = (0..35_u8).map(|at| at.wrapping_mul(37)).collect();
        let grey = Grey::new(7, 5, pixels.clone()).unwrap();
        for radius in [1, 2, 3, 9] {
            let means = grey.means(radius);
            for (at, mean) in means.pixels.iter().enumerate() {
                let (x, y) = (at % 7, at / 7);
                let near: Vec<u32> = (0..35)
                    .filter(|other| {
                        (other % 7_usize).abs_diff(x) <= radius && (other / 7).abs_diff(y) <= radius
                    })
                    .map(|other| pixels[other].into())
                    .collect();
                let expected = near.iter().sum::<u32>() / u32::try_from(near.len()).unwrap();
                assert_eq!(u32::from(*mean), expected, "{x},{y} radius {radius}");
            }
        }
    }

    #[test]
    fn a_size_and_back_is_the_same_picture() {
        let grey = Grey::new(2, 2, vec![0, 255, 255, 0]).unwrap();
        let large = grey.scaled(4, 1);
        assert_eq!((large.width, large.height), (8, 8));
        let back = large.scaled(1, 4);
        assert_eq!(
            back.pixels.iter().map(|p| *p > 127).collect::<Vec<_>>(),
            [false, true, true, false]
        );
    }
}
