#include "detforge/data/transforms/scales.h"

namespace detforge {
namespace {

Scale scale_from(const Value& value) {
  if (!value.is_sequence() || value.size() != 2) {
    throw Error("a scale is a pair of numbers, got " + repr(value)).at(value.location());
  }
  const Scale scale = {Conversion<double>::from(value[0]), Conversion<double>::from(value[1])};
  if (!(scale[0] > 0 && scale[1] > 0)) throw Error("a scale must be positive, got " + repr(value)).at(value.location());
  return scale;
}

}  // namespace

Scales Conversion<Scales>::from(const Value& value) {
  Scales scales;
  if (value.is_sequence() && !value.empty() && value[0].is_sequence()) {
    for (const Value& element : value.elements()) scales.all.push_back(scale_from(element));
  } else {
    scales.all.push_back(scale_from(value));
  }
  return scales;
}

}  // namespace detforge
