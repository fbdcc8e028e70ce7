#include "detforge/checkpoint/dtype.h"

#include <array>

namespace detforge {
namespace {

struct Row {
  DType dtype;
  std::size_t size;
  std::string_view name;
  std::string_view alias;
  std::string_view storage;
  std::string_view safetensors;
};

constexpr std::array<Row, 12> rows = {{
    {DType::F64, 8, "float64", "double", "DoubleStorage", "F64"},
    {DType::F32, 4, "float32", "float", "FloatStorage", "F32"},
    {DType::F16, 2, "float16", "half", "HalfStorage", "F16"},
    {DType::BF16, 2, "bfloat16", "", "BFloat16Storage", "BF16"},
    {DType::I64, 8, "int64", "long", "LongStorage", "I64"},
    {DType::I32, 4, "int32", "int", "IntStorage", "I32"},
    {DType::I16, 2, "int16", "short", "ShortStorage", "I16"},
    {DType::I8, 1, "int8", "", "CharStorage", "I8"},
    {DType::U8, 1, "uint8", "", "ByteStorage", "U8"},
    {DType::Bool, 1, "bool", "", "BoolStorage", "BOOL"},
    {DType::C64, 8, "complex64", "cfloat", "ComplexFloatStorage", ""},
    {DType::C128, 16, "complex128", "cdouble", "ComplexDoubleStorage", ""},
}};

const Row& row(DType dtype) { return rows[static_cast<std::size_t>(dtype)]; }

std::optional<DType> find(std::string_view Row::*column, std::string_view text) {
  for (const Row& candidate : rows) {
    if (!text.empty() && candidate.*column == text) return candidate.dtype;
  }
  return std::nullopt;
}

}  // namespace

std::size_t item_size(DType dtype) { return row(dtype).size; }
bool is_floating(DType dtype) { return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16; }
std::string_view dtype_name(DType dtype) { return row(dtype).name; }
std::optional<DType> dtype_from_name(std::string_view name) {
  const auto found = find(&Row::name, name);
  return found ? found : find(&Row::alias, name);
}
std::string_view storage_class(DType dtype) { return row(dtype).storage; }
std::optional<DType> dtype_from_storage_class(std::string_view name) { return find(&Row::storage, name); }
std::optional<std::string_view> safetensors_name(DType dtype) {
  const std::string_view name = row(dtype).safetensors;
  return name.empty() ? std::nullopt : std::optional(name);
}
std::optional<DType> dtype_from_safetensors(std::string_view name) { return find(&Row::safetensors, name); }

}  // namespace detforge
