#include "detforge/models/roi_heads/semantic_fusion.h"

namespace detforge {

torch::Tensor add_semantic_features(const torch::Tensor& roi_feats, RoIExtractor& extractor, const torch::Tensor& semantic_feat,
                                    const torch::Tensor& rois) {
  torch::Tensor semantic = extractor.forward({semantic_feat}, rois);
  const std::vector<std::int64_t> size = {roi_feats.size(2), roi_feats.size(3)};
  if (semantic.size(0) > 0 && (semantic.size(2) != size[0] || semantic.size(3) != size[1])) {
    semantic = torch::adaptive_avg_pool2d(semantic, size);
  }
  return semantic.size(0) > 0 ? roi_feats + semantic : roi_feats;
}

const torch::Tensor& semantic_labels(const Targets& targets) {
  if (!targets.gt_semantic_seg.defined()) {
    throw Error("a head that segments the image needs its labels to learn from")
        .help("LoadAnnotations(with_seg=True) loads them, Collect's keys keep them: 'gt_semantic_seg'");
  }
  return targets.gt_semantic_seg;
}

}  // namespace detforge
