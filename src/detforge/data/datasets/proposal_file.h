#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "detforge/data/sample.h"

namespace detforge {

/// The boxes of a `proposal_file`, as flat columns: what `tools/test.py --out` writes of a region proposal network, one `[n, 4]` (box)
/// or `[n, 5]` (box and score) array an image, as a pickle, or as the same lists in JSON.
class ProposalFile {
 public:
  /// Nothing in the file is run. Throws `Error` that names the file or the image, also when there are not `images` of them.
  static ProposalFile read(const std::filesystem::path& file, std::size_t images);

  /// Gives the sample those of one image.
  void put(std::size_t image, Sample& sample) const;

 private:
  void add(const std::vector<double>& numbers, std::size_t columns);

  std::vector<BoxXyxy> boxes_;
  std::vector<float> scores_;  ///< [boxes], or none
  std::vector<std::size_t> ends_;
};

}  // namespace detforge
