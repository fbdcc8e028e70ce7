#include "detforge/registry/conversion.h"

namespace detforge {

void throw_wrong_type(std::string_view wanted, const Value& got) {
  throw Error("expected " + std::string(wanted) + ", got " + std::string(got.type_name()) + " " + repr(got)).at(got.location());
}

bool Conversion<bool>::from(const Value& value) {
  if (!value.is_bool()) throw_wrong_type(type(), value);
  return value.as_bool();
}

std::int64_t Conversion<std::int64_t>::from(const Value& value) {
  if (!value.is_int()) throw_wrong_type(type(), value);
  return value.as_int();
}

double Conversion<double>::from(const Value& value) {
  if (!value.is_int() && !value.is_float()) throw_wrong_type(type(), value);
  return value.as_double();
}

std::string Conversion<std::string>::from(const Value& value) {
  if (!value.is_string()) throw_wrong_type(type(), value);
  return value.as_string();
}

ConfigDict Conversion<ConfigDict>::from(const Value& value) {
  if (!value.is_dict()) throw_wrong_type(type(), value);
  return ConfigDict(value);
}

}  // namespace detforge
