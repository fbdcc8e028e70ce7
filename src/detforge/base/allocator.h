#pragma once

namespace detforge {

/// Lets the process keep memory that it frees instead of handing every large block back to the kernel, which costs a page
/// fault per 4 KiB at the next use: a third of the time of a large model's forward pass. For the whole process; glibc only,
/// elsewhere nothing happens.
void keep_freed_memory();

}  // namespace detforge
