#include "detforge/config/python/iterate.h"

#include "detforge/config/python/text.h"

namespace detforge::python {

Cursor::Cursor(Runtime& runtime, Ref iterable) : runtime_(runtime), iterable_(iterable) {
  if (const auto* dict = iterable->get<Dict>(); dict != nullptr) size_ = dict->table.size();
  else if (const auto* set = iterable->get<Set>(); set != nullptr) size_ = set->table.size();
  else if (const auto* view = iterable->get<DictView>(); view != nullptr) size_ = view->dict->get<Dict>()->table.size();
  else if (iterable->get<List>() == nullptr && iterable->get<Tuple>() == nullptr && iterable->get<std::string>() == nullptr &&
           iterable->get<Bytes>() == nullptr && iterable->get<Range>() == nullptr && iterable->get<Iterator>() == nullptr) {
    raise(ExceptionType::TypeError, "cannot iterate over " + a_kind(iterable));
  }
}

std::optional<Slot> Cursor::next_item(const std::vector<Slot>& items) {
  if (position_ >= items.size()) return std::nullopt;
  return items[position_++];
}

std::optional<Slot> Cursor::next_entry(const Table& table, DictView::Part part) {
  if (table.size() != size_) raise(ExceptionType::RuntimeError, "a dict or set changed its size while it was iterated over");
  if (position_ >= size_) return std::nullopt;
  const auto& entry = table.entries()[position_++];
  if (part == DictView::Part::Keys) return entry.key;
  if (part == DictView::Part::Values) return entry.value;
  return Slot{runtime_.tuple({entry.key, entry.value}), entry.value.place};
}

std::optional<Slot> Cursor::next() {
  runtime_.work(1);
  if (const auto* list = iterable_->get<List>(); list != nullptr) return next_item(list->items);
  if (const auto* tuple = iterable_->get<Tuple>(); tuple != nullptr) return next_item(tuple->items);
  if (const auto* dict = iterable_->get<Dict>(); dict != nullptr) return next_entry(dict->table, DictView::Part::Keys);
  if (const auto* set = iterable_->get<Set>(); set != nullptr) return next_entry(set->table, DictView::Part::Keys);
  if (const auto* view = iterable_->get<DictView>(); view != nullptr) return next_entry(view->dict->get<Dict>()->table, view->part);
  if (const auto* range = iterable_->get<Range>(); range != nullptr) {
    if (static_cast<std::int64_t>(position_) >= range->size()) return std::nullopt;
    return Slot{runtime_.integer(range->start + static_cast<std::int64_t>(position_++) * range->step), {}};
  }
  if (auto* iterator = iterable_->get<Iterator>(); iterator != nullptr) {
    if (iterator->next >= iterator->items.size()) return std::nullopt;
    return iterator->items[iterator->next++];
  }
  if (const auto* bytes = iterable_->get<Bytes>(); bytes != nullptr) {
    if (position_ >= bytes->data.size()) return std::nullopt;
    return Slot{runtime_.integer(static_cast<unsigned char>(bytes->data[position_++])), {}};
  }
  const auto& text = *iterable_->get<std::string>();
  if (position_ >= text.size()) return std::nullopt;
  const std::size_t length = code_point_length(text, position_);
  position_ += length;
  return Slot{runtime_.string(text.substr(position_ - length, length)), {}};
}

std::vector<Slot> collect(Runtime& runtime, Ref iterable) {
  std::vector<Slot> items;
  Cursor cursor(runtime, iterable);
  while (const auto slot = cursor.next()) {
    runtime.grow(items.size() + 1, 1);
    items.push_back(*slot);
  }
  return items;
}

}  // namespace detforge::python
