//! A video: the pictures of a recording, handed to ffmpeg one by one.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::export::RATE;
use crate::cli::{Exit, Failure};
use crate::stream::Canvas;

/// A video that is being made.
pub(super) struct Video {
    child: Child,
    width: usize,
    height: usize,
    /// The last picture as it was handed over, with room around it.
    frame: Vec<u8>,
    shown: Canvas,
}

impl Video {
    /// Where ffmpeg is.
    ///
    /// # Errors
    /// Exit 2 when it is nowhere on the PATH.
    pub(super) fn find() -> Result<PathBuf, Failure> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let name = format!("ffmpeg{}", std::env::consts::EXE_SUFFIX);
        let found = std::env::split_paths(&path).map(|folder| folder.join(&name));
        found.into_iter().find(|program| program.is_file()).ok_or_else(|| {
            Failure::usage(
                "videos are made by ffmpeg, and there is none on the PATH",
                "install it (`apt-get install ffmpeg`), or export to a file that ends in .jsonl, which needs nothing",
            )
        })
    }

    /// Starts it with pictures of this size; it writes over `output`.
    ///
    /// # Errors
    /// Exit 2 when it does not start.
    pub(super) fn start(
        program: &Path,
        output: &Path,
        (width, height): (usize, usize),
    ) -> Result<Self, Failure> {
        // What halves the colours needs even sides.
        let (width, height) = (width.next_multiple_of(2), height.next_multiple_of(2));
        let mut command = Command::new(program);
        command.args(["-nostdin", "-loglevel", "error", "-y", "-f", "rawvideo"]);
        command.args(["-pix_fmt", "rgb24", "-video_size", &format!("{width}x{height}")]);
        command.args(["-framerate", &RATE.to_string(), "-i", "pipe:0", "-pix_fmt", "yuv420p"]);
        match output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("webm")) {
            true => command.args([
                "-c:v",
                "libvpx-vp9",
                "-b:v",
                "0",
                "-crf",
                "36",
                "-deadline",
                "realtime",
                "-cpu-used",
                "6",
                "-row-mt",
                "1",
            ]),
            false => command.args([
                "-c:v",
                "libx264",
                "-preset",
                "veryfast",
                "-crf",
                "26",
                "-movflags",
                "+faststart",
            ]),
        };
        // A name that begins with a dash is a file all the same.
        command.arg(std::path::absolute(output).unwrap_or_else(|_| output.to_owned()));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| {
            let program = program.display();
            let help = "export to a file that ends in .jsonl, which needs no ffmpeg";
            Failure::usage(format!("cannot start {program}: {error}"), help)
        })?;
        let frame = vec![0; width * height * 3];
        Ok(Self { child, width, height, frame, shown: Canvas::default() })
    }

    /// Hands the next picture over.
    ///
    /// # Errors
    /// Exit 2 with what ffmpeg said when it takes no more.
    pub(super) fn frame(&mut self, canvas: &Canvas) -> Result<(), Failure> {
        if self.shown != *canvas {
            self.shown.clone_from(canvas);
            self.frame.fill(0);
            let (width, height) = canvas.size();
            let (line, wide) = (width.min(self.width) * 3, self.width * 3);
            if line > 0 {
                let rows = canvas.pixels().chunks_exact(width * 3).take(height.min(self.height));
                for (row, to) in rows.zip(self.frame.chunks_exact_mut(wide)) {
                    to[..line].copy_from_slice(&row[..line]);
                }
            }
        }
        let Some(stdin) = &mut self.child.stdin else { return Ok(()) };
        if stdin.write_all(&self.frame).is_err() {
            return Err(self.failed());
        }
        Ok(())
    }

    /// Waits until the video is written.
    ///
    /// # Errors
    /// Exit 2 with what ffmpeg said.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        drop(self.child.stdin.take());
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            _ => Err(self.failed()),
        }
    }

    fn failed(&mut self) -> Failure {
        let mut said = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            let _ = stderr.take(4_096).read_to_string(&mut said);
        }
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        let text = format!(
            "error: ffmpeg did not make the video\ncaused by: {}\n\
             help: is its disk full, or is it built without this kind of video? try .webm, .mp4 or .jsonl\n",
            crate::activity::listing::visible(last)
        );
        Failure { exit: Exit::Usage, text }
    }
}

impl Drop for Video {
    fn drop(&mut self) {
        // It ended already, or nobody needs what it makes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
