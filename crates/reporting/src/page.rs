//! Pages whose items stand at fixed places, and a cursor that fills them from the top.

use std::collections::BTreeSet;

use genpdf::elements::Image;
use genpdf::render::Area;
use genpdf::style::{Color, Style};
use genpdf::{Context, Element, Position, RenderResult, Size};

use crate::ReportError;
use crate::canvas::{Align, Chart, Drawn, Label, Type, panel, render};
use crate::fonts::{CAPITALS, LINE_HEIGHT, MM_PER_POINT, Weight, width_mm};
use crate::palette::{BAND, MUTED, Rgb};

/// The page's width and height.
const PAGE: (f64, f64) = (210.0, 297.0);
/// Where the contents begin and end.
pub(crate) const LEFT: f64 = 18.0;
pub(crate) const RIGHT: f64 = 192.0;
const TOP: f64 = 17.0;
const BOTTOM: f64 = 274.0;

enum Item {
    Text { at: (f64, f64), align: Align, text: String, look: Type },
    Rule { y: f64, from: f64, to: f64, colour: Rgb },
    Chart { at: (f64, f64), chart: Box<dyn Chart> },
    Drawn { at: (f64, f64), drawn: Drawn },
    Panel { at: (f64, f64), size: (f64, f64), fill: Rgb },
    Picture { at: (f64, f64), image: Image },
}

/// Pages in the making: items are put at the cursor, which the caller moves.
pub(crate) struct Pages {
    pages: Vec<Vec<Item>>,
    y: f64,
    rendered: usize,
}

impl Pages {
    /// One empty page.
    pub(crate) fn new() -> Self {
        Self { pages: vec![Vec::new()], y: TOP, rendered: 0 }
    }

    /// Begins a new page unless there is so much room left.
    pub(crate) fn reserve(&mut self, height: f64) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    /// How much room the page still has.
    pub(crate) fn room(&self) -> f64 {
        BOTTOM - self.y
    }

    /// Moves the cursor down.
    pub(crate) fn skip(&mut self, height: f64) {
        self.y += height;
    }

    /// Writes a text with its upper edge at the cursor.
    pub(crate) fn text(&mut self, x: f64, align: Align, text: impl Into<String>, look: Type) {
        let at = (x, self.y);
        self.put(Item::Text { at, align, text: text.into(), look });
    }

    /// Draws a horizontal line at the cursor.
    pub(crate) fn rule(&mut self, from: f64, to: f64, colour: Rgb) {
        let y = self.y;
        self.put(Item::Rule { y, from, to, colour });
    }

    /// Puts a chart with its upper edge at the cursor.
    pub(crate) fn chart(&mut self, x: f64, chart: Box<dyn Chart>) {
        let at = (x, self.y);
        self.put(Item::Chart { at, chart });
    }

    /// Fills a rectangle with its upper edge at the cursor; what is put later stands on it.
    pub(crate) fn panel(&mut self, x: f64, size: (f64, f64), fill: Rgb) {
        let at = (x, self.y);
        self.put(Item::Panel { at, size, fill });
    }

    /// Gives each page its band and its footer; after all else.
    pub(crate) fn number(&mut self) {
        let total = self.pages.len();
        let look = Type { points: 8.0, weight: Weight::Regular, colour: MUTED };
        for (page, number) in self.pages.iter_mut().zip(1..) {
            let mut footer =
                |x, align, text: String| page.push(Item::Text { at: (x, 282.0), align, text, look });
            footer(LEFT, Align::Left, crate::REPORT_NAME.to_owned());
            footer(RIGHT, Align::Right, format!("Page {number} of {total}"));
            page.push(Item::Panel { at: (0.0, 0.0), size: (PAGE.0, 3.0), fill: BAND });
        }
    }

    /// The texts of each page, once the charts are drawn, as labels of the page.
    pub(crate) fn texts(&self) -> impl Iterator<Item = Vec<Label>> {
        self.pages.iter().map(|page| page.iter().flat_map(Item::texts).collect())
    }

    /// The characters of this weight on all pages, once the charts are drawn.
    pub(crate) fn chars(&self, weight: Weight) -> BTreeSet<char> {
        let texts = self.texts().flatten().filter(|label| label.look.weight == weight);
        texts.flat_map(|label| label.text.chars().collect::<Vec<_>>()).collect()
    }

    /// Draws all charts, two at a time.
    pub(crate) fn draw_charts(&mut self) -> Result<(), ReportError> {
        let is_undrawn = |item: &&mut Item| matches!(item, Item::Chart { .. } | Item::Panel { .. });
        let mut charts: Vec<_> = self.pages.iter_mut().flatten().filter(is_undrawn).collect();
        let rest = charts.split_off(charts.len() / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(move || rest.into_iter().try_for_each(draw));
            charts.into_iter().try_for_each(draw)?;
            other.join().unwrap_or_else(|_| Err(ReportError::Chart("drawing was given up".to_owned())))
        })
    }

    fn put(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }
}

impl Element for Pages {
    fn render(
        &mut self,
        context: &Context,
        area: Area<'_>,
        _: Style,
    ) -> Result<RenderResult, genpdf::error::Error> {
        let total = self.pages.len();
        if let Some(page) = self.pages.get_mut(self.rendered) {
            for item in page {
                item.render(context, &area)?;
            }
        }
        self.rendered += 1;
        Ok(RenderResult { size: Size::new(PAGE.0, PAGE.1), has_more: self.rendered < total })
    }
}

impl Item {
    fn texts(&self) -> Vec<Label> {
        match self {
            Self::Text { at: (x, y), align, text, look } => {
                let at = (*x, *y + to_middle(*look));
                vec![Label { at, align: *align, text: text.clone(), look: *look }]
            }
            Self::Drawn { at: (x, y), drawn } => {
                let labels = drawn.labels.iter().cloned();
                labels.map(|label| Label { at: (x + label.at.0, y + label.at.1), ..label }).collect()
            }
            _ => Vec::new(),
        }
    }

    fn render(&mut self, context: &Context, area: &Area<'_>) -> Result<(), genpdf::error::Error> {
        match self {
            Self::Text { at, align, text, look } => write(context, area, *at, *align, text, *look),
            Self::Rule { y, from, to, colour } => {
                let points = vec![Position::new(*from, *y), Position::new(*to, *y)];
                area.draw_line(points, Style::new().with_color(ink(*colour)));
                Ok(())
            }
            Self::Picture { at, image } => put_image(context, area, *at, image),
            Self::Drawn { at: (x, y), drawn } => {
                put_image(context, area, (*x + drawn.at.0, *y + drawn.at.1), &mut drawn.image)?;
                for Label { at, align, text, look } in &drawn.labels {
                    let at = (*x + at.0, *y + at.1 - to_middle(*look));
                    write(context, area, at, *align, text, *look)?;
                }
                Ok(())
            }
            Self::Chart { .. } | Self::Panel { .. } => Ok(()),
        }
    }
}

/// Puts what has been drawn in the place of a chart or a panel.
fn draw(item: &mut Item) -> Result<(), ReportError> {
    match item {
        Item::Chart { at, chart } => *item = Item::Drawn { at: *at, drawn: render(chart.as_ref())? },
        Item::Panel { at, size, fill } => *item = Item::Picture { at: *at, image: panel(*size, *fill)? },
        _ => {}
    }
    Ok(())
}

fn put_image(
    context: &Context,
    area: &Area<'_>,
    (x, y): (f64, f64),
    image: &mut Image,
) -> Result<(), genpdf::error::Error> {
    image.set_position(Position::new(x, y));
    image.render(context, area.clone(), Style::new()).map(|_| ())
}

fn write(
    context: &Context,
    area: &Area<'_>,
    (x, y): (f64, f64),
    align: Align,
    text: &str,
    look: Type,
) -> Result<(), genpdf::error::Error> {
    let mut style = Style::new().with_font_size(size(look.points)).with_color(ink(look.colour));
    if look.weight == Weight::Bold {
        style.set_bold();
    }
    let width = width_mm(text, look.points, look.weight);
    let left = match align {
        Align::Left => x,
        Align::Centre => x - width / 2.0,
        Align::Right => x - width,
    };
    area.print_str(&context.font_cache, Position::new(left, y), style, text)?;
    Ok(())
}

/// From the upper edge of a line to the middle of its capitals.
fn to_middle(look: Type) -> f64 {
    (LINE_HEIGHT - CAPITALS / 2.0) * look.points * MM_PER_POINT
}

fn ink(Rgb(red, green, blue): Rgb) -> Color {
    Color::Rgb(red, green, blue)
}

fn size(points: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let size = points.round().clamp(1.0, 200.0) as u8;
    size
}
