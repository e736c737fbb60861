//! The `lotgate` program: reads the command line and does what it says.

fn main() -> std::process::ExitCode {
    lotgate::cli::run()
}
