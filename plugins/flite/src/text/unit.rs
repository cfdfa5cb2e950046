//! Units of measure, percent signs and dimensions: `3.5km`, `20 °C`, `60 mph`, `3×4`, `5%`.
//!
//! A unit is read only after a number. Units that are also words or initials (`in`, `A`, `h`) are
//! read only when they touch the number, so that "5 in the morning" stays what it is.

use flite_rs::numbers;

use super::neighbours::Neighbours;
use super::quantity::{Quantity, is_digits};

/// Symbol, singular, plural.
type Unit = (&'static str, &'static str, &'static str);

/// Units that are read after a number with or without a space.
const UNITS: &[Unit] = &[
    ("km", "kilometer", "kilometers"),
    ("cm", "centimeter", "centimeters"),
    ("mm", "millimeter", "millimeters"),
    ("m", "meter", "meters"),
    ("\u{b5}m", "micrometer", "micrometers"),
    ("nm", "nanometer", "nanometers"),
    ("mi", "mile", "miles"),
    ("ft", "foot", "feet"),
    ("yd", "yard", "yards"),
    ("yds", "yard", "yards"),
    ("m\u{b2}", "square meter", "square meters"),
    ("km\u{b2}", "square kilometer", "square kilometers"),
    ("cm\u{b2}", "square centimeter", "square centimeters"),
    ("ft\u{b2}", "square foot", "square feet"),
    ("m\u{b3}", "cubic meter", "cubic meters"),
    ("cm\u{b3}", "cubic centimeter", "cubic centimeters"),
    ("kg", "kilogram", "kilograms"),
    ("g", "gram", "grams"),
    ("mg", "milligram", "milligrams"),
    ("\u{b5}g", "microgram", "micrograms"),
    ("lb", "pound", "pounds"),
    ("lbs", "pound", "pounds"),
    ("oz", "ounce", "ounces"),
    ("L", "liter", "liters"),
    ("ml", "milliliter", "milliliters"),
    ("mL", "milliliter", "milliliters"),
    ("cl", "centiliter", "centiliters"),
    ("gal", "gallon", "gallons"),
    ("ms", "millisecond", "milliseconds"),
    ("\u{b5}s", "microsecond", "microseconds"),
    ("ns", "nanosecond", "nanoseconds"),
    ("sec", "second", "seconds"),
    ("secs", "second", "seconds"),
    ("min", "minute", "minutes"),
    ("mins", "minute", "minutes"),
    ("hr", "hour", "hours"),
    ("hrs", "hour", "hours"),
    ("yr", "year", "years"),
    ("yrs", "year", "years"),
    ("Hz", "hertz", "hertz"),
    ("hz", "hertz", "hertz"),
    ("kHz", "kilohertz", "kilohertz"),
    ("KHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"),
    ("GHz", "gigahertz", "gigahertz"),
    ("kB", "kilobyte", "kilobytes"),
    ("KB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"),
    ("GB", "gigabyte", "gigabytes"),
    ("TB", "terabyte", "terabytes"),
    ("PB", "petabyte", "petabytes"),
    ("KiB", "kibibyte", "kibibytes"),
    ("MiB", "mebibyte", "mebibytes"),
    ("GiB", "gibibyte", "gibibytes"),
    ("kbps", "kilobit per second", "kilobits per second"),
    ("Mbps", "megabit per second", "megabits per second"),
    ("Gbps", "gigabit per second", "gigabits per second"),
    ("MB/s", "megabyte per second", "megabytes per second"),
    ("GB/s", "gigabyte per second", "gigabytes per second"),
    ("km/h", "kilometer per hour", "kilometers per hour"),
    ("kph", "kilometer per hour", "kilometers per hour"),
    ("mph", "mile per hour", "miles per hour"),
    ("m/s", "meter per second", "meters per second"),
    ("rpm", "revolution per minute", "revolutions per minute"),
    ("bpm", "beat per minute", "beats per minute"),
    ("fps", "frame per second", "frames per second"),
    ("kW", "kilowatt", "kilowatts"),
    ("MW", "megawatt", "megawatts"),
    ("GW", "gigawatt", "gigawatts"),
    ("kWh", "kilowatt hour", "kilowatt hours"),
    ("MWh", "megawatt hour", "megawatt hours"),
    ("mAh", "milliamp hour", "milliamp hours"),
    ("mA", "milliamp", "milliamps"),
    ("mV", "millivolt", "millivolts"),
    ("kV", "kilovolt", "kilovolts"),
    ("Wh", "watt hour", "watt hours"),
    ("hp", "horsepower", "horsepower"),
    ("dB", "decibel", "decibels"),
    ("kcal", "kilocalorie", "kilocalories"),
    ("cal", "calorie", "calories"),
    ("kPa", "kilopascal", "kilopascals"),
    ("hPa", "hectopascal", "hectopascals"),
    ("psi", "p.s.i", "p.s.i"),
    ("px", "pixel", "pixels"),
    ("MP", "megapixel", "megapixels"),
    ("dpi", "d.p.i", "d.p.i"),
    ("\u{b0}", "degree", "degrees"),
    ("\u{b0}C", "degree Celsius", "degrees Celsius"),
    ("\u{b0}F", "degree Fahrenheit", "degrees Fahrenheit"),
    ("%", "percent", "percent"),
];

/// Units that are read only when they touch the number.
const TOUCHING: &[Unit] = &[
    ("h", "hour", "hours"),
    ("W", "watt", "watts"),
    ("V", "volt", "volts"),
    ("A", "amp", "amps"),
    ("in", "inch", "inches"),
    ("l", "liter", "liters"),
    ("x", "times", "times"),
    ("lb.", "pound", "pounds"),
];

/// Reads a number with its unit, or the unit after a number.
pub(crate) fn read(here: &Neighbours<'_>) -> Option<Vec<String>> {
    let core = here.core();
    if let Some(unit) = find(UNITS, core) {
        let number = here.close_before().and_then(last_number)?;
        return Some(name(unit, number.is_one()));
    }
    if let Some(words) = dimensions(core).or_else(|| feet_and_inches(core)) {
        return Some(words);
    }
    let (number, symbol) = Quantity::prefix(core)?;
    let unit = find(UNITS, symbol).or_else(|| find(TOUCHING, symbol)).or_else(|| seconds(&number, symbol))?;
    let mut words = number.words();
    words.extend(name(unit, number.is_one()));
    Some(words)
}

/// What one of `symbol` is called.
pub(crate) fn singular(symbol: &str) -> Option<&'static str> {
    let abbreviated = find(UNITS, symbol).or_else(|| find(TOUCHING, symbol)).map(|(_, one, _)| *one);
    let spelled =
        ["day", "week", "month", "year", "hour", "minute", "second", "person", "piece", "user", "night"];
    abbreviated.or_else(|| spelled.into_iter().find(|word| *word == symbol))
}

/// A range's unit belongs to its second number: `10–20 km`.
fn last_number(core: &str) -> Option<Quantity<'_>> {
    Quantity::whole_of(core)
        .or_else(|| Quantity::whole_of(core.rsplit(['-', '\u{2013}', '\u{d7}', '/']).next()?))
}

/// `3.5s` is a time; `60s` are years and `5s` may be a telephone.
fn seconds(number: &Quantity<'_>, symbol: &str) -> Option<&'static Unit> {
    const SECONDS: Unit = ("s", "second", "seconds");
    (symbol == "s" && number.decimals().is_some()).then_some(&SECONDS)
}

fn find(units: &'static [Unit], symbol: &str) -> Option<&'static Unit> {
    units.iter().find(|(known, _, _)| *known == symbol)
}

fn name(unit: &Unit, is_one: bool) -> Vec<String> {
    let (_, one, many) = unit;
    if is_one { one } else { many }.split(' ').map(str::to_owned).collect()
}

/// `5'10"`, the closing mark cut off as a quote.
fn feet_and_inches(core: &str) -> Option<Vec<String>> {
    let (feet, inches) = core.split_once('\'')?;
    let fits = |digits: &str| (1..=2).contains(&digits.len()) && is_digits(digits);
    (fits(feet) && fits(inches)).then(|| {
        let mut words = numbers::cardinal(feet);
        words.push("foot".to_owned());
        words.extend(numbers::cardinal(inches));
        words
    })
}

/// `3×4` and `1920x1080`.
fn dimensions(core: &str) -> Option<Vec<String>> {
    let parts: Vec<_> = core.split(['x', '\u{d7}', '*']).collect();
    let numbers: Option<Vec<_>> = parts.iter().map(|part| Quantity::whole_of(part)).collect();
    let numbers = numbers.filter(|numbers| (2..=3).contains(&numbers.len()))?;
    let mut words = Vec::new();
    for (part, number) in parts.iter().zip(&numbers) {
        if !words.is_empty() {
            words.push(if core.contains('*') { "times" } else { "by" }.to_owned());
        }
        // Screens are read in pairs: nineteen twenty by ten eighty.
        let in_pairs = part.len() == 4 && is_digits(part) && !part.ends_with("00") && !part.starts_with('0');
        words.extend(if in_pairs { numbers::year(part) } else { number.words() });
    }
    Some(words)
}
