#include "detforge/models/detectors/two_stage.h"
#include "detforge/models/roi_heads/proposal_sampler.h"

namespace detforge {

/// TridentNet (arXiv 1901.01892): Faster R-CNN on a backbone whose branches, of one set of weights, see with different dilations.
/// The backbone gives branch after branch, in each all images.
class TridentFasterRCNN : public TwoStageDetector {
 public:
  using Options = TwoStageDetector::Options;
  static Arguments<Options> arguments() { return arguments_with_heads(); }

  TridentFasterRCNN(const Options& options, const BuildContext& context)
      : TwoStageDetector("TridentFasterRCNN", options, context),
        num_branch_(shared_number(options, "num_branch")),
        test_branch_idx_(shared_number(options, "test_branch_idx")) {}

  std::vector<Detections> predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) override {
    const nn::Features features = extract_feat(images);
    const std::vector<ImageMeta> of_branches = repeated<ImageMeta>(metas, test_branch_idx_ == -1 ? num_branch_ : 1);
    return roi_head().predict(features, rpn_head().propose(features, of_branches), of_branches, rescale);
  }

  Losses loss(const torch::Tensor& images, const Targets& targets) override {
    Targets of_branches;
    of_branches.metas = repeated<ImageMeta>(targets.metas, num_branch_);
    of_branches.gt_bboxes = repeated<torch::Tensor>(targets.gt_bboxes, num_branch_);
    of_branches.gt_labels = repeated<torch::Tensor>(targets.gt_labels, num_branch_);
    // As in Python, regions to be ignored are not handed on.
    return TwoStageDetector::loss(images, of_branches);
  }

  /// By the first branch alone, as in Python.
  Detections aug_predict(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, bool rescale) override {
    std::vector<nn::Features> features;
    for (const torch::Tensor& view : views) features.push_back(features_of_image(extract_feat(view), 0));
    return roi_head().aug_predict(features, rpn_head().aug_propose(features, metas), metas, rescale);
  }

 private:
  /// What backbone and roi_head must agree on.
  static std::int64_t shared_number(const Options& options, const char* key) {
    const Value *of_backbone = options.backbone.find(key), *of_head = options.roi_head->find(key);
    if (of_backbone == nullptr || of_head == nullptr || !python_equal(*of_backbone, *of_head)) {
      throw ArgumentError("roi_head", std::string("must have the backbone's '") + key + "'");
    }
    return of_head->as_int();
  }

  template <class T>
  static std::vector<T> repeated(std::span<const T> values, std::int64_t times) {
    std::vector<T> all;
    for (std::int64_t i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
    return all;
  }

  std::int64_t num_branch_;
  std::int64_t test_branch_idx_;
};

DETFORGE_REGISTER(detectors, TridentFasterRCNN,
                  {.name = "TridentFasterRCNN",
                   .python = "mmdet.models.detectors.trident_faster_rcnn.TridentFasterRCNN",
                   .meaning = "TridentNet (arXiv 1901.01892)"});

}  // namespace detforge
