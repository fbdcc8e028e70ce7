#pragma once

#include <openssl/sha.h>

#include <array>
#include <string>

namespace detforge::golden {

/// SHA-1 of some bytes, as hexadecimal text.
inline std::string sha1_of(const void* data, std::size_t bytes) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(static_cast<const unsigned char*>(data), bytes, digest.data());
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

}  // namespace detforge::golden
