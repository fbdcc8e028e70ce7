#pragma once

#include <bit>
#include <string>

namespace detforge {

/// Appends a number's little-endian bytes.
template <class T>
void append_number(std::string& text, T number) {
  static_assert(std::endian::native == std::endian::little);
  text.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace detforge
