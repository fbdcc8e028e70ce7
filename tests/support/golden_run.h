#pragma once

#include <string>

/// What the reference tests' `main` needs.
namespace detforge::golden {

/// Run every `SuiteMaker`.
void make_cases();

/// One line for each component whose absence skipped cases, with their number.
std::string skipped_summary();

}  // namespace detforge::golden
