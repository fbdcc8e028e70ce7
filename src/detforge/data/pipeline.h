#pragma once

#include <filesystem>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Whether a pipeline hands on the photo as it was decoded, in `Sample::decoded` of the first view.
enum class KeepDecoded : bool { No, Yes };

/// The transforms of a config's pipeline, such as `data.test.pipeline`. Immutable: threads may share it, each with its
/// own `Random`.
class Pipeline {
 public:
  /// Throws `Error` at the place in the config of whatever is wrong with the list.
  static Pipeline from_config(const Value& list, const BuildContext& context = {});

  /// The views of an image file: as many as `MultiScaleFlipAug` makes, else one; none where a transform dropped the sample. Throws `Error`
  /// naming the file. A photo is kept only where it is decoded as `read_image` does it, to 8-bit BGR.
  std::vector<Sample> run(const std::filesystem::path& file, Random& random, KeepDecoded keep = KeepDecoded::No) const;
  /// The same of a decoded image (8-bit BGR): a leading `LoadImageFromFile` is passed over as MMDetection's
  /// `inference_detector` does, its other arguments kept. Throws `Error`, also when the pipeline loads no image.
  std::vector<Sample> run(const cv::Mat& frame, Random& random) const;
  /// The same of a sample with whatever it brings: `meta.filename`, or an image to a pipeline that does not load one.
  std::vector<Sample> run(Sample sample, Random& random) const;

 private:
  std::vector<Sample> run(Sample sample, const Transform* first, Random& random, KeepDecoded keep = KeepDecoded::No) const;

  std::vector<std::shared_ptr<Transform>> transforms_;
  std::shared_ptr<Transform> frame_loader_;  ///< in the first transform's place; null where that loads no image
  bool decodes_pictures_ = false;            ///< the first transform leaves what `read_image` gives
};

}  // namespace detforge
