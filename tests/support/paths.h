#pragma once

#include <filesystem>

/// Where this checkout and its build lie. Functions, so that the tests' objects do not depend on the place and a compiler cache
/// serves every checkout.
namespace detforge {

std::filesystem::path source_dir();
std::filesystem::path build_dir();

}  // namespace detforge
