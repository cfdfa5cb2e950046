//! How far a take has come, drawn while it is made.
//!
//! A whole take is delivered at once, so the engine has nothing to show before its end. What the
//! plugin sends is known to the provider seam, so a bar looks in there: each provider of the cast
//! is wrapped by one that passes everything on and counts. Word marks tell the place in the text
//! exactly; without them it is estimated from the length of the audio so far.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use indicatif::{ProgressBar, ProgressStyle};
use understudy_speech::{
    AudioFormat, Call, Character, Encoding, Failure, Manifest, Provider, Request, Script, Summary, TakeEvent,
    TakeSink, TakeStream, Voice, take_channel,
};

use super::printer::Printer;

/// Bytes of text spoken in a second, roughly, at a rate of 1.
const BYTES_PER_SECOND: f64 = 15.0;
/// An estimate never shows more than this share of the text as done.
const ESTIMATE_CEILING: f64 = 0.95;
const TEMPLATE: &str = "{spinner:.cyan} {msg} {wide_bar:.cyan/dim} {percent:>3}%  {elapsed}";

/// A bar for a text of `text_bytes`; nothing is drawn unless standard error is a terminal.
pub(super) fn bar(printer: Printer, text_bytes: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(text_bytes as u64), printer.progress_target());
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar.set_message("speaking");
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A bar for so many things of which the number is not known yet.
pub(super) fn counter(printer: Printer, doing: &'static str) -> ProgressBar {
    const TEMPLATE: &str = "{spinner:.cyan} {msg} {wide_bar:.cyan/dim} {human_pos} of {human_len}  {elapsed}";
    let bar = ProgressBar::with_draw_target(Some(0), printer.progress_target());
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar.set_message(doing);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Something moves while nobody knows how long it takes.
pub(super) fn spinner(printer: Printer, doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, printer.progress_target());
    if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg}  {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(doing);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// The bar that a call moves, if there is one.
pub(super) type Bars = Arc<dyn Fn(&Call) -> Option<ProgressBar> + Send + Sync>;

/// A provider that moves a bar while it speaks.
pub(super) struct Watched {
    inner: Arc<dyn Provider>,
    bars: Bars,
}

impl Watched {
    pub(super) fn new(inner: Arc<dyn Provider>, bars: Bars) -> Self {
        Self { inner, bars }
    }
}

/// A bar, and how fast a text passes that tells no words.
struct Pace {
    bar: ProgressBar,
    bytes_per_second: f64,
}

impl Pace {
    /// Passes events on until there are no more, or nobody listens: then the stream is dropped,
    /// which tells the plugin.
    async fn pass_on(&self, mut from: TakeStream, to: TakeSink) {
        let mut heard = Heard { format: None, audio_bytes: 0 };
        while let Some(event) = next(&mut from, &to).await {
            match &event {
                TakeEvent::Begin(format) => heard.format = Some(*format),
                TakeEvent::Audio(audio) => heard.audio_bytes += audio.len() as u64,
                TakeEvent::Words(words) => {
                    self.advance(words.last().map_or(0, |word| u64::from(word.end_byte)));
                }
                TakeEvent::Line(_) => {}
            }
            let ceiling = self.bar.length().unwrap_or(0) as f64 * ESTIMATE_CEILING;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a bar")]
            self.advance((heard.seconds() * self.bytes_per_second).min(ceiling) as u64);
            if !to.send(event).await {
                return;
            }
        }
    }

    /// A bar never goes back.
    fn advance(&self, position: u64) {
        if position > self.bar.position() {
            self.bar.set_position(position);
        }
    }
}

/// The next event; none as well when nobody listens any more.
async fn next(from: &mut TakeStream, to: &TakeSink) -> Option<TakeEvent> {
    tokio::select! {
        event = from.next() => event,
        () = to.abandoned() => None,
    }
}

/// As [`Pace::pass_on`], for a bar of lines.
async fn count_lines(bar: &ProgressBar, mut from: TakeStream, to: TakeSink) {
    while let Some(event) = next(&mut from, &to).await {
        if let TakeEvent::Line(mark) = &event {
            bar.set_position(u64::from(mark.index) + 1);
        }
        if !to.send(event).await {
            return;
        }
    }
}

/// How much audio has passed.
struct Heard {
    format: Option<AudioFormat>,
    audio_bytes: u64,
}

impl Heard {
    /// Seconds of it; 0 when the encoding does not tell.
    fn seconds(&self) -> f64 {
        let bits_per_second = self.format.map_or(0, |format| match (format.encoding, format.bit_rate) {
            (Encoding::PcmS16le | Encoding::Wav, _) => format.sample_rate * u32::from(format.channels) * 16,
            (_, bit_rate) => bit_rate.unwrap_or(0),
        });
        if bits_per_second == 0 { 0.0 } else { self.audio_bytes as f64 * 8.0 / f64::from(bits_per_second) }
    }
}

#[async_trait]
impl Provider for Watched {
    fn manifest(&self) -> &Manifest {
        self.inner.manifest()
    }

    async fn check(&self, call: Call) -> Result<(), Failure> {
        self.inner.check(call).await
    }

    async fn voices(&self, call: Call) -> Result<Vec<Voice>, Failure> {
        self.inner.voices(call).await
    }

    async fn synthesize(
        &self,
        call: Call,
        request: Arc<Request>,
        take: TakeSink,
    ) -> Result<Summary, Failure> {
        let Some(bar) = (self.bars)(&call) else { return self.inner.synthesize(call, request, take).await };
        let bytes_per_second = BYTES_PER_SECOND * f64::from(request.rate.unwrap_or(1.0));
        let (pace, (sink, stream)) = (Pace { bar, bytes_per_second }, take_channel(1));
        let (summary, ()) =
            tokio::join!(self.inner.synthesize(call, request, sink), pace.pass_on(stream, take));
        summary
    }

    async fn characters(&self, call: Call) -> Result<Vec<Character>, Failure> {
        self.inner.characters(call).await
    }

    async fn converse(&self, call: Call, script: Arc<Script>, take: TakeSink) -> Result<Summary, Failure> {
        let Some(bar) = (self.bars)(&call) else { return self.inner.converse(call, script, take).await };
        let (sink, stream) = take_channel(1);
        let (summary, ()) =
            tokio::join!(self.inner.converse(call, script, sink), count_lines(&bar, stream, take));
        summary
    }
}
