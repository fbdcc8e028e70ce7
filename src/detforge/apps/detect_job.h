#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "detforge/apps/inference.h"
#include "detforge/apps/job_observer.h"
#include "detforge/data/image_sources.h"
#include "detforge/eval/results/partial_results.h"
#include "detforge/media/media.h"

namespace detforge {

struct DetectOptions {
  std::filesystem::path out = {};  ///< folder of annotated pictures, or for one video or camera a video file; empty: none
  double score_threshold = 0.3;    ///< what scores less is not drawn
  std::vector<std::string> classes = {};
  ImageSize tile = {};                 ///< px of the pieces that pictures are cut into; 0 × 0: they are not
  double overlap = 0.2;                ///< part of a tile's sides that its neighbours share
  std::filesystem::path partial = {};  ///< where what is found is kept as it comes; empty: nowhere
  std::string identity = {};           ///< what it depends on
  bool resume = false;                 ///< go on from what `partial` holds
};

/// A model over images, videos and cameras, in their order. What fails is told and the rest goes on; what was found before is kept whatever
/// happens. A job may be stopped after any picture.
class DetectJob {
 public:
  /// Hears of each picture's detections, in the order of the sources; a frame is called `video.mp4#12`.
  using Found = std::function<void(const std::string& name, const Detections& found)>;

  /// Throws `Error` for an `out` that does not fit the sources, or a partial file of other ones.
  DetectJob(Inference& inference, std::vector<ImageSource> sources, DetectOptions options, JobObserver& observer);

  void run(const Found& found);
  /// Whether all sources were detected in, to their ends.
  bool is_complete() const { return !has_failed_ && !is_stopped_; }
  bool is_stopped() const { return is_stopped_; }
  /// To be called when what `run` gave is where it belongs: the partial file goes, unless something is left to do.
  void finish();

 private:
  class InOrder;

  void detect_photos(InOrder& order);
  void detect_video(std::size_t source, const Found& found);
  Detections detect_frame(const cv::Mat& frame);
  Detections detect_tiles(const cv::Mat& image);
  void draw(std::size_t source, const cv::Mat& photo, const Detections& found);
  void fail(const std::exception_ptr& error, const std::string& place);
  bool stops();

  bool has_tiles() const { return options_.tile.width > 0; }
  std::filesystem::path video_path(const ImageSource& source);
  std::string unused_name(const std::filesystem::path& name);
  cv::Mat drawn(const cv::Mat& image, const Detections& found) const;

  Inference& inference_;
  std::vector<ImageSource> sources_;
  DetectOptions options_;
  JobObserver& observer_;
  std::optional<PartialResults> partial_;
  std::vector<std::size_t> photos_;              ///< the sources that are files of images
  std::map<std::size_t, std::string> pictures_;  ///< the name of each one's annotated picture
  std::set<std::string> names_;
  bool has_failed_ = false;
  bool is_stopped_ = false;
  bool is_left_ = false;  ///< whether going on could find more
};

}  // namespace detforge
