#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "detforge/data/detections.h"

namespace detforge {

/// Detections of images as they come, in a file that only grows, so that a run that was killed goes on from there. One JSON object a line:
/// first whose results they are, then the image's index and its detections, of a video one line a frame; a last line that was cut short
/// does not count. Any order of images, frames in theirs. One thread.
class PartialResults {
 public:
  /// Begins a new file, or with `resume` continues one, which may be absent. `identity` says what the results depend on. Throws `Error` for
  /// a file of another identity or size, and for one that is damaged.
  PartialResults(std::filesystem::path file, const std::string& identity, std::size_t images, bool resume);
  PartialResults(const PartialResults&) = delete;
  PartialResults& operator=(const PartialResults&) = delete;
  ~PartialResults();

  /// [images]; nothing where there is no result yet.
  const std::vector<std::optional<Detections>>& results() const { return results_; }
  std::vector<Detections> take();
  /// Of the video that has the place of `image`, its first frames; null where there are no more of them than `frame`.
  const Detections* frame(std::size_t image, std::size_t frame) const;

  /// Appends; it is on disk, or with the system, when this returns.
  void add(std::size_t image, Detections detections);
  /// The same of a video's next frame.
  void add_frame(std::size_t image, Detections detections);
  /// The file is no longer needed: everything is written elsewhere.
  void remove();

 private:
  void read(const std::string& identity);
  void write(const std::string& line) const;

  std::filesystem::path file_;
  std::vector<std::optional<Detections>> results_;
  std::map<std::size_t, std::vector<Detections>> frames_;
  int descriptor_ = -1;
};

}  // namespace detforge
