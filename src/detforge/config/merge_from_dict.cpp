#include "detforge/config/config.h"
#include "detforge/config/limits.h"
#include "detforge/config/merge.h"

namespace detforge {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t dot = 0; (dot = path.find('.')) != std::string_view::npos; path.remove_prefix(dot + 1)) {
    parts.emplace_back(path.substr(0, dot));
  }
  parts.emplace_back(path);
  return parts;
}

/// `{'a.b': 1}` → `{'a': {'b': 1}}`.
Value nested(const Value& options) {
  Value root = Value::dict();
  for (const auto& [key, value] : options.as_dict()) {
    std::vector<std::string> path = split_path(key.as_string());
    if (path.size() > limits::kValueNesting) throw Error("the key has too many parts").at(value.location());
    const std::string last = std::move(path.back());
    path.pop_back();
    Value* dict = &root;
    for (const std::string& part : path) {
      Value& next = (*dict)[part];
      if (next.is_none()) next = Value::dict();
      if (!next.is_dict()) throw Error("'" + part + "' is given a value and keys of its own").at(value.location());
      if (!next.location()) next.set_location(value.location());
      dict = &next;
    }
    (*dict)[last] = value;
  }
  return root;
}

}  // namespace

void Config::merge_from_dict(const Value& options, bool allow_list_keys) {
  root_ = merge(nested(options), root_, allow_list_keys ? ListKeys::Allowed : ListKeys::Refused);
}

}  // namespace detforge
