#include <algorithm>
#include <map>

#include "detforge/config/format.h"

namespace detforge {
namespace {

using Leaves = std::vector<std::pair<std::string, const Value*>>;

bool holds_dicts(const Value& value) {
  return value.is_sequence() &&
         std::any_of(value.elements().begin(), value.elements().end(), [](const Value& element) { return element.is_dict(); });
}

void collect(const Value& value, const std::string& path, Leaves& leaves) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (value.is_dict() && (!value.empty() || path.empty())) {
    for (const auto& [key, item] : value.as_dict()) collect(item, below(key.is_string() ? key.as_string() : repr(key)), leaves);
  } else if (holds_dicts(value)) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value.elements()[i], below(std::to_string(i)), leaves);
  } else {
    leaves.emplace_back(path, &value);
  }
}

std::string origin(const Value& value) {
  const SourceRange& place = value.location();
  return place ? place.source->name + ":" + std::to_string(place.line) : "(computed)";
}

}  // namespace

std::vector<std::pair<std::string, const Value*>> flatten(const Value& root) {
  Leaves leaves;
  collect(root, "", leaves);
  return leaves;
}

std::string format_origins(const Value& root) {
  const Leaves leaves = flatten(root);
  std::size_t width = 0;
  for (const auto& [path, value] : leaves) width = std::max(width, origin(*value).size());
  std::string text;
  for (const auto& [path, value] : leaves) {
    std::string place = origin(*value);
    place.resize(width + 2, ' ');
    text += place + path + " = " + repr(*value) + "\n";
  }
  return text;
}

std::string format_difference(const Value& before, const Value& after) {
  const Leaves old_leaves = flatten(before), new_leaves = flatten(after);
  const std::map<std::string, const Value*> old_by_path(old_leaves.begin(), old_leaves.end());
  const std::map<std::string, const Value*> new_by_path(new_leaves.begin(), new_leaves.end());
  std::string text;
  for (const auto& [path, value] : old_leaves) {
    const auto other = new_by_path.find(path);
    if (other == new_by_path.end()) {
      text += "- " + path + " = " + repr(*value) + "\n";
    } else if (!(*value == *other->second)) {
      text += "~ " + path + " = " + repr(*value) + " -> " + repr(*other->second) + "\n";
    }
  }
  for (const auto& [path, value] : new_leaves) {
    if (!old_by_path.contains(path)) text += "+ " + path + " = " + repr(*value) + "\n";
  }
  return text;
}

}  // namespace detforge
