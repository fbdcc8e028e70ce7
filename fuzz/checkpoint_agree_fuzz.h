#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "detforge/base/error.h"
#include "detforge/checkpoint/checkpoint.h"
#include "detforge/checkpoint/describe.h"
#include "detforge/checkpoint/write.h"

namespace detforge::fuzz {

/// The file in another format; none where that format can not say it.
inline std::optional<std::string> rewritten(const Checkpoint& checkpoint, Checkpoint::Format format) {
  try {
    std::string file;
    write_checkpoint(format, checkpoint.root(), checkpoint.storages(), [&](std::string_view piece) { file += piece; });
    return file;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Whatever the reader takes, the writer writes or refuses, and the reader finds the same in what is written. False, or an `Error`,
/// where it does not.
inline bool reader_and_writer_agree(std::span<const std::byte> input) {
  std::optional<Checkpoint> original;
  std::string hash;
  try {
    original = Checkpoint::from_bytes(input, "input");
    hash = state_dict_hash(*original);
  } catch (const Error&) {
    return true;  // what a malformed file is to give
  }
  const Value content = plain_value(original->root());
  for (const auto format : {Checkpoint::Format::Zip, Checkpoint::Format::Legacy, Checkpoint::Format::Safetensors}) {
    const std::optional<std::string> file = rewritten(*original, format);
    if (!file) continue;
    const Checkpoint copy = Checkpoint::from_bytes(std::as_bytes(std::span(*file)), "copy");
    if (state_dict_hash(copy) != hash) return false;
    // safetensors keeps the weights and the meta, of which tuples become lists.
    if (format != Checkpoint::Format::Safetensors && !(plain_value(copy.root()) == content)) return false;
  }
  return true;
}

}  // namespace detforge::fuzz
