//! A preparation: what is done to a picture before a QR code is looked for in it. One after the other until one shows it.

use super::grey::Grey;

/// One way to prepare a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Preparation {
    size: Size,
    filter: Filter,
    parting: Parting,
}

/// At which size it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    /// Its own, or down to [`FITTING`] pixels for its longer side: what is large is found sooner there.
    Fitting,
    /// Its own, where that is larger.
    Own,
    /// So many times over.
    Times(usize, usize),
}

/// What is done to its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    Stretch,
    Sharpen,
    Smooth,
    Blur,
}

/// What is dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parting {
    /// Below one brightness for all of it.
    Whole,
    /// Below the mean around it, so many in a hundred; the square around it is one over so many of the longer side.
    Around(usize, i32),
}

/// How long the longer side is at the most at first.
const FITTING: usize = 1400;

/// The most pixels that a picture is enlarged to.
const LARGE: usize = 9_000_000;

/// The most pixels that are gone through for one picture, all preparations together.
pub(super) const WORK: usize = 240_000_000;

/// The bright margin around it: a code that was cut out without one is found all the same.
const MARGIN: usize = 12;

/// In their order: what most pictures need comes first.
pub(super) const ALL: &[Preparation] = &[
    of(Size::Fitting, Filter::Stretch, Parting::Whole),
    of(Size::Fitting, Filter::Stretch, Parting::Around(10, 8)),
    of(Size::Own, Filter::Stretch, Parting::Whole),
    of(Size::Own, Filter::Stretch, Parting::Around(24, 8)),
    of(Size::Times(2, 1), Filter::Stretch, Parting::Whole),
    of(Size::Times(2, 1), Filter::Stretch, Parting::Around(24, 5)),
    of(Size::Fitting, Filter::Smooth, Parting::Whole),
    of(Size::Fitting, Filter::Smooth, Parting::Around(10, 3)),
    of(Size::Times(3, 1), Filter::Sharpen, Parting::Whole),
    of(Size::Times(3, 1), Filter::Sharpen, Parting::Around(10, 3)),
    of(Size::Times(2, 1), Filter::Sharpen, Parting::Around(20, 3)),
    of(Size::Fitting, Filter::Blur, Parting::Whole),
    of(Size::Fitting, Filter::Blur, Parting::Around(16, 4)),
    of(Size::Times(1, 2), Filter::Stretch, Parting::Whole),
    of(Size::Times(1, 2), Filter::Stretch, Parting::Around(8, 5)),
    of(Size::Times(2, 3), Filter::Smooth, Parting::Around(8, 3)),
    of(Size::Times(1, 3), Filter::Stretch, Parting::Whole),
    of(Size::Times(1, 4), Filter::Stretch, Parting::Around(8, 5)),
    of(Size::Times(4, 1), Filter::Stretch, Parting::Around(12, 4)),
    of(Size::Times(3, 2), Filter::Stretch, Parting::Around(40, 4)),
    of(Size::Times(3, 2), Filter::Blur, Parting::Around(6, 2)),
];

const fn of(size: Size, filter: Filter, parting: Parting) -> Preparation {
    Preparation { size, filter, parting }
}

impl Preparation {
    /// How many pixels there are to go through, for a picture of this size; `None` where it is not for such a picture.
    pub(super) fn work(&self, width: usize, height: usize) -> Option<usize> {
        let longer = width.max(height);
        let area = match self.size {
            Size::Fitting if longer > FITTING => {
                width * FITTING / longer * (height * FITTING / longer)
            }
            Size::Fitting => width * height,
            Size::Own if longer > FITTING => width * height,
            Size::Own => return None,
            Size::Times(times, over) => width * times / over * (height * times / over),
        };
        let enlarged = matches!(self.size, Size::Times(times, over) if times > over);
        (area > 0 && !(enlarged && area > LARGE)).then_some(area)
    }

    /// The picture in dark and bright, as it is and with dark for bright.
    pub(super) fn views(&self, picture: &Grey) -> [Grey; 2] {
        let longer = picture.width.max(picture.height);
        let sized = match self.size {
            Size::Fitting if longer > FITTING => picture.scaled(FITTING, longer),
            Size::Times(times, over) => picture.scaled(times, over),
            Size::Fitting | Size::Own => picture.stretched(),
        };
        let filtered = match self.filter {
            Filter::Stretch => sized.stretched(),
            Filter::Sharpen => sized.stretched().sharpened(match self.size {
                Size::Times(times, 1) => times + 1,
                _ => 2,
            }),
            Filter::Smooth => sized.smoothed().stretched(),
            Filter::Blur => sized.means(1).stretched(),
        };
        let view = |grey: &Grey| match self.parting {
            Parting::Whole => grey.framed(grey.divide(), MARGIN),
            Parting::Around(part, percent) => {
                let means = grey.means(grey.width.max(grey.height) / (2 * part));
                let dark = |pixel: i32, mean: i32| pixel * 100 < mean * (100 - percent);
                grey.parted(&means, dark).framed(128, MARGIN)
            }
        };
        [view(&filtered), view(&filtered.inverted())]
    }
}
