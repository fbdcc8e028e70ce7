#include "detforge/models/detectors/two_stage.h"

namespace detforge {

/// Fast R-CNN (arXiv 1504.08083): its proposals are given.
class FastRCNN : public TwoStageDetector {
 public:
  struct Options {
    ConfigDict backbone;
    ConfigDict roi_head;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<NeckConfig> neck;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::backbone, "backbone", required, "image to features").built_by("BACKBONES"),
            arg(&Options::roi_head, "roi_head", required, "features and proposals to detections").built_by("HEADS"),
            arg(&Options::train_cfg, "train_cfg", required, "what training needs: rcnn"),
            arg(&Options::test_cfg, "test_cfg", required, "which detections are kept: rcnn"),
            arg(&Options::neck, "neck", "features to features").built_by("NECKS"),
            arg(&Options::pretrained, "pretrained", "weights of the backbone that training starts from"),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }
  FastRCNN(const Options& options, const BuildContext& context) : TwoStageDetector("FastRCNN", two_stage(options), context) {}

 private:
  static TwoStageDetector::Options two_stage(const Options& options) {
    return {.backbone = options.backbone,
            .neck = options.neck,
            .rpn_head = std::nullopt,
            .roi_head = options.roi_head,
            .train_cfg = options.train_cfg,
            .test_cfg = options.test_cfg,
            .pretrained = options.pretrained,
            .init_cfg = options.init_cfg};
  }
};

DETFORGE_REGISTER(detectors, FastRCNN,
                  {.name = "FastRCNN", .python = "mmdet.models.detectors.fast_rcnn.FastRCNN", .meaning = "Fast R-CNN (arXiv 1504.08083)"});

}  // namespace detforge
