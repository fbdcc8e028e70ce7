#include "detforge/checkpoint/numpy_array.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "detforge/base/error.h"
#include "detforge/checkpoint/checkpoint_limits.h"

namespace detforge {

namespace {

using Elements = std::span<const Object* const>;

Elements tuple_of(const Object* object) {
  const auto* tuple = object == nullptr ? nullptr : object->get<Object::Tuple>();
  return tuple == nullptr ? Elements{} : Elements(tuple->elements);
}

bool is_call_of(const std::string& type, const char* function) {
  for (const char* package : {"numpy.core.", "numpy._core."}) {
    if (type == std::string(package) + function) return true;
  }
  return false;
}

/// `numpy.dtype('f4', …)` with the state `(3, '<', …)`.
std::string code_of(const Object& object) {
  const auto* dtype = object.get<Record>();
  const Elements arguments = dtype == nullptr ? Elements{} : tuple_of(dtype->arguments);
  if (arguments.empty() || arguments[0]->text() == nullptr) throw Error("an array has no type of numbers");
  const Elements state = tuple_of(dtype->state);
  const std::string* order = state.size() > 1 ? state[1]->text() : nullptr;
  if (order != nullptr && *order == ">") throw Error("an array has its bytes in big-endian order");
  return *arguments[0]->text();
}

std::vector<std::size_t> shape_of(const Object& object) {
  const Elements sizes = tuple_of(&object);
  if (sizes.size() > checkpoint_limits::dimensions) throw Error("an array has more than 64 dimensions");
  std::vector<std::size_t> shape;
  for (const Object* size : sizes) {
    const auto* value = size->get<std::int64_t>();
    if (value == nullptr || *value < 0) throw Error("the shape of an array is none");
    shape.push_back(static_cast<std::size_t>(*value));
  }
  return shape;
}

template <class T>
std::vector<double> convert(const std::string& bytes) {
  std::vector<double> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(value);
  }
  return values;
}

/// IEEE's half precision: a sign, 5 bits of exponent, 10 of fraction.
double from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int fraction = bits & 0x3FF;
  double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 0x1F) value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -value : value;
}

std::vector<double> convert_halves(const std::string& bytes) {
  std::vector<double> values(bytes.size() / sizeof(std::uint16_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
    values[i] = from_half(bits);
  }
  return values;
}

std::vector<double> values_of(const std::string& code, const std::string& bytes) {
  if (code == "f4") return convert<float>(bytes);
  if (code == "f8") return convert<double>(bytes);
  if (code == "f2") return convert_halves(bytes);
  if (code == "i8") return convert<std::int64_t>(bytes);
  if (code == "i4") return convert<std::int32_t>(bytes);
  if (code == "i2") return convert<std::int16_t>(bytes);
  if (code == "i1") return convert<std::int8_t>(bytes);
  if (code == "u1" || code == "b1") return convert<std::uint8_t>(bytes);
  throw Error("arrays of '" + code + "' are not known");
}

/// Columns first, as Fortran has them, to rows first; two dimensions.
void transpose(NumpyArray& array) {
  if (array.shape.size() < 2) return;
  if (array.shape.size() > 2) throw Error("an array in Fortran's order has more than two dimensions");
  const std::size_t rows = array.shape[0];
  const std::size_t columns = array.shape[1];
  std::vector<double> values(array.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i % rows * columns + i / rows] = array.values[i];
  array.values = std::move(values);
}

NumpyArray make(const Object& shape, const Object& dtype, bool fortran, const Object& data) {
  const auto* bytes = data.get<Object::Bytes>();
  if (bytes == nullptr) throw Error("an array has no bytes");
  NumpyArray array{shape_of(shape), values_of(code_of(dtype), bytes->value)};
  std::size_t count = 1;
  for (const std::size_t size : array.shape) {
    if (size != 0 && count > array.values.size() / size + 1) throw Error("an array has other bytes than its shape");
    count *= size;
  }
  if (count != array.values.size()) throw Error("an array has other bytes than its shape");
  if (fortran) transpose(array);
  return array;
}

}  // namespace

std::optional<NumpyArray> numpy_array(const Object& object) {
  const auto* record = object.get<Record>();
  if (record == nullptr) return std::nullopt;
  if (is_call_of(record->type, "multiarray._reconstruct")) {
    const Elements state = tuple_of(record->state);  // version, shape, dtype, in Fortran's order, bytes
    if (state.size() != 5) throw Error("an array has no state");
    const auto* fortran = state[3]->get<bool>();
    return make(*state[1], *state[2], fortran != nullptr && *fortran, *state[4]);
  }
  if (is_call_of(record->type, "numeric._frombuffer")) {
    const Elements arguments = tuple_of(record->arguments);  // bytes, dtype, shape, order
    if (arguments.size() != 4) throw Error("an array is made of other than four values");
    const std::string* order = arguments[3]->text();
    return make(*arguments[2], *arguments[1], order != nullptr && *order == "F", *arguments[0]);
  }
  return std::nullopt;
}

}  // namespace detforge
