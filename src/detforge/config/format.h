#pragma once

#include <string>
#include <utility>
#include <vector>

#include "detforge/config/value.h"

/// Configs as text: for people, for other programs, and for reading back.
namespace detforge {

/// Python of plain literals, one key a line where it does not fit: reads back to an equal config.
/// Throws `Error` for a top-level key that is no Python name.
std::string format_python(const Value& root);

/// JSON, two spaces a level; tuples and sets become lists, keys that are no str their repr.
std::string format_json(const Value& root);

/// YAML of version 1.1, as Python's libraries read it; tuples and sets become lists.
std::string format_yaml(const Value& root);

/// Every value that is no dict of further keys, with its path: `model.backbone.depth`, `data.train.pipeline.0.type`.
std::vector<std::pair<std::string, const Value*>> flatten(const Value& root);

/// One line for each of them, after the file:line that set it last.
std::string format_origins(const Value& root);

/// What another config has instead, one line a path: `- ` only the first has it, `+ ` only the second, `~ ` both.
/// Empty when the two are equal.
std::string format_difference(const Value& before, const Value& after);

}  // namespace detforge
