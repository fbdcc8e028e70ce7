#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "detforge/base/error.h"

namespace detforge::python {

/// What Python would raise, so that `try` in a config can catch it.
enum class ExceptionType : std::uint8_t {
  Exception,
  ArithmeticError,
  AssertionError,
  AttributeError,
  ImportError,
  IndexError,
  KeyError,
  LookupError,
  NameError,
  OSError,
  OverflowError,
  RuntimeError,
  TypeError,
  ValueError,
  ZeroDivisionError,
};

std::string_view exception_name(ExceptionType type);
std::optional<ExceptionType> exception_type(std::string_view name);
/// Whether `except base` catches `type`.
bool is_subclass(ExceptionType type, ExceptionType base);

/// An error that a `try` of the config may catch; limits and refusals are plain `Error`s, which it may not.
class Raised : public Error {
 public:
  Raised(ExceptionType type, std::string message) : Error(std::move(message)), type_(type) {}

  ExceptionType type() const { return type_; }

 private:
  ExceptionType type_;
};

}  // namespace detforge::python
