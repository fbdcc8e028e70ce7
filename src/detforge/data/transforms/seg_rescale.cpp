#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Makes the semantic map smaller by a factor, as the heads that learn from it need it.
class SegRescale : public Transform {
 public:
  struct Options {
    double scale_factor = 1;
    std::string backend = "cv2";
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::scale_factor, "scale_factor", "of both sides").check([](double factor) {
              return factor > 0 && factor <= 64 ? "" : "must be above 0 and at most 64";
            }),
            arg(&Options::backend, "backend", "library that resizes").one_of({"cv2"})};
  }

  SegRescale(const Options& options, const BuildContext&) : scale_factor_(options.scale_factor) {}

  void apply(Sample& sample, Random&) const override {
    if (sample.gt_semantic_seg.empty() || scale_factor_ == 1) return;
    const auto side = [&](int old_side) { return static_cast<int>(old_side * scale_factor_ + 0.5); };
    const cv::Size size(side(sample.gt_semantic_seg.cols), side(sample.gt_semantic_seg.rows));
    if (size.empty())
      throw Error("SegRescale would leave nothing of a map of " + std::to_string(sample.gt_semantic_seg.cols) + "x" +
                  std::to_string(sample.gt_semantic_seg.rows));
    cv::Mat rescaled;
    cv::resize(sample.gt_semantic_seg, rescaled, size, 0, 0, cv::INTER_NEAREST);
    sample.gt_semantic_seg = rescaled;
  }

 private:
  double scale_factor_;
};

DETFORGE_REGISTER(transforms, SegRescale,
                  {.name = "SegRescale",
                   .python = "mmdet.datasets.pipelines.transforms.SegRescale",
                   .meaning = "makes the semantic map smaller"});

}  // namespace detforge
