//! An area of a picture, and how areas are put together from blocks that changed.

/// The side of a block, in pixels: that of JPEG's own, so what is cut at their edges can be encoded again without
/// another loss worth seeing.
pub(super) const BLOCK: usize = 8;

/// The most areas of an update.
const MOST: usize = 24;

/// More areas than this are not compared with each other, but looked for in blocks of twice the side.
const SCATTERED: usize = 3 * MOST;

/// So many pixels between two areas cost less than a second area: the tables of a JPEG picture take 600 bytes.
pub(super) const BETWEEN: usize = 2048;

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// From the left edge of the picture.
    pub x: usize,
    /// From the top.
    pub y: usize,
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

impl Area {
    /// How many pixels it has.
    pub fn pixels(self) -> usize {
        self.width * self.height
    }

    fn right(self) -> usize {
        self.x + self.width
    }

    fn bottom(self) -> usize {
        self.y + self.height
    }

    fn around(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            width: self.right().max(other.right()) - x,
            height: self.bottom().max(other.bottom()) - y,
        }
    }
}

/// The areas of the blocks for which `wanted` holds, in a picture of `columns` by `rows` blocks; in pixels,
/// cut at `width` and `height`. Two become one where not more than `between` pixels lie between them.
pub(super) fn areas(
    (columns, rows): (usize, usize),
    (width, height): (usize, usize),
    between: usize,
    wanted: impl Fn(usize) -> bool,
) -> Vec<Area> {
    let mut cells = Cells { columns, rows, wanted: (0..columns * rows).map(wanted).collect() };
    let mut side = BLOCK;
    let mut done = cells.runs();
    while done.len() > SCATTERED {
        cells = cells.halved();
        side *= 2;
        done = cells.runs();
    }
    while let Some((apart, first, second)) = nearest(&done)
        && (done.len() > MOST || apart * side * side <= between)
    {
        let taken = done.swap_remove(second);
        done[first] = done[first].around(taken);
    }
    let cut = |area: Area| {
        let (x, y) = (area.x * side, area.y * side);
        Area {
            x,
            y,
            width: (area.width * side).min(width - x),
            height: (area.height * side).min(height - y),
        }
    };
    done.into_iter().map(cut).collect()
}

/// Squares of a picture, and which of them are wanted.
struct Cells {
    columns: usize,
    rows: usize,
    wanted: Vec<bool>,
}

impl Cells {
    /// Squares of twice the side, each wanted when a part of it is.
    fn halved(&self) -> Self {
        let (columns, rows) = (self.columns.div_ceil(2), self.rows.div_ceil(2));
        let mut wanted = vec![false; columns * rows];
        for (at, is) in self.wanted.iter().enumerate() {
            let (x, y) = (at % self.columns / 2, at / self.columns / 2);
            wanted[y * columns + x] |= is;
        }
        Self { columns, rows, wanted }
    }

    /// The areas, in squares: runs that stand below each other become one.
    fn runs(&self) -> Vec<Area> {
        // Finished ones, and those that the last row touches.
        let (mut done, mut open): (Vec<Area>, Vec<Area>) = (Vec::new(), Vec::new());
        for (y, row) in self.wanted.chunks(self.columns.max(1)).enumerate() {
            let mut next: Vec<Area> = Vec::new();
            let mut x = 0;
            while x < row.len() {
                if !row[x] {
                    x += 1;
                    continue;
                }
                let width = row[x..].iter().take_while(|wanted| **wanted).count();
                match open.iter().position(|area| area.x == x && area.width == width) {
                    Some(at) => {
                        let above = open.swap_remove(at);
                        next.push(Area { height: above.height + 1, ..above });
                    }
                    None => next.push(Area { x, y, width, height: 1 }),
                }
                x += width;
            }
            done.append(&mut open);
            open = next;
        }
        done.append(&mut open);
        done
    }
}

/// The two areas that cost the least together: what lies between them, and which they are, the first one first.
fn nearest(areas: &[Area]) -> Option<(usize, usize, usize)> {
    let pairs =
        (0..areas.len()).flat_map(|first| (first + 1..areas.len()).map(move |at| (first, at)));
    let cost = |(first, second): (usize, usize)| {
        let both = areas[first].around(areas[second]).pixels();
        let own = areas[first].pixels() + areas[second].pixels();
        (both.saturating_sub(own), first, second)
    };
    pairs.map(cost).min()
}

#[cfg(test)]
mod tests {
    use super::{Area, BETWEEN, BLOCK, Cells, MOST, areas};

    fn of(picture: &[&str]) -> Vec<Area> {
        let wanted = picture.iter().flat_map(|row| row.chars().map(|c| c == '#')).collect();
        Cells { columns: picture[0].len(), rows: picture.len(), wanted }.runs()
    }

    #[test]
    fn neighbours_are_one_area_and_what_is_far_is_another() {
        let blocks = |at: usize| [0, 2, 3, 160 * 4, 160 * 60 + 100].contains(&at);
        let mut found = areas((160, 90), (160 * BLOCK, 90 * BLOCK), BETWEEN, blocks);
        found.sort_by_key(|area| area.y);
        let near = Area { x: 0, y: 0, width: 4 * BLOCK, height: 5 * BLOCK };
        let far = Area { x: 100 * BLOCK, y: 60 * BLOCK, width: BLOCK, height: BLOCK };
        assert_eq!(found, [near, far]);
    }

    #[test]
    fn blocks_become_areas_that_hold_each_of_them_once() {
        let cases: [(&[&str], usize); 6] = [
            (&["...", "..."], 0),
            (&["#..", "..."], 1),
            (&[".##", ".##", ".##"], 1),
            (&["###", ".#."], 2),
            (&["#.#", "#.#"], 2),
            (&["##.", ".##"], 2),
        ];
        for (picture, count) in cases {
            let found = of(picture);
            assert_eq!(found.len(), count, "{picture:?}");
            let wanted = picture.iter().flat_map(|row| row.chars()).filter(|c| *c == '#').count();
            let held: usize = found.iter().map(|area| area.pixels()).sum();
            assert_eq!(held, wanted, "{picture:?}");
        }
    }

    #[test]
    fn a_scatter_of_blocks_is_bounded_and_loses_none() {
        let (columns, rows) = (160, 91);
        let scatters: [fn(usize) -> bool; 4] = [
            |at| at.is_multiple_of(3) && (at / 160).is_multiple_of(2),
            |at| (at + at / 160).is_multiple_of(2),
            |at| at.is_multiple_of(97),
            |at| (at * 7919) % 1000 < 4,
        ];
        for (number, wanted) in scatters.into_iter().enumerate() {
            let (width, height) = (columns * BLOCK - 5, rows * BLOCK - 3);
            let found = areas((columns, rows), (width, height), BETWEEN, wanted);
            assert!((1..=MOST).contains(&found.len()), "{number}");
            for at in (0..columns * rows).filter(|at| wanted(*at)) {
                let (x, y) = (at % columns * BLOCK, at / columns * BLOCK);
                let held = |area: &Area| {
                    area.x <= x && x < area.right() && area.y <= y && y < area.bottom()
                };
                assert!(found.iter().any(held), "{number}: block {at}");
            }
            assert!(found.iter().all(|area| area.right() <= width && area.bottom() <= height));
        }
    }
}
