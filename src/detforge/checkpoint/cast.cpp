#include "detforge/checkpoint/cast.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace detforge {
namespace {

/// float32's bits cut to their upper 16, rounded to even.
std::uint16_t to_bfloat16(float value) {
  if (std::isnan(value)) return 0x7FC0;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16U & 1U)) >> 16U);
}

float from_bfloat16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }

/// Sign, 5 bits of exponent (bias 15), 10 of mantissa.
std::uint16_t to_float16(float value) {
  const std::uint32_t sign = std::bit_cast<std::uint32_t>(value) >> 16U & 0x8000U;
  const float magnitude = std::fabs(value);
  std::uint32_t rest = 0x7E00;
  if (magnitude < 0x1p-14F) {
    // Subnormal: multiples of 2⁻²⁴. The rounding of the processor is to even.
    rest = static_cast<std::uint32_t>(std::nearbyint(magnitude * 0x1p24F));
  } else if (magnitude >= 65520.0F) {
    rest = 0x7C00;
  } else if (!std::isnan(value)) {
    const auto bits = std::bit_cast<std::uint32_t>(magnitude) - (112U << 23U);
    rest = (bits + 0xFFFU + (bits >> 13U & 1U)) >> 13U;
  }
  return static_cast<std::uint16_t>(sign | rest);
}

float from_float16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U, exponent = bits >> 10U & 0x1FU, mantissa = bits & 0x3FFU;
  if (exponent == 0) return std::copysign(static_cast<float>(mantissa) * 0x1p-24F, std::bit_cast<float>(sign));
  const std::uint32_t wide = exponent == 0x1F ? 0xFF : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23U | mantissa << 13U);
}

double load(const std::byte* at, DType dtype) {
  const auto as = [&]<class T>(T value) {
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (dtype) {
    case DType::F64: return as(double{});
    case DType::F32: return as(float{});
    case DType::F16: return from_float16(as(std::uint16_t{}));
    default: return from_bfloat16(as(std::uint16_t{}));
  }
}

/// Whether the number stayed finite.
bool store(std::byte* at, DType dtype, double value) {
  const auto put = [&](auto number) { std::memcpy(at, &number, sizeof number); };
  const auto single = static_cast<float>(value);
  switch (dtype) {
    case DType::F64: put(value); return true;
    case DType::F32: put(single); return std::isfinite(single);
    case DType::F16: put(to_float16(single)); return std::isfinite(from_float16(to_float16(single)));
    default: put(to_bfloat16(single)); return std::isfinite(from_bfloat16(to_bfloat16(single)));
  }
}

}  // namespace

std::vector<std::byte> cast_floats(std::span<const std::byte> bytes, DType from, DType to, std::size_t& overflowed) {
  const std::size_t count = bytes.size() / item_size(from);
  std::vector<std::byte> result(count * item_size(to));
  for (std::size_t i = 0; i < count; ++i) {
    const double value = load(bytes.data() + i * item_size(from), from);
    if (!store(result.data() + i * item_size(to), to, value) && std::isfinite(value)) ++overflowed;
  }
  return result;
}

CastStorages::CastStorages(Storages& source, const std::vector<TensorView>& tensors, DType to) : source_(source), to_(to) {
  for (const TensorView& view : tensors) {
    const StorageReference& storage = view.tensor.storage;
    if (is_floating(storage.dtype) && storage.dtype != to) from_.emplace(storage.key, storage.dtype);
  }
}

std::uint64_t CastStorages::size(const StorageReference& storage) const {
  const std::uint64_t size = source_.size(storage);
  return is_cast(storage) ? size / item_size(storage.dtype) * item_size(to_) : size;
}

std::span<const std::byte> CastStorages::bytes(const StorageReference& storage) {
  const auto bytes = source_.bytes(storage);
  if (!is_cast(storage)) return bytes;
  std::size_t overflowed = 0;
  buffer_ = cast_floats(bytes, storage.dtype, to_, overflowed);
  overflowed_[storage.key] = overflowed;
  return buffer_;
}

std::size_t CastStorages::overflowed() const {
  std::size_t sum = 0;
  for (const auto& [key, count] : overflowed_) sum += count;
  return sum;
}

bool CastStorages::is_cast(const StorageReference& storage) const {
  const auto found = from_.find(storage.key);
  return found != from_.end() && found->second == storage.dtype;
}

}  // namespace detforge
