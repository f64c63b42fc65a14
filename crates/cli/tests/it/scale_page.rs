//! The sums of `docs/scale.md` are right.

use regex::Regex;

use crate::world::root;

/// What rounding may do.
const ROUNDED: f64 = 0.005;

#[test]
fn every_sum_of_the_page_comes_out() {
    let page = std::fs::read_to_string(root().join("docs/scale.md")).expect("the page");
    let blocks = page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    let sums: Vec<(&str, &str)> =
        blocks.flat_map(str::lines).map(|line| line.split_once(" = ").expect("a sum")).collect();
    assert!(sums.len() >= 10, "the page has lost its sums");
    for (sum, result) in sums {
        let (made, said) = (evaluated(sum), evaluated(result.split(':').next().expect("a number")));
        assert!((made - said).abs() <= said * ROUNDED, "{sum} is {made}, the page says {said}");
    }
}

/// From left to right, whatever units stand between the numbers.
fn evaluated(sum: &str) -> f64 {
    let part = Regex::new(r"([×/]?) ?(\d+(?:\.\d+)?)").expect("a pattern");
    let numbers = part.captures_iter(sum).map(|found| {
        let number: f64 = found[2].parse().expect("a number");
        (found[1].to_owned(), number)
    });
    numbers
        .fold(1.0, |value, (operator, number)| if operator == "/" { value / number } else { value * number })
}
