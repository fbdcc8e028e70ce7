#pragma once

#include <iosfwd>
#include <set>
#include <string>

/// What the reference data must amount to, from requirements.txt: so that a suite cannot pass by finding nothing.
namespace detforge::golden {

/// Configs of a version's zoo that do not build, by name.
std::set<std::string> unbuilt_configs(const std::string& version);

/// Where `DETFORGE_GOLDEN_REQUIRED=1`: whether each suite has at least its cases (of the default folder alone) and nothing was skipped but
/// what is listed. Says what is wrong. True where nothing is required.
bool meets_requirements(std::ostream& out);

}  // namespace detforge::golden
