//! An area of a picture, and how areas are put together from blocks that changed.

/// The side of a block, in pixels. A JPEG picture with chroma at half size is made of squares of 16: what is
/// cut at their edges can be encoded again without another loss worth seeing.
pub(super) const BLOCK: usize = 16;

/// More areas than this cost more in headers than the blocks between them: neighbours are taken together.
const MOST: usize = 24;

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
/// cut at `width` and `height`. Runs of blocks that stand below each other become one area.
pub(super) fn areas(
    (columns, rows): (usize, usize),
    (width, height): (usize, usize),
    wanted: impl Fn(usize) -> bool,
) -> Vec<Area> {
    // In blocks: finished ones, and those that the last row of blocks touches.
    let (mut done, mut open): (Vec<Area>, Vec<Area>) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let mut next: Vec<Area> = Vec::new();
        let mut column = 0;
        while column < columns {
            if !wanted(row * columns + column) {
                column += 1;
                continue;
            }
            let first = column;
            while column < columns && wanted(row * columns + column) {
                column += 1;
            }
            let run = Area { x: first, y: row, width: column - first, height: 1 };
            match open.iter().position(|area| area.x == run.x && area.width == run.width) {
                Some(at) => {
                    let above = open.swap_remove(at);
                    next.push(Area { height: above.height + 1, ..above });
                }
                None => next.push(run),
            }
        }
        done.append(&mut open);
        open = next;
    }
    done.append(&mut open);
    while done.len() > MOST {
        join(&mut done);
    }
    let cut = |area: Area| {
        let (x, y) = (area.x * BLOCK, area.y * BLOCK);
        Area {
            x,
            y,
            width: (area.width * BLOCK).min(width - x),
            height: (area.height * BLOCK).min(height - y),
        }
    };
    done.into_iter().map(cut).collect()
}

/// Takes the two areas together that cost the least together.
fn join(areas: &mut Vec<Area>) {
    let mut best = (usize::MAX, 0, 1);
    for first in 0..areas.len() {
        for second in first + 1..areas.len() {
            let both = areas[first].around(areas[second]).pixels();
            let more = both.saturating_sub(areas[first].pixels() + areas[second].pixels());
            if more < best.0 {
                best = (more, first, second);
            }
        }
    }
    let (_, first, second) = best;
    let taken = areas.swap_remove(second);
    areas[first] = areas[first].around(taken);
}

#[cfg(test)]
mod tests {
    use super::{Area, BLOCK, MOST, areas};

    fn of(picture: &[&str]) -> Vec<Area> {
        let columns = picture[0].len();
        let blocks: Vec<bool> =
            picture.iter().flat_map(|row| row.chars().map(|c| c == '#')).collect();
        areas((columns, picture.len()), (columns * BLOCK, picture.len() * BLOCK), |at| blocks[at])
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
            assert_eq!(held, wanted * BLOCK * BLOCK, "{picture:?}");
        }
    }

    #[test]
    fn a_scatter_of_blocks_is_bounded_and_loses_none() {
        let columns = 40;
        let wanted = |at: usize| at.is_multiple_of(3) && (at / columns).is_multiple_of(2);
        let found = areas((columns, 30), (columns * BLOCK - 5, 30 * BLOCK - 3), wanted);
        assert!(found.len() <= MOST);
        for at in (0..columns * 30).filter(|at| wanted(*at)) {
            let (x, y) = (at % columns * BLOCK, at / columns * BLOCK);
            let held = found
                .iter()
                .any(|area| area.x <= x && x < area.right() && area.y <= y && y < area.bottom());
            assert!(held, "block {at}");
        }
        assert!(found.iter().all(|area| area.right() <= columns * BLOCK - 5));
    }
}
