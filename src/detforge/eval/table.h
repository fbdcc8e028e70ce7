#pragma once

#include <string>
#include <vector>

namespace detforge {

/// A table as Python's `terminaltables.AsciiTable` draws it, the first row being the heading; `footing` sets the last row apart too.
std::string ascii_table(const std::vector<std::vector<std::string>>& rows, bool footing = false);

}  // namespace detforge
