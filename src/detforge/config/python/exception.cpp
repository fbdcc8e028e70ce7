#include "detforge/config/python/exception.h"

#include <algorithm>
#include <array>

namespace detforge::python {
namespace {

constexpr std::array<std::string_view, 15> kNames = {
    "Exception", "ArithmeticError", "AssertionError", "AttributeError", "ImportError", "IndexError", "KeyError",         "LookupError",
    "NameError", "OSError",         "OverflowError",  "RuntimeError",   "TypeError",   "ValueError", "ZeroDivisionError"};

ExceptionType parent(ExceptionType type) {
  switch (type) {
    case ExceptionType::IndexError:
    case ExceptionType::KeyError: return ExceptionType::LookupError;
    case ExceptionType::OverflowError:
    case ExceptionType::ZeroDivisionError: return ExceptionType::ArithmeticError;
    default: return ExceptionType::Exception;
  }
}

}  // namespace

std::string_view exception_name(ExceptionType type) { return kNames[static_cast<std::size_t>(type)]; }

std::optional<ExceptionType> exception_type(std::string_view name) {
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<ExceptionType>(found - kNames.begin());
}

bool is_subclass(ExceptionType type, ExceptionType base) {
  while (type != base && type != ExceptionType::Exception) type = parent(type);
  return type == base;
}

}  // namespace detforge::python
