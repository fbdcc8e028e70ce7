#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace detforge {

/// Types of tensor elements, all little endian.
enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool, C64, C128 };

/// Bytes of one element.
std::size_t item_size(DType dtype);
/// Whether it is a real floating-point type.
bool is_floating(DType dtype);
/// `float32`, as Python prints it after `torch.`.
std::string_view dtype_name(DType dtype);
/// From `float32`, `float`, `half`, … ; none where it is unknown.
std::optional<DType> dtype_from_name(std::string_view name);
/// The storage class of Python: `FloatStorage` ↔ F32.
std::string_view storage_class(DType dtype);
std::optional<DType> dtype_from_storage_class(std::string_view name);
/// safetensors' word: `F32`, `BOOL`; none for the complex types, which it does not know.
std::optional<std::string_view> safetensors_name(DType dtype);
std::optional<DType> dtype_from_safetensors(std::string_view name);

}  // namespace detforge
