#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "detforge/base/error.h"

namespace detforge {

/// Reads little-endian numbers and runs of bytes from the front; throws `Error` at the end of the data.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes, std::size_t position = 0) : bytes_(bytes), position_(position) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  std::span<const std::byte> take(std::uint64_t count) {
    if (count > left()) {
      throw Error("the data ends early: " + std::to_string(count) + " bytes wanted at " + std::to_string(position_) + ", " +
                  std::to_string(left()) + " there");
    }
    const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(count));
    position_ += static_cast<std::size_t>(count);
    return taken;
  }
  std::string_view text(std::uint64_t count) {
    const auto taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  template <class T>
  T number() {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  /// Up to the next newline, which is taken and left out.
  std::string_view line(std::size_t longest) {
    const char* begin = reinterpret_cast<const char*>(bytes_.data()) + position_;
    const std::string_view rest(begin, std::min(left(), longest + 1));
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) throw Error("a line is too long or does not end, at " + std::to_string(position_));
    position_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_;
};

}  // namespace detforge
