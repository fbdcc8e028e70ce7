#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "detforge/config/value.h"

/// The reference data: where it lies, how it is read, and how a file becomes test cases.
namespace detforge::golden {

using Json = nlohmann::ordered_json;

/// `$DETFORGE_GOLDEN`, `$DETFORGE_DATA` or the folders beside the source tree.
std::filesystem::path golden_dir();
std::filesystem::path golden_default_dir();
std::filesystem::path data_dir();
/// `$DETFORGE_ZOO`, with `v2.8.0/`, `v2.27.0/`, `v3.3.0/` in it; empty where unset.
std::optional<std::filesystem::path> zoo_dir();

/// A text file, unpacked when its name ends in `.gz`.
std::string read_text(const std::filesystem::path& path);
Json read_json(const std::filesystem::path& path);
/// One record a line. Empty when the file is absent: any part of the reference data may be.
std::vector<Json> read_json_lines(const std::filesystem::path& path);

/// The README's value encoding (`__tuple__`, `__float__`, `__items__`, `__set__`, `__bytes__`) as a `Value`.
Value decode_value(const Json& json);

/// Adds one test `suite.name`; characters other than letters and digits become `_`, a name used twice gets a number.
void add_case(const std::string& suite, const std::string& name, std::function<void()> body);

/// Called once at start-up to add cases: `static const SuiteMaker maker([] { … add_case(…) … });`
class SuiteMaker {
 public:
  explicit SuiteMaker(std::function<void()> make);
};

/// Skip the running case because `component` (`BACKBONES.ResNet`) is not registered yet; counted and printed at the end.
void skip_unregistered(const std::string& component);

}  // namespace detforge::golden
