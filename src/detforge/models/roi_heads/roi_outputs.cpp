#include "detforge/models/roi_heads/roi_outputs.h"

namespace detforge {

void append_outputs(const std::string& stage, const BBoxOutputs& outputs, std::vector<RoIOutput>& all) {
  if (outputs.cls_score.defined()) all.push_back({stage + ".cls_score", outputs.cls_score});
  const bool several = outputs.bbox_pred.size() > 1;
  for (std::size_t i = 0; i < outputs.bbox_pred.size(); ++i) {
    all.push_back({stage + ".bbox_pred" + (several ? "." + std::to_string(i) : std::string()), outputs.bbox_pred[i]});
  }
  if (outputs.shared_feat.defined()) all.push_back({stage + ".relayed_feat", outputs.shared_feat});
}

}  // namespace detforge
