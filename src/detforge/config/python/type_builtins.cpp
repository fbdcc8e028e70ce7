#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "detforge/config/python/builtins.h"
#include "detforge/config/python/iterate.h"
#include "detforge/config/python/literals.h"
#include "detforge/config/python/object_text.h"
#include "detforge/config/python/text.h"

namespace detforge::python {
namespace {

/// Digits with underscores between them only.
bool valid_underscores(std::string_view text) {
  const auto digit = [&](std::size_t i) { return i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i])) != 0; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && (i == 0 || !digit(i - 1) || !digit(i + 1))) return false;
  }
  return true;
}

[[noreturn]] void no_number(const std::string& text, std::string_view type) {
  raise(ExceptionType::ValueError, "'" + text + "' is no " + std::string(type));
}

std::int64_t parse_int(const std::string& written, int base) {
  std::string_view text = strip(written, "", true, true);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const char letter = text.size() > 1 && text[0] == '0' ? static_cast<char>(text[1] | 0x20) : '\0';
  const int prefix = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
  if (base == 0) base = prefix;
  if (prefix != 10 && prefix == base) text.remove_prefix(2);
  std::string digits(negative ? "-" : "");
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::result_out_of_range) throw Error("'" + written + "' does not fit 64 bits");
  if (error != std::errc() || end != digits.data() + digits.size() || text.starts_with('-') || !valid_underscores(text))
    no_number(written, "int");
  return value;
}

double parse_float(const std::string& written) {
  std::string_view text = strip(written, "", true, true);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::string name = lower(text);
  double value = 0;
  if (name == "inf" || name == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (name == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    std::string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool starts_well = !digits.empty() && (digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'));
    if (error == std::errc::result_out_of_range) value = decimal_float(digits);
    else if (error != std::errc() || !starts_well) no_number(written, "float");
    if (end != digits.data() + digits.size() || !valid_underscores(text)) no_number(written, "float");
  }
  return negative ? -value : value;
}

Ref make_int(Runtime& runtime, Arguments& arguments) {
  arguments.expect(0, 2);
  const Ref base = arguments.take(1, "base");
  arguments.no_keywords();
  if (arguments.positional.empty()) return runtime.integer(0);
  const Ref value = arguments.at(0);
  if (const auto* text = value->get<std::string>(); text != nullptr) {
    const std::int64_t number_base = base == nullptr ? 10 : need_integer(base, "the base of int()");
    if (number_base != 0 && (number_base < 2 || number_base > 36))
      raise(ExceptionType::ValueError, "the base of int() is 0 or from 2 to 36");
    return runtime.integer(parse_int(*text, static_cast<int>(number_base)));
  }
  if (base != nullptr) raise(ExceptionType::TypeError, "int() takes a base for a str only");
  if (const auto integer = as_integer(value)) return runtime.integer(*integer);
  const auto* number = value->get<double>();
  if (number == nullptr) raise(ExceptionType::TypeError, "int() takes a number or a str, not " + a_kind(value));
  if (std::isnan(*number)) raise(ExceptionType::ValueError, "nan is no int");
  if (std::isinf(*number)) raise(ExceptionType::OverflowError, "infinity is no int");
  if (std::abs(*number) >= 0x1p63) throw Error("the result does not fit 64 bits");
  return runtime.integer(static_cast<std::int64_t>(*number));
}

Ref make_float(Runtime& runtime, Arguments& arguments) {
  arguments.expect(0, 1);
  arguments.no_keywords();
  if (arguments.positional.empty()) return runtime.number(0);
  const Ref value = arguments.at(0);
  if (const auto* text = value->get<std::string>(); text != nullptr) return runtime.number(parse_float(*text));
  const auto number = as_number(value);
  if (!number) raise(ExceptionType::TypeError, "float() takes a number or a str, not " + a_kind(value));
  return runtime.number(*number);
}

Ref make_str(Runtime& runtime, Arguments& arguments) {
  arguments.expect(0, 1);
  const Ref value = arguments.take(0, "object");
  arguments.no_keywords();
  return runtime.string(value == nullptr ? std::string() : to_text(runtime, value));
}

Ref make_bool(Runtime& runtime, Arguments& arguments) {
  arguments.expect(0, 1);
  arguments.no_keywords();
  return runtime.boolean(!arguments.positional.empty() && truth(arguments.at(0)));
}

std::vector<Slot> argument_items(Runtime& runtime, Arguments& arguments) {
  arguments.expect(0, 1);
  arguments.no_keywords();
  return arguments.positional.empty() ? std::vector<Slot>() : collect(runtime, arguments.at(0));
}

Ref make_list(Runtime& runtime, Arguments& arguments) { return runtime.list(argument_items(runtime, arguments)); }
Ref make_tuple(Runtime& runtime, Arguments& arguments) { return runtime.tuple(argument_items(runtime, arguments)); }

Ref make_set(Runtime& runtime, Arguments& arguments) {
  const Ref set = runtime.set();
  for (const Slot& item : argument_items(runtime, arguments)) set->get<Set>()->table.set(runtime, item, {});
  return set;
}

Ref make_dict(Runtime& runtime, Arguments& arguments) {
  const Ref dict = runtime.dict();
  update_table(runtime, dict->get<Dict>()->table, arguments);
  return dict;
}

Ref make_range(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 3);
  arguments.no_keywords();
  constexpr std::int64_t kLargest = std::int64_t{1} << 61;
  const auto bound = [&](std::size_t i) {
    const std::int64_t value = need_integer(arguments.at(i), "a bound of range()");
    if (value > kLargest || value < -kLargest) throw Error("a bound of range() is too large");
    return value;
  };
  Range range{0, bound(0), 1};
  if (arguments.positional.size() > 1) {
    range.start = range.stop;
    range.stop = bound(1);
  }
  if (arguments.positional.size() > 2) range.step = bound(2);
  if (range.step == 0) raise(ExceptionType::ValueError, "the step of range() is zero");
  return runtime.make({range});
}

Ref make_slice(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 3);
  arguments.no_keywords();
  const auto& given = arguments.positional;
  if (given.size() == 1) return runtime.make({Slice{runtime.none(), given[0].value, runtime.none()}});
  return runtime.make({Slice{given[0].value, given[1].value, given.size() > 2 ? given[2].value : runtime.none()}});
}

Ref make_enumerate(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 2);
  const Ref start = arguments.take(1, "start");
  arguments.no_keywords();
  std::int64_t index = start == nullptr ? 0 : need_integer(start, "the start of enumerate()");
  std::vector<Slot> items = collect(runtime, arguments.at(0));
  for (Slot& item : items) item.value = runtime.tuple({{runtime.integer(index++), {}}, item});
  return runtime.iterator("enumerate", std::move(items));
}

std::vector<std::vector<Slot>> all_items(Runtime& runtime, const Arguments& arguments, std::size_t first) {
  std::vector<std::vector<Slot>> columns;
  for (std::size_t i = first; i < arguments.positional.size(); ++i) columns.push_back(collect(runtime, arguments.at(i)));
  return columns;
}

std::size_t shortest(const std::vector<std::vector<Slot>>& columns) {
  const auto least = std::min_element(columns.begin(), columns.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return least == columns.end() ? 0 : least->size();
}

Ref make_zip(Runtime& runtime, Arguments& arguments) {
  const Ref strict = arguments.take(SIZE_MAX, "strict");
  arguments.no_keywords();
  const auto columns = all_items(runtime, arguments, 0);
  std::vector<Slot> rows;
  for (std::size_t i = 0; i < shortest(columns); ++i) {
    std::vector<Slot> row;
    for (const auto& column : columns) row.push_back(column[i]);
    rows.push_back({runtime.tuple(std::move(row)), {}});
  }
  const bool even = std::all_of(columns.begin(), columns.end(), [&](const auto& column) { return column.size() == rows.size(); });
  if (strict != nullptr && truth(strict) && !even) raise(ExceptionType::ValueError, "zip() got arguments of different lengths");
  return runtime.iterator("zip", std::move(rows));
}

Ref make_map(Runtime& runtime, Arguments& arguments) {
  arguments.expect(2, SIZE_MAX);
  arguments.no_keywords();
  const auto columns = all_items(runtime, arguments, 1);
  std::vector<Slot> results;
  for (std::size_t i = 0; i < shortest(columns); ++i) {
    std::vector<Slot> row;
    for (const auto& column : columns) row.push_back(column[i]);
    results.push_back({call(runtime, arguments.at(0), std::move(row)), {}});
  }
  return runtime.iterator("map", std::move(results));
}

Ref make_filter(Runtime& runtime, Arguments& arguments) {
  arguments.expect(2, 2);
  arguments.no_keywords();
  const Ref function = arguments.at(0);
  std::vector<Slot> kept;
  for (const Slot& item : collect(runtime, arguments.at(1))) {
    if (truth(function->is_none() ? item.value : call(runtime, function, {item}))) kept.push_back(item);
  }
  return runtime.iterator("filter", std::move(kept));
}

Ref make_reversed(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  arguments.no_keywords();
  const Ref value = arguments.at(0);
  if (value->get<Set>() != nullptr || value->get<Iterator>() != nullptr)
    raise(ExceptionType::TypeError, a_kind(value) + " has no order to reverse");
  std::vector<Slot> items = collect(runtime, value);
  std::reverse(items.begin(), items.end());
  return runtime.iterator("reversed", std::move(items));
}

/// `type(x)`: the builtin that makes such objects.
Ref make_type(Runtime& runtime, Arguments& arguments) {
  arguments.expect(1, 1);
  const std::string_view name = type_name(arguments.at(0));
  const auto types = type_builtins();
  const auto found = std::find_if(types.begin(), types.end(), [&](const Native& native) { return native.name == name; });
  if (found == types.end()) raise(ExceptionType::TypeError, "the type '" + std::string(name) + "' has no name in a config");
  return runtime.make({Function{&*found}});
}

template <ExceptionType type>
Ref make_exception(Runtime& runtime, Arguments& arguments) {
  std::string message;
  for (const Slot& argument : arguments.positional) message += (message.empty() ? "" : ", ") + to_text(runtime, argument.value);
  return runtime.make({ExceptionObject{exception_name(type), std::move(message)}});
}

template <ExceptionType type>
constexpr Native exception_native(std::string_view name) {
  return {name, make_exception<type>, Native::Kind::Type};
}

constexpr Native kTypes[] = {
    {"bool", make_bool, Native::Kind::Type},
    {"dict", make_dict, Native::Kind::Type},
    {"enumerate", make_enumerate, Native::Kind::Type},
    {"filter", make_filter, Native::Kind::Type},
    {"float", make_float, Native::Kind::Type},
    {"int", make_int, Native::Kind::Type},
    {"list", make_list, Native::Kind::Type},
    {"map", make_map, Native::Kind::Type},
    {"range", make_range, Native::Kind::Type},
    {"reversed", make_reversed, Native::Kind::Type},
    {"set", make_set, Native::Kind::Type},
    {"slice", make_slice, Native::Kind::Type},
    {"str", make_str, Native::Kind::Type},
    {"tuple", make_tuple, Native::Kind::Type},
    {"type", make_type, Native::Kind::Type},
    {"zip", make_zip, Native::Kind::Type},
    exception_native<ExceptionType::ArithmeticError>("ArithmeticError"),
    exception_native<ExceptionType::AssertionError>("AssertionError"),
    exception_native<ExceptionType::AttributeError>("AttributeError"),
    exception_native<ExceptionType::Exception>("Exception"),
    exception_native<ExceptionType::ImportError>("ImportError"),
    exception_native<ExceptionType::IndexError>("IndexError"),
    exception_native<ExceptionType::KeyError>("KeyError"),
    exception_native<ExceptionType::LookupError>("LookupError"),
    exception_native<ExceptionType::NameError>("NameError"),
    exception_native<ExceptionType::OSError>("OSError"),
    exception_native<ExceptionType::OverflowError>("OverflowError"),
    exception_native<ExceptionType::RuntimeError>("RuntimeError"),
    exception_native<ExceptionType::TypeError>("TypeError"),
    exception_native<ExceptionType::ValueError>("ValueError"),
    exception_native<ExceptionType::ZeroDivisionError>("ZeroDivisionError"),
};

}  // namespace

std::span<const Native> type_builtins() { return kTypes; }

}  // namespace detforge::python
