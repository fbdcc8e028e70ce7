#include "detforge/config/python/python_object.h"

#include <algorithm>

#include "detforge/config/python/runtime.h"

namespace detforge::python {
namespace {

constexpr std::size_t kIndexedSize = 8;

std::size_t string_hash(std::string_view text) { return std::hash<std::string_view>{}(text); }

struct TypeName {
  std::string_view operator()(std::monostate) const { return "NoneType"; }
  std::string_view operator()(bool) const { return "bool"; }
  std::string_view operator()(std::int64_t) const { return "int"; }
  std::string_view operator()(double) const { return "float"; }
  std::string_view operator()(const std::string&) const { return "str"; }
  std::string_view operator()(const Bytes&) const { return "bytes"; }
  std::string_view operator()(const List&) const { return "list"; }
  std::string_view operator()(const Tuple&) const { return "tuple"; }
  std::string_view operator()(const Set&) const { return "set"; }
  std::string_view operator()(const Dict& dict) const { return dict.is_config_dict ? "ConfigDict" : "dict"; }
  std::string_view operator()(const Range&) const { return "range"; }
  std::string_view operator()(const Iterator& iterator) const { return iterator.type; }
  std::string_view operator()(const DictView& view) const {
    return view.part == DictView::Part::Keys ? "dict_keys" : view.part == DictView::Part::Values ? "dict_values" : "dict_items";
  }
  std::string_view operator()(const Slice&) const { return "slice"; }
  std::string_view operator()(const Function& function) const { return function.native->kind == Native::Kind::Type ? "type" : "function"; }
  std::string_view operator()(const BoundMethod&) const { return "method"; }
  std::string_view operator()(const ModuleObject&) const { return "module"; }
  std::string_view operator()(const ExceptionObject& exception) const { return exception.type; }
};

}  // namespace

std::string_view type_name(Ref object) { return std::visit(TypeName{}, object->data); }

std::string a_kind(Ref object) {
  const std::string_view name = type_name(object);
  return (std::string_view("aeiou").find(name.front()) == std::string_view::npos ? "a " : "an ") + std::string(name);
}

std::int64_t Range::size() const {
  const auto span = step > 0 ? static_cast<std::uint64_t>(stop) - static_cast<std::uint64_t>(start)
                             : static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(stop);
  if (step > 0 ? start >= stop : start <= stop) return 0;
  const std::uint64_t stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  return static_cast<std::int64_t>(std::min<std::uint64_t>((span - 1) / stride + 1, INT64_MAX));
}

Table::Entry* Table::find_hashed(Runtime& runtime, Ref key, std::size_t hash) {
  if (index_ == nullptr) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (hashes_[i] == hash && equal(runtime, entries_[i].key.value, key)) return &entries_[i];
    }
    return nullptr;
  }
  const auto [begin, end] = index_->equal_range(hash);
  for (auto found = begin; found != end; ++found) {
    if (equal(runtime, entries_[found->second].key.value, key)) return &entries_[found->second];
  }
  return nullptr;
}

Table::Entry* Table::find(Runtime& runtime, Ref key) { return find_hashed(runtime, key, hash(runtime, key)); }

Table::Entry* Table::find(std::string_view key) {
  const std::size_t hash = string_hash(key);
  const auto matches = [&](std::size_t i) {
    const auto* text = entries_[i].key.value->get<std::string>();
    return text != nullptr && *text == key;
  };
  if (index_ == nullptr) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (hashes_[i] == hash && matches(i)) return &entries_[i];
    }
    return nullptr;
  }
  const auto [begin, end] = index_->equal_range(hash);
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return matches(entry.second); });
  return found == end ? nullptr : &entries_[found->second];
}

void Table::set(Runtime& runtime, Slot key, Slot value) {
  const std::size_t hash = python::hash(runtime, key.value);
  if (Entry* found = find_hashed(runtime, key.value, hash); found != nullptr) {
    found->value = value;
    found->key.place = key.place;
    return;
  }
  runtime.grow(entries_.size() + 1, 2);
  entries_.push_back({key, value});
  hashes_.push_back(hash);
  if (index_ != nullptr) index_->emplace(hash, entries_.size() - 1);
  else if (entries_.size() > kIndexedSize) rebuild_index();
}

bool Table::erase(Runtime& runtime, Ref key) {
  const Entry* found = find(runtime, key);
  if (found == nullptr) return false;
  runtime.work(entries_.size());
  const auto position = found - entries_.data();
  entries_.erase(entries_.begin() + position);
  hashes_.erase(hashes_.begin() + position);
  if (index_ != nullptr) rebuild_index();
  return true;
}

void Table::clear() {
  entries_.clear();
  hashes_.clear();
  index_.reset();
}

void Table::rebuild_index() {
  index_ = std::make_unique<std::unordered_multimap<std::size_t, std::size_t>>();
  for (std::size_t i = 0; i < hashes_.size(); ++i) index_->emplace(hashes_[i], i);
}

void Arguments::expect(std::size_t least, std::size_t most) const {
  const std::size_t given = positional.size() + keywords.size();
  if (given >= least && given <= most) return;
  const std::string wanted = least == most      ? std::to_string(least)
                             : most == SIZE_MAX ? "at least " + std::to_string(least)
                                                : std::to_string(least) + " to " + std::to_string(most);
  raise(ExceptionType::TypeError, std::string(function) + "() takes " + wanted + " argument" +
                                      (least == 1 && (most == 1 || most == SIZE_MAX) ? "" : "s") + ", got " + std::to_string(given));
}

void Arguments::no_keywords() const {
  if (!keywords.empty()) {
    raise(ExceptionType::TypeError, std::string(function) + "() has no argument '" + keywords.front().name + "'");
  }
}

Ref Arguments::at(std::size_t index) const {
  if (index >= positional.size()) raise(ExceptionType::TypeError, std::string(function) + "() misses an argument without a name");
  return positional[index].value;
}

Ref Arguments::take(std::size_t index, std::string_view name) {
  if (index < positional.size()) return positional[index].value;
  const auto found = std::find_if(keywords.begin(), keywords.end(), [&](const Keyword& keyword) { return keyword.name == name; });
  if (found == keywords.end()) return nullptr;
  const Ref value = found->value.value;
  keywords.erase(found);
  return value;
}

}  // namespace detforge::python
