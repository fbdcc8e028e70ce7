#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "detforge/base/error.h"
#include "detforge/data/detections.h"
#include "detforge/data/image_meta.h"

namespace detforge {

/// One image of MMDetection's middle format.
struct MiddleRecord {
  std::size_t index = 0;  ///< in the file
  std::string filename;
  ImageSize size;
  std::string seg_map;
  std::vector<BoxXyxy> bboxes;       ///< px; those to be found, then those to be ignored
  std::vector<std::int64_t> labels;  ///< [bboxes], 0 where an ignored box has none
  std::size_t objects = 0;           ///< how many are to be found
  bool has_labels_of_ignored = false;
};

/// Hands every image of a list `[{filename, width, height, ann: {bboxes, labels, bboxes_ignore, labels_ignore, seg_map}}]` to `take`, and
/// what is wrong with a record to `wrong`. `file` is JSON, or a pickle by its extension (`.pkl`, `.pickle`). Throws `Error` where it is
/// neither.
void read_middle_format(const std::filesystem::path& file, const std::function<void(const MiddleRecord&)>& take,
                        const std::function<void(const Error&)>& wrong);

}  // namespace detforge
