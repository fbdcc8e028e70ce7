#include "detforge/config/python/object_text.h"

#include "detforge/config/limits.h"
#include "detforge/config/python/format_spec.h"
#include "detforge/config/value.h"

namespace detforge::python {
namespace {

class Writer {
 public:
  explicit Writer(Runtime& runtime) : runtime_(runtime) {}

  std::string write(Ref object) {
    append(object);
    return std::move(out_);
  }

 private:
  void append(Ref object) {
    runtime_.work(1);
    if (++depth_ > limits::kValueNesting) throw Error("values are nested too deeply");
    if (const auto* list = object->get<List>(); list != nullptr) {
      sequence("[", list->items, "]");
    } else if (const auto* tuple = object->get<Tuple>(); tuple != nullptr) {
      sequence("(", tuple->items, tuple->items.size() == 1 ? ",)" : ")");
    } else if (const auto* dict = object->get<Dict>(); dict != nullptr) {
      entries("{", dict->table, true);
    } else if (const auto* set = object->get<Set>(); set != nullptr) {
      if (set->table.size() == 0) out_ += "set()";
      else entries("{", set->table, false);
    } else {
      scalar(object);
    }
    runtime_.check_string(out_.size());
    --depth_;
  }

  void sequence(std::string_view open, const std::vector<Slot>& items, std::string_view close) {
    out_ += open;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      append(items[i].value);
    }
    out_ += close;
  }

  void entries(std::string_view open, const Table& table, bool values) {
    out_ += open;
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (i > 0) out_ += ", ";
      append(table.entries()[i].key.value);
      if (!values) continue;
      out_ += ": ";
      append(table.entries()[i].value.value);
    }
    out_ += '}';
  }

  void scalar(Ref object) {
    if (object->is_none()) out_ += "None";
    else if (const auto* boolean = object->get<bool>(); boolean != nullptr) out_ += *boolean ? "True" : "False";
    else if (const auto* integer = object->get<std::int64_t>(); integer != nullptr) out_ += std::to_string(*integer);
    else if (const auto* number = object->get<double>(); number != nullptr) out_ += detforge::repr(Value(*number));
    else if (const auto* text = object->get<std::string>(); text != nullptr) out_ += detforge::repr(Value(*text));
    else if (const auto* bytes = object->get<Bytes>(); bytes != nullptr) out_ += detforge::repr(Value::bytes(bytes->data));
    else if (const auto* range = object->get<Range>(); range != nullptr) {
      out_ += "range(" + std::to_string(range->start) + ", " + std::to_string(range->stop);
      out_ += range->step == 1 ? ")" : ", " + std::to_string(range->step) + ")";
    } else if (const auto* exception = object->get<ExceptionObject>(); exception != nullptr) {
      out_ += std::string(exception->type) + "(" + detforge::repr(Value(exception->message)) + ")";
    } else {
      // Python's text of these holds an address in memory.
      raise(ExceptionType::TypeError, a_kind(object) + " has no text that would be the same tomorrow");
    }
  }

  Runtime& runtime_;
  std::string out_;
  std::uint32_t depth_ = 0;
};

}  // namespace

std::string repr(Runtime& runtime, Ref object) { return Writer(runtime).write(object); }

std::string to_text(Runtime& runtime, Ref object) {
  if (const auto* text = object->get<std::string>(); text != nullptr) return *text;
  if (const auto* exception = object->get<ExceptionObject>(); exception != nullptr) return exception->message;
  return repr(runtime, object);
}

std::string format_object(Runtime& runtime, Ref object, std::string_view spec) {
  const bool plain_bool = object->get<bool>() != nullptr;
  if (spec.empty()) return to_text(runtime, object);
  const FormatSpec parsed = parse_format_spec(spec);
  runtime.check_string(parsed.width);
  runtime.work(parsed.width);
  if (const auto* text = object->get<std::string>(); text != nullptr) return format_text(*text, parsed);
  if (const auto integer = as_integer(object); integer && !(plain_bool && parsed.type == 's')) return format_integer(*integer, parsed);
  if (const auto* number = object->get<double>(); number != nullptr) return format_float(*number, parsed);
  raise(ExceptionType::TypeError, a_kind(object) + " takes no format");
}

}  // namespace detforge::python
