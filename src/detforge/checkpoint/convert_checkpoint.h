#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "detforge/checkpoint/checkpoint.h"

namespace detforge {

struct ConvertOptions {
  Checkpoint::Format format = Checkpoint::Format::Zip;
  std::optional<DType> dtype;  ///< of the weights that are floating-point numbers; none: as they are
  bool weights = false;        ///< the bare state_dict, without meta and all else
  bool publish = false;        ///< as MMDetection's tool: without `optimizer`, the file's SHA-256 in its name
};

struct Converted {
  std::filesystem::path path;      ///< what was written
  std::vector<std::string> notes;  ///< what is not as it was, a sentence each
};

/// Writes a checkpoint in another form, atomically. Its meta, shared storages and strides stay; objects of classes that a
/// safe reader refuses become plain data. Published, `net.pth` is written as `net-1a2b3c4d.pth`. Throws `Error`.
Converted convert_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path, const ConvertOptions& options);

}  // namespace detforge
