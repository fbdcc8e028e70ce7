#include "detforge/config/python/runtime.h"

#include <cmath>

#include "detforge/config/limits.h"
#include "detforge/config/python/modules.h"

namespace detforge::python {
namespace {

[[noreturn]] void too_much(const std::string& what) { throw Error("the config " + what + " than is allowed"); }

const std::vector<Slot>* items_of(Ref object) {
  if (const auto* list = object->get<List>(); list != nullptr) return &list->items;
  if (const auto* tuple = object->get<Tuple>(); tuple != nullptr) return &tuple->items;
  return nullptr;
}

/// An int and a float are compared exactly, not as two floats.
bool equal_numbers(Ref a, Ref b) {
  const auto integer_a = as_integer(a), integer_b = as_integer(b);
  if (integer_a && integer_b) return *integer_a == *integer_b;
  if (!integer_a && !integer_b) return *as_number(a) == *as_number(b);
  const std::int64_t integer = integer_a ? *integer_a : *integer_b;
  const double number = integer_a ? *as_number(b) : *as_number(a);
  return number >= -0x1p63 && number < 0x1p63 && std::trunc(number) == number && static_cast<std::int64_t>(number) == integer;
}

void check_depth(std::uint32_t depth) {
  if (depth > limits::kValueNesting) throw Error("values are nested too deeply");
}

}  // namespace

Runtime::Runtime() : none_(make({})), true_(make({true})), false_(make({false})) {}

Ref Runtime::make(Object object) {
  bytes_ += sizeof(Object);
  if (bytes_ > limits::kHeapBytes) too_much("needs more memory");
  return &objects_.emplace_back(std::move(object));
}

Ref Runtime::string(std::string text) {
  check_string(text.size());
  bytes_ += text.size();
  work(text.size());
  return make({std::move(text)});
}

Ref Runtime::bytes(std::string data) {
  check_string(data.size());
  bytes_ += data.size();
  return make({Bytes{std::move(data)}});
}

Ref Runtime::list(std::vector<Slot> items) {
  grow(items.size(), items.size());
  return make({List{std::move(items)}});
}

Ref Runtime::tuple(std::vector<Slot> items) {
  grow(items.size(), items.size());
  return make({Tuple{std::move(items)}});
}

Ref Runtime::tuple_of(const std::vector<Ref>& items) {
  std::vector<Slot> slots;
  for (Ref item : items) slots.push_back({item, {}});
  return tuple(std::move(slots));
}

Ref Runtime::set() { return make({Set{}}); }
Ref Runtime::dict(bool is_config_dict) { return make({Dict{{}, is_config_dict}}); }

Ref Runtime::iterator(std::string_view type, std::vector<Slot> items) {
  grow(items.size(), items.size());
  return make({Iterator{type, std::move(items)}});
}

void Runtime::work(std::size_t amount) {
  work_ += amount;
  if (work_ > limits::kWork) too_much("takes more work");
}

void Runtime::iterate() {
  if (++iterations_ > limits::kLoopIterations) {
    too_much("loops more often");
  }
}

void Runtime::grow(std::size_t elements, std::size_t added) {
  if (elements > limits::kElements) too_much("has a list, tuple, set or dict with more elements");
  bytes_ += added * sizeof(Slot);
  if (bytes_ > limits::kHeapBytes) too_much("needs more memory");
  work(added);
}

void Runtime::check_string(std::size_t bytes) const {
  if (bytes > limits::kStringBytes) too_much("has a longer string");
}

void raise(ExceptionType type, const std::string& message) { throw Raised(type, message); }

bool truth(Ref object) {
  if (object->is_none()) return false;
  if (const auto number = as_number(object)) return *number != 0;
  if (const auto* text = object->get<std::string>(); text != nullptr) return !text->empty();
  if (const auto* bytes = object->get<Bytes>(); bytes != nullptr) return !bytes->data.empty();
  if (const auto* items = items_of(object); items != nullptr) return !items->empty();
  if (const auto* set = object->get<Set>(); set != nullptr) return set->table.size() != 0;
  if (const auto* dict = object->get<Dict>(); dict != nullptr) return dict->table.size() != 0;
  if (const auto* range = object->get<Range>(); range != nullptr) return range->size() != 0;
  if (const auto* view = object->get<DictView>(); view != nullptr) return view->dict->get<Dict>()->table.size() != 0;
  return true;
}

bool equal(Runtime& runtime, Ref a, Ref b, std::uint32_t depth) {
  check_depth(depth);
  runtime.work(1);
  if (a == b) return true;
  if (as_number(a) && as_number(b)) return equal_numbers(a, b);
  if (a->data.index() != b->data.index()) return false;
  if (const auto* text = a->get<std::string>(); text != nullptr) return *text == *b->get<std::string>();
  if (const auto* bytes = a->get<Bytes>(); bytes != nullptr) return bytes->data == b->get<Bytes>()->data;
  if (const auto* left = items_of(a); left != nullptr) {
    const auto* right = items_of(b);
    if (left->size() != right->size()) return false;
    for (std::size_t i = 0; i < left->size(); ++i) {
      if (!equal(runtime, (*left)[i].value, (*right)[i].value, depth + 1)) return false;
    }
    return true;
  }
  if (auto* set = a->get<Set>(); set != nullptr) {
    auto* other = b->get<Set>();
    if (set->table.size() != other->table.size()) return false;
    for (const auto& entry : set->table.entries()) {
      if (other->table.find(runtime, entry.key.value) == nullptr) return false;
    }
    return true;
  }
  if (auto* dict = a->get<Dict>(); dict != nullptr) {
    auto* other = b->get<Dict>();
    if (dict->table.size() != other->table.size()) return false;
    for (const auto& entry : dict->table.entries()) {
      const auto* found = other->table.find(runtime, entry.key.value);
      if (found == nullptr || !equal(runtime, entry.value.value, found->value.value, depth + 1)) return false;
    }
    return true;
  }
  if (const auto* range = a->get<Range>(); range != nullptr) {
    const auto* other = b->get<Range>();
    return range->size() == other->size() &&
           (range->size() == 0 || (range->start == other->start && (range->size() == 1 || range->step == other->step)));
  }
  if (const auto* function = a->get<Function>(); function != nullptr) return function->native == b->get<Function>()->native;
  return a->is_none();
}

bool less(Runtime& runtime, Ref a, Ref b, std::uint32_t depth) {
  check_depth(depth);
  runtime.work(1);
  const auto integer_a = as_integer(a), integer_b = as_integer(b);
  if (integer_a && integer_b) return *integer_a < *integer_b;
  const auto number_a = as_number(a), number_b = as_number(b);
  if (number_a && number_b) return *number_a < *number_b;
  if (a->data.index() == b->data.index()) {
    if (const auto* text = a->get<std::string>(); text != nullptr) return *text < *b->get<std::string>();
    if (const auto* bytes = a->get<Bytes>(); bytes != nullptr) return bytes->data < b->get<Bytes>()->data;
    if (const auto* left = items_of(a); left != nullptr) {
      const auto* right = items_of(b);
      for (std::size_t i = 0; i < std::min(left->size(), right->size()); ++i) {
        if (!equal(runtime, (*left)[i].value, (*right)[i].value, depth + 1))
          return less(runtime, (*left)[i].value, (*right)[i].value, depth + 1);
      }
      return left->size() < right->size();
    }
    if (auto* set = a->get<Set>(); set != nullptr) {
      auto* other = b->get<Set>();
      if (set->table.size() >= other->table.size()) return false;
      for (const auto& entry : set->table.entries()) {
        if (other->table.find(runtime, entry.key.value) == nullptr) return false;
      }
      return true;
    }
  }
  raise(ExceptionType::TypeError, "'<' is not defined between " + std::string(type_name(a)) + " and " + std::string(type_name(b)));
}

std::size_t hash(Runtime& runtime, Ref object, std::uint32_t depth) {
  check_depth(depth);
  runtime.work(1);
  if (const auto* text = object->get<std::string>(); text != nullptr) return std::hash<std::string_view>{}(*text);
  if (const auto integer = as_integer(object)) return std::hash<std::int64_t>{}(*integer);
  if (const auto* number = object->get<double>(); number != nullptr) {
    const bool integral = *number >= -0x1p63 && *number < 0x1p63 && std::trunc(*number) == *number;
    return integral ? std::hash<std::int64_t>{}(static_cast<std::int64_t>(*number)) : std::hash<double>{}(*number);
  }
  if (const auto* bytes = object->get<Bytes>(); bytes != nullptr) return std::hash<std::string>{}(bytes->data) + 1;
  if (const auto* tuple = object->get<Tuple>(); tuple != nullptr) {
    std::size_t combined = 17;
    for (const Slot& item : tuple->items) combined = combined * 31 + hash(runtime, item.value, depth + 1);
    return combined;
  }
  if (object->get<List>() != nullptr || object->get<Dict>() != nullptr || object->get<Set>() != nullptr ||
      object->get<Slice>() != nullptr) {
    raise(ExceptionType::TypeError, a_kind(object) + " can be no key and no element of a set");
  }
  return std::hash<Ref>{}(object);
}

bool contains(Runtime& runtime, Ref container, Ref element) {
  if (const auto* text = container->get<std::string>(); text != nullptr) {
    runtime.work(text->size());
    return text->find(need_string(element, "the left side of 'in' for a str")) != std::string::npos;
  }
  if (auto* set = container->get<Set>(); set != nullptr) return set->table.find(runtime, element) != nullptr;
  if (auto* dict = container->get<Dict>(); dict != nullptr) return dict->table.find(runtime, element) != nullptr;
  if (const auto* range = container->get<Range>(); range != nullptr) {
    const auto value = as_integer(element);
    if (!value || range->size() == 0) return false;
    const std::int64_t last = range->start + (range->size() - 1) * range->step;
    const bool inside = range->step > 0 ? *value >= range->start && *value <= last : *value <= range->start && *value >= last;
    return inside && (*value - range->start) % range->step == 0;
  }
  const std::vector<Slot>* items = items_of(container);
  if (const auto* iterator = container->get<Iterator>(); iterator != nullptr) items = &iterator->items;
  if (items != nullptr) {
    for (const Slot& item : *items) {
      if (equal(runtime, item.value, element)) return true;
    }
    return false;
  }
  if (const auto* view = container->get<DictView>(); view != nullptr) {
    for (const auto& entry : view->dict->get<Dict>()->table.entries()) {
      const Ref part = view->part == DictView::Part::Keys     ? entry.key.value
                       : view->part == DictView::Part::Values ? entry.value.value
                                                              : runtime.tuple_of({entry.key.value, entry.value.value});
      if (equal(runtime, part, element)) return true;
    }
    return false;
  }
  if (const auto* module = container->get<ModuleObject>(); module != nullptr) {
    if (const auto found = module_contains(*module->module, element)) return *found;
  }
  raise(ExceptionType::TypeError, "'in' is not defined for " + a_kind(container));
}

std::optional<std::int64_t> as_integer(Ref object) {
  if (const auto* value = object->get<std::int64_t>(); value != nullptr) return *value;
  if (const auto* value = object->get<bool>(); value != nullptr) return *value ? 1 : 0;
  return std::nullopt;
}

std::optional<double> as_number(Ref object) {
  if (const auto* value = object->get<double>(); value != nullptr) return *value;
  if (const auto value = as_integer(object)) return static_cast<double>(*value);
  return std::nullopt;
}

std::int64_t need_integer(Ref object, std::string_view what) {
  const auto value = as_integer(object);
  if (!value) raise(ExceptionType::TypeError, std::string(what) + " has to be an int, not " + a_kind(object));
  return *value;
}

const std::string& need_string(Ref object, std::string_view what) {
  const auto* text = object->get<std::string>();
  if (text == nullptr) raise(ExceptionType::TypeError, std::string(what) + " has to be a str, not " + a_kind(object));
  return *text;
}

}  // namespace detforge::python
