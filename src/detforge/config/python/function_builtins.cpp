#include <algorithm>
#include <cmath>

#include "detforge/config/python/builtins.h"
#include "detforge/config/python/iterate.h"
#include "detforge/config/python/literals.h"
#include "detforge/config/python/object_text.h"
#include "detforge/config/python/operators.h"
#include "detforge/config/python/text.h"

namespace detforge::python {
namespace {

Ref only(Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  return arguments.at(0);
}

Ref length(Runtime& runtime, Arguments& arguments) {
  const Ref object = only(arguments);
  const auto size = [&](std::size_t count) { return runtime.integer(static_cast<std::int64_t>(count)); };
  if (const auto* text = object->get<std::string>(); text != nullptr) return size(code_points(*text));
  if (const auto* bytes = object->get<Bytes>(); bytes != nullptr) return size(bytes->data.size());
  if (const auto* list = object->get<List>(); list != nullptr) return size(list->items.size());
  if (const auto* tuple = object->get<Tuple>(); tuple != nullptr) return size(tuple->items.size());
  if (const auto* set = object->get<Set>(); set != nullptr) return size(set->table.size());
  if (const auto* dict = object->get<Dict>(); dict != nullptr) return size(dict->table.size());
  if (const auto* range = object->get<Range>(); range != nullptr) return runtime.integer(range->size());
  if (const auto* view = object->get<DictView>(); view != nullptr) return size(view->dict->get<Dict>()->table.size());
  raise(ExceptionType::TypeError, a_kind(object) + " has no length");
}

/// `min` and `max`: of one iterable or of several arguments, by `key`, the first of equal ones.
Ref extreme(Runtime& runtime, Arguments& arguments, bool largest) {
  const Ref key = arguments.take(SIZE_MAX, "key");
  const Ref fallback = arguments.take(SIZE_MAX, "default");
  arguments.no_keywords();
  arguments.expect(1, SIZE_MAX);
  const std::vector<Slot> items = arguments.positional.size() == 1 ? collect(runtime, arguments.at(0)) : arguments.positional;
  if (items.empty()) {
    if (fallback != nullptr) return fallback;
    raise(ExceptionType::ValueError, std::string(arguments.function) + "() of nothing");
  }
  const auto rank = [&](const Slot& item) { return key == nullptr || key->is_none() ? item.value : call(runtime, key, {item}); };
  Ref best = items[0].value;
  Ref best_rank = rank(items[0]);
  for (std::size_t i = 1; i < items.size(); ++i) {
    const Ref item_rank = rank(items[i]);
    if (largest ? less(runtime, best_rank, item_rank) : less(runtime, item_rank, best_rank)) {
      best = items[i].value;
      best_rank = item_rank;
    }
  }
  return best;
}

Ref minimum(Runtime& runtime, Arguments& arguments) { return extreme(runtime, arguments, false); }
Ref maximum(Runtime& runtime, Arguments& arguments) { return extreme(runtime, arguments, true); }

Ref sum(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 2);
  const Ref start = arguments.take(1, "start");
  arguments.no_keywords();
  Ref total = start == nullptr ? runtime.integer(0) : start;
  if (total->get<std::string>() != nullptr) raise(ExceptionType::TypeError, "sum() adds no strs; use ''.join(…)");
  Cursor cursor(runtime, arguments.at(0));
  while (const auto item = cursor.next()) total = binary_operator(runtime, BinaryOperator::Add, total, item->value);
  return total;
}

Ref sorted_list(Runtime& runtime, Arguments& arguments) {
  const Ref key = arguments.take(SIZE_MAX, "key");
  const Ref reverse = arguments.take(SIZE_MAX, "reverse");
  return runtime.list(sorted(runtime, collect(runtime, only(arguments)), key, reverse != nullptr && truth(reverse)));
}

Ref absolute(Runtime& runtime, Arguments& arguments) {
  const Ref object = only(arguments);
  if (const auto integer = as_integer(object))
    return *integer < 0 ? unary_operator(runtime, UnaryOperator::Minus, object) : runtime.integer(*integer);
  const auto number = as_number(object);
  if (!number) raise(ExceptionType::TypeError, "abs() takes a number, not " + a_kind(object));
  return runtime.number(std::abs(*number));
}

/// Half to even of the decimal digits, as Python rounds.
Ref rounded(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 2);
  const Ref digits = arguments.take(1, "ndigits");
  arguments.no_keywords();
  const Ref object = arguments.at(0);
  const bool to_integer = digits == nullptr || digits->is_none();
  const std::int64_t places = to_integer ? 0 : need_integer(digits, "the digits of round()");
  if (const auto integer = as_integer(object)) {
    if (places >= 0) return runtime.integer(*integer);
    if (places < -18) return runtime.integer(0);
    std::int64_t unit = 1;
    for (std::int64_t i = places; i < 0; ++i) unit *= 10;
    std::int64_t rest = *integer % unit;
    std::int64_t down = *integer - rest;
    if (rest < 0) {
      if (__builtin_sub_overflow(down, unit, &down)) throw Error("the result does not fit 64 bits");
      rest += unit;
    }
    const bool up = rest * 2 > unit || (rest * 2 == unit && (down / unit) % 2 != 0);
    if (up && __builtin_add_overflow(down, unit, &down)) throw Error("the result does not fit 64 bits");
    return runtime.integer(down);
  }
  const auto* number = object->get<double>();
  if (number == nullptr) raise(ExceptionType::TypeError, "round() takes a number, not " + a_kind(object));
  if (to_integer) {
    if (std::isnan(*number)) raise(ExceptionType::ValueError, "nan is no int");
    if (std::isinf(*number)) raise(ExceptionType::OverflowError, "infinity is no int");
    const double whole = std::nearbyint(*number);
    if (std::abs(whole) >= 0x1p63) throw Error("the result does not fit 64 bits");
    return runtime.integer(static_cast<std::int64_t>(whole));
  }
  if (!std::isfinite(*number) || places > 300) return object;
  if (places < -300) return runtime.number(0.0 * *number);
  if (places < 0) {
    const double unit = std::pow(10.0, static_cast<double>(-places));
    return runtime.number(std::nearbyint(*number / unit) * unit);
  }
  const Ref text = runtime.string(format_object(runtime, object, "." + std::to_string(places) + "f"));
  Arguments again{"float", {}, {{text, {}}}, {}};
  return find_builtin("float")->call(runtime, again);
}

Ref any_of(Runtime& runtime, Arguments& arguments) {
  Cursor cursor(runtime, only(arguments));
  while (const auto item = cursor.next()) {
    if (truth(item->value)) return runtime.boolean(true);
  }
  return runtime.boolean(false);
}

Ref all_of(Runtime& runtime, Arguments& arguments) {
  Cursor cursor(runtime, only(arguments));
  while (const auto item = cursor.next()) {
    if (!truth(item->value)) return runtime.boolean(false);
  }
  return runtime.boolean(true);
}

bool is_instance(Ref object, Ref type) {
  if (const auto* tuple = type->get<Tuple>(); tuple != nullptr) {
    return std::any_of(tuple->items.begin(), tuple->items.end(), [&](const Slot& item) {
      if (item.value->get<Tuple>() != nullptr) raise(ExceptionType::TypeError, "the types of isinstance() are a flat tuple here");
      return is_instance(object, item.value);
    });
  }
  const auto* function = type->get<Function>();
  if (function == nullptr || function->native->kind != Native::Kind::Type)
    raise(ExceptionType::TypeError, "isinstance() needs a type, or a tuple of types");
  const std::string_view wanted = function->native->name;
  const std::string_view name = type_name(object);
  return name == wanted || (name == "bool" && wanted == "int") || (name == "ConfigDict" && wanted == "dict");
}

Ref isinstance(Runtime& runtime, Arguments& arguments) {
  arguments.expect(2, 2);
  arguments.no_keywords();
  return runtime.boolean(is_instance(arguments.at(0), arguments.at(1)));
}

Ref callable(Runtime& runtime, Arguments& arguments) {
  const Ref object = only(arguments);
  return runtime.boolean(object->get<Function>() != nullptr || object->get<BoundMethod>() != nullptr);
}

Ref repr_of(Runtime& runtime, Arguments& arguments) { return runtime.string(repr(runtime, only(arguments))); }

Ref format_of(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 2);
  arguments.no_keywords();
  const auto& given = arguments.positional;
  return runtime.string(format_object(runtime, given[0].value, given.size() > 1 ? need_string(given[1].value, "a format") : ""));
}

Ref divmod(Runtime& runtime, Arguments& arguments) {
  arguments.expect(2, 2);
  arguments.no_keywords();
  const Ref a = arguments.at(0), b = arguments.at(1);
  return runtime.tuple_of(
      {binary_operator(runtime, BinaryOperator::FloorDivide, a, b), binary_operator(runtime, BinaryOperator::Modulo, a, b)});
}

Ref power(Runtime& runtime, Arguments& arguments) {
  arguments.expect(2, 2);
  arguments.no_keywords();
  return binary_operator(runtime, BinaryOperator::Power, arguments.at(0), arguments.at(1));
}

Ref character(Runtime& runtime, Arguments& arguments) {
  const std::int64_t code = need_integer(only(arguments), "the argument of chr()");
  if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) raise(ExceptionType::ValueError, "chr() got no character's number");
  std::string text;
  append_utf8(text, static_cast<char32_t>(code));
  return runtime.string(std::move(text));
}

Ref ordinal(Runtime& runtime, Arguments& arguments) {
  const std::u32string points = decode_utf8(need_string(only(arguments), "the argument of ord()"));
  if (points.size() != 1) raise(ExceptionType::TypeError, "ord() takes one character");
  return runtime.integer(static_cast<std::int64_t>(points[0]));
}

Ref based(Runtime& runtime, Arguments& arguments, std::string_view spec) {
  const Ref object = only(arguments);
  need_integer(object, "the argument of " + std::string(arguments.function) + "()");
  return runtime.string(format_object(runtime, object, spec));
}
Ref hexadecimal(Runtime& runtime, Arguments& arguments) { return based(runtime, arguments, "#x"); }
Ref octal(Runtime& runtime, Arguments& arguments) { return based(runtime, arguments, "#o"); }
Ref binary(Runtime& runtime, Arguments& arguments) { return based(runtime, arguments, "#b"); }

/// The first element of what is iterated over; only iterators keep a position between calls.
Ref next_item(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 2);
  arguments.no_keywords();
  const Ref object = arguments.at(0);
  if (object->get<Iterator>() == nullptr) raise(ExceptionType::TypeError, "next() takes an iterator, not " + a_kind(object));
  if (const auto item = Cursor(runtime, object).next()) return item->value;
  if (arguments.positional.size() > 1) return arguments.at(1);
  raise(ExceptionType::Exception, "next() of an iterator that has no more");
}

Ref iterator_of(Runtime& runtime, Arguments& arguments) {
  const Ref object = only(arguments);
  return object->get<Iterator>() != nullptr ? object : runtime.iterator("iterator", collect(runtime, object));
}

/// What a config prints is kept as a note: a library does not write to the terminal.
Ref print(Runtime& runtime, Arguments& arguments) {
  const Ref separator = arguments.take(SIZE_MAX, "sep");
  arguments.keywords.clear();
  std::string line;
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    if (i > 0) line += separator != nullptr && separator->get<std::string>() != nullptr ? *separator->get<std::string>() : " ";
    line += to_text(runtime, arguments.at(i));
    runtime.check_string(line.size());
  }
  runtime.grow(0, line.size() / sizeof(Slot) + 1);
  runtime.printed.push_back(std::move(line));
  return runtime.none();
}

constexpr Native kFunctions[] = {
    {"abs", absolute},     {"all", all_of},         {"any", any_of},       {"bin", binary},      {"callable", callable},
    {"chr", character},    {"divmod", divmod},      {"format", format_of}, {"hex", hexadecimal}, {"isinstance", isinstance},
    {"iter", iterator_of}, {"len", length},         {"max", maximum},      {"min", minimum},     {"next", next_item},
    {"oct", octal},        {"ord", ordinal},        {"pow", power},        {"print", print},     {"repr", repr_of},
    {"round", rounded},    {"sorted", sorted_list}, {"sum", sum},
};

}  // namespace

std::span<const Native> function_builtins() { return kFunctions; }

}  // namespace detforge::python
