#pragma once

#include <filesystem>
#include <string>

namespace detforge {

/// What a pickle of plain data and NumPy arrays says, as JSON: dicts, lists (tuples and arrays too), numbers, texts, None as null.
/// Nothing in it is run. Throws `Error` for anything else in it, and beyond 1 GiB of text.
std::string json_of_pickle(const std::filesystem::path& file);

}  // namespace detforge
