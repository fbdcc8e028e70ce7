#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "detforge/registry/conversion.h"

namespace detforge::nn {

/// (height, width) of a kernel, stride, padding or dilation; one number stands for both.
struct Pair {
  std::int64_t height = 0;
  std::int64_t width = 0;

  Pair(std::int64_t both) : height(both), width(both) {}
  Pair(std::int64_t h, std::int64_t w) : height(h), width(w) {}

  std::array<std::int64_t, 2> array() const { return {height, width}; }
  /// `(3, 3)`
  std::string text() const { return "(" + std::to_string(height) + ", " + std::to_string(width) + ")"; }
  friend bool operator==(const Pair&, const Pair&) = default;
};

}  // namespace detforge::nn

namespace detforge {

template <>
struct Conversion<nn::Pair> {
  static nn::Pair from(const Value& value) {
    if (value.is_int()) return value.as_int();
    const auto both = Conversion<std::array<std::int64_t, 2>>::from(value);
    return {both[0], both[1]};
  }
  static Value to(const nn::Pair& pair) { return pair.height == pair.width ? Value(pair.height) : Value::tuple({pair.height, pair.width}); }
  static std::string type() { return "int or pair of int"; }
  static Value schema() {
    return Value::dict({{"anyOf", Value::list({Conversion<std::int64_t>::schema(), Conversion<std::array<std::int64_t, 2>>::schema()})}});
  }
};

}  // namespace detforge
