//! The `doorward` command.

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> doorward::cli::Exit {
    doorward::cli::run()
}
