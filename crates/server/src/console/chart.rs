//! Bars by day, drawn by the server, with the table that says the same.

use std::fmt::Write as _;

use keyward_core::time::Timestamp;

use super::frame::day;
use crate::web::address;

const WIDTH: usize = 720;
const HEIGHT: usize = 150;
/// Room for the numbers at the side and the days below.
const LEFT: usize = 60;
const BELOW: usize = 22;

/// A series of numbers, one for each day, stacked on those before it.
pub(super) struct Series {
    pub(super) name: &'static str,
    /// The class of its colour.
    pub(super) class: &'static str,
    pub(super) values: Vec<i64>,
    /// The list behind the numbers, for whoever may see it: its path, and the field that asks for them.
    pub(super) list: Option<(&'static str, (&'static str, &'static str))>,
}

/// A number of a day.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) value: i64,
    /// The list behind it.
    pub(super) path: Option<String>,
}

impl Series {
    fn cell(&self, at: usize, day: &str) -> Cell {
        let value = self.values.get(at).copied().unwrap_or(0);
        let list = self.list.filter(|_| value > 0);
        Cell { value, path: list.map(|(path, field)| address(path, &[field, ("from", day), ("to", day)])) }
    }
}

/// A chart with its title.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) days: Vec<Timestamp>,
    pub(super) series: Vec<Series>,
}

impl Chart {
    /// The sum of everything in it.
    pub(super) fn sum(&self) -> i64 {
        self.series.iter().flat_map(|series| &series.values).sum()
    }

    /// The rows of its table, the newest first.
    pub(super) fn rows(&self) -> Vec<(String, Vec<Cell>)> {
        let row = |(at, when): (usize, &Timestamp)| {
            let day = day(*when);
            let cells = self.series.iter().map(|series| series.cell(at, &day)).collect();
            (day, cells)
        };
        self.days.iter().enumerate().map(row).rev().collect()
    }

    /// The picture as HTML, with nothing in it that came from outside.
    pub(super) fn svg(&self) -> String {
        let count = self.days.len().max(1);
        let total = |at: usize| self.series.iter().filter_map(|series| series.values.get(at)).sum::<i64>();
        let top = round_up((0..count).map(total).max().unwrap_or(0));
        let plot = HEIGHT - BELOW - 8;
        let step = (WIDTH - LEFT) as f64 / count as f64;
        let mut svg = format!(
            r#"<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}: {}">"#,
            self.title,
            self.sum()
        );
        for part in [0, 1, 2] {
            let y = 8 + plot * part / 2;
            let value = top - top * part as i64 / 2;
            let _ = write!(
                svg,
                r#"<path class="rule" d="M{LEFT} {y}H{WIDTH}"/><text x="{}" y="{}" text-anchor="end">{value}</text>"#,
                LEFT - 6,
                y + 4
            );
        }
        for (at, when) in self.days.iter().enumerate() {
            let x = LEFT as f64 + step * at as f64;
            let mut base = (8 + plot) as f64;
            for series in &self.series {
                let value = series.values.get(at).copied().unwrap_or(0).max(0);
                let height = plot as f64 * value as f64 / top as f64;
                base -= height;
                if value > 0 {
                    let _ = write!(
                        svg,
                        r#"<rect class="{}" x="{:.1}" y="{base:.1}" width="{:.1}" height="{height:.1}"><title>{}: {value} ({})</title></rect>"#,
                        series.class,
                        x + step * 0.12,
                        step * 0.76,
                        day(*when),
                        series.name
                    );
                }
            }
            // The first, the last, and one a week between them.
            if at % 7 == 0 {
                let _ = write!(svg, r#"<text x="{:.1}" y="{}">{}</text>"#, x, HEIGHT - 5, &day(*when)[5..]);
            }
        }
        svg.push_str("</svg>");
        svg
    }
}

/// A round number at the top of a chart, even, so that its half is whole.
fn round_up(most: i64) -> i64 {
    let mut scale = 1;
    loop {
        for digit in [2, 4, 10] {
            if digit * scale >= most {
                return digit * scale;
            }
        }
        scale *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_round_and_not_below_the_highest_bar() {
        for (most, top) in [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (99, 100), (101, 200), (401, 1_000)] {
            assert_eq!(round_up(most), top, "{most}");
        }
    }

    #[test]
    fn bars_are_stacked_and_the_table_says_the_same() {
        let days = vec![Timestamp::from_seconds(0), Timestamp::from_seconds(86_400)];
        let series = |name, values: &[i64]| Series {
            name,
            class: name,
            values: values.to_vec(),
            list: Some(("/list", ("of", "it"))),
        };
        let chart = Chart { title: "T", days, series: vec![series("a", &[1, 0]), series("b", &[1, 2])] };
        assert_eq!(chart.sum(), 4);
        let rows = chart.rows();
        let cell = |value, day: &str| Cell {
            value,
            path: (value > 0).then(|| format!("/list?of=it&from={day}&to={day}")),
        };
        for (row, day, values) in [(&rows[0], "1970-01-02", [0, 2]), (&rows[1], "1970-01-01", [1, 1])] {
            assert_eq!(*row, (day.to_owned(), Vec::from(values.map(|value| cell(value, day)))));
        }
        let svg = chart.svg();
        assert!(svg.contains(r#"<rect class="a" x="99.6" y="68.0" width="250.8" height="60.0">"#), "{svg}");
        assert!(svg.contains(r#"<rect class="b" x="99.6" y="8.0""#), "{svg}");
        assert_eq!(svg.matches("<rect").count(), 3, "nothing is drawn for nothing");
    }
}
