#pragma once

#include <filesystem>
#include <string>

/// Shared libraries that are opened while the program runs: what few commands need, the others do not pay for.
namespace detforge {

/// Opens one of detforge's own libraries (`libdetforge.so`), which lies beside the core's. It is never closed: what it
/// registered stays. Throws `Error` when this build has none, or with what the loader says.
void* open_own_library(const std::string& file_name);

/// Opens a plug-in, which registers its components while it is loaded. Throws `Error` naming the file.
void* open_plugin(const std::filesystem::path& path);

/// Throws `Error` of kind Internal when the library has no such symbol.
void* library_symbol(void* library, const char* name);

}  // namespace detforge
