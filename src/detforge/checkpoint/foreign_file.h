#pragma once

#include <cstddef>
#include <span>

#include "detforge/base/error.h"

namespace detforge {

/// What a file is that is no checkpoint, told by its first bytes: a web page, a Git LFS pointer, an archive, a plain pickle …, with the way
/// out where there is one.
Error foreign_file_error(std::span<const std::byte> file);

}  // namespace detforge
