#include "detforge/models/roi_heads/bbox_heads/convfc_bbox_head.h"

namespace detforge {

/// SCNet's box head (arXiv 2012.10150), which gives the features shared by its branches beside its predictions.
class SCNetBBoxHead : public ConvFCBBoxHead {
 public:
  SCNetBBoxHead(const Options& options, const BuildContext& context) : ConvFCBBoxHead("SCNetBBoxHead", options, context) {}

 protected:
  BBoxOutputs compute(const torch::Tensor& roi_feats, const torch::Tensor&) override {
    const torch::Tensor shared = shared_layers(roi_feats);
    BBoxOutputs outputs = branches(shared);
    outputs.shared_feat = shared;
    return outputs;
  }
};

DETFORGE_REGISTER(heads, SCNetBBoxHead,
                  {.name = "SCNetBBoxHead",
                   .python = "mmdet.models.roi_heads.bbox_heads.scnet_bbox_head.SCNetBBoxHead",
                   .meaning = "convolutions and linear layers that give their shared features too",
                   .since = Reference::V2_27});

}  // namespace detforge
