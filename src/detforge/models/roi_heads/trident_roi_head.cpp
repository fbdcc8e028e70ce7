#include "detforge/kernels/candidates.h"
#include "detforge/models/roi_heads/standard_roi_head.h"

namespace detforge {

/// TridentNet (arXiv 1901.01892): the branches of its backbone see each image once; what they find in it is merged.
class TridentRoIHead : public StandardRoIHead {
 public:
  struct Options : StandardRoIHead::Options {
    std::int64_t num_branch = 0;
    std::int64_t test_branch_idx = 0;
  };
  static Arguments<Options> arguments() {
    return {StandardRoIHead::arguments(), arg(&Options::num_branch, "num_branch", required, "branches of the backbone").at_least(1),
            arg(&Options::test_branch_idx, "test_branch_idx", required, "the branch that is tested with; -1: all").at_least(-1)};
  }

  TridentRoIHead(const Options& options, const BuildContext& context)
      : StandardRoIHead("TridentRoIHead", options, context),
        num_tested_(options.test_branch_idx == -1 ? static_cast<std::size_t>(options.num_branch) : 1) {
    if (options.test_branch_idx >= options.num_branch) throw ArgumentError("test_branch_idx", "must be below num_branch");
    show_init_cfg(context, options.init_cfg);
  }

  /// `proposals` and `metas` hold one entry per image of the backbone's batch: branch after branch, in each all images.
  std::vector<Detections> predict(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                  bool rescale) override {
    const std::vector<Detections> of_branches = predict_boxes(features, proposals, metas, rescale);
    const std::size_t num_images = of_branches.size() / num_tested_;
    std::vector<Detections> found;
    for (std::size_t image = 0; image < num_images; ++image) {
      kernels::Candidates all;
      for (std::size_t branch = 0; branch < num_tested_; ++branch) {
        const Detections& of_branch = of_branches[branch * num_images + image];
        for (std::size_t i = 0; i < of_branch.size(); ++i) all.add(of_branch.boxes_xyxy[i], of_branch.scores[i], of_branch.labels[i]);
      }
      found.push_back(select_detections(all, test_cfg().nms, test_cfg().max_per_img));
    }
    return found;
  }

 private:
  std::size_t num_tested_;
};

DETFORGE_REGISTER(heads, TridentRoIHead,
                  {.name = "TridentRoIHead",
                   .python = "mmdet.models.roi_heads.trident_roi_head.TridentRoIHead",
                   .meaning = "merges what the branches of a TridentNet find"});

}  // namespace detforge
