#pragma once

#include "detforge/registry/conversion.h"

namespace detforge {

/// A size that a config aims at: (long edge, short edge), or (width, height) without keep_ratio.
using Scale = std::array<double, 2>;

/// One pair or a list of pairs, as `img_scale` has them.
struct Scales {
  std::vector<Scale> all;
};

template <>
struct Conversion<Scales> {
  static Scales from(const Value& value);
  static Value to(const Scales& scales) { return Conversion<std::vector<Scale>>::to(scales.all); }
  static std::string type() { return "pair of float or list of such pairs"; }
  static Value schema() {
    return Value::dict({{"anyOf", Value::list({Conversion<Scale>::schema(), Conversion<std::vector<Scale>>::schema()})}});
  }
};

}  // namespace detforge
