#include "detforge/checkpoint/cast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

namespace detforge {
namespace {

template <class To, class From>
std::vector<To> cast(const std::vector<From>& values, DType from, DType to, std::size_t* overflowed = nullptr) {
  std::size_t count = 0;
  const auto bytes = cast_floats(std::as_bytes(std::span(values)), from, to, count);
  if (overflowed != nullptr) *overflowed = count;
  std::vector<To> result(bytes.size() / sizeof(To));
  if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

/// A 16-bit format by its definition: sign, exponent, mantissa.
struct Format {
  DType dtype;
  int exponent_bits, mantissa_bits;

  double value(unsigned bits) const {
    const unsigned mantissa = bits & ((1U << mantissa_bits) - 1), exponent = bits >> mantissa_bits & ((1U << exponent_bits) - 1);
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
    if (exponent == (1U << exponent_bits) - 1) return mantissa != 0 ? NAN : sign * INFINITY;
    const double fraction = std::ldexp(mantissa, -mantissa_bits) + (exponent == 0 ? 0 : 1);
    return sign * std::ldexp(fraction, std::max<int>(static_cast<int>(exponent), 1) - bias);
  }
  unsigned infinity() const { return ((1U << exponent_bits) - 1) << mantissa_bits; }
  /// The nearest, by looking at both neighbours; what a next binade would begin with counts as the infinity.
  unsigned nearest(double magnitude) const {
    unsigned low = 0, high = infinity();
    while (high - low > 1) (value((low + high) / 2) <= magnitude ? low : high) = (low + high) / 2;
    const double above = high == infinity() ? 2 * value(low) - value(low - 1) : value(high);
    const double middle = (value(low) + above) / 2;
    return magnitude < middle || (magnitude == middle && low % 2 == 0) ? low : high;
  }
};

constexpr Format formats[] = {{DType::F16, 5, 10}, {DType::BF16, 8, 7}};

TEST(CastFloats, Every16BitNumberIsReadByItsDefinitionAndComesBack) {
  for (const Format& format : formats) {
    std::vector<std::uint16_t> all(65536);
    for (unsigned bits = 0; bits < all.size(); ++bits) all[bits] = static_cast<std::uint16_t>(bits);
    const auto values = cast<double>(all, format.dtype, DType::F64);
    const auto back = cast<std::uint16_t>(values, DType::F64, format.dtype);
    for (unsigned bits = 0; bits < all.size(); ++bits) {
      const double wanted = format.value(bits);
      if (std::isnan(wanted)) {
        EXPECT_TRUE(std::isnan(values[bits])) << bits;
        EXPECT_TRUE(std::isnan(format.value(back[bits]))) << bits;
      } else {
        EXPECT_EQ(values[bits], wanted) << bits;
        EXPECT_EQ(back[bits], bits);
      }
    }
  }
}

TEST(CastFloats, RoundsToTheNearestTiesToEven) {
  std::mt19937 random(7);
  for (const Format& format : formats) {
    std::vector<float> values;
    for (unsigned bits = 0; bits + 1 < format.infinity(); bits += 13) {
      const double middle = (format.value(bits) + format.value(bits + 1)) / 2;
      for (const float value : {static_cast<float>(middle), std::nextafterf(static_cast<float>(middle), 0),
                                std::nextafterf(static_cast<float>(middle), INFINITY)}) {
        values.push_back(value);
      }
    }
    for (int i = 0; i < 20000; ++i)
      values.push_back(std::ldexp(std::uniform_real_distribution<float>(0, 1)(random), static_cast<int>(random() % 60) - 40));
    const auto result = cast<std::uint16_t>(values, DType::F32, format.dtype);
    std::vector<float> negated = values;
    for (float& value : negated) value = -value;
    const auto negative = cast<std::uint16_t>(negated, DType::F32, format.dtype);
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(result[i], format.nearest(values[i])) << values[i];
      ASSERT_EQ(negative[i], result[i] | 0x8000U) << values[i];
    }
  }
}

TEST(CastFloats, CountsWhatBecomesInfinite) {
  std::size_t overflowed = 0;
  const std::vector<double> values = {65504, 65519.99, 65520, -1e6, INFINITY, NAN, 1e39};
  cast<std::uint16_t>(values, DType::F64, DType::F16, &overflowed);
  EXPECT_EQ(overflowed, 3U);
  cast<float>(values, DType::F64, DType::F32, &overflowed);
  EXPECT_EQ(overflowed, 1U);
  EXPECT_TRUE(cast<float>(std::vector<double>{}, DType::F64, DType::F32, &overflowed).empty());
  EXPECT_EQ(overflowed, 0U);
}

}  // namespace
}  // namespace detforge
