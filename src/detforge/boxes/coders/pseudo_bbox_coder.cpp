#include "detforge/boxes/coders/bbox_coder.h"

namespace detforge {

/// Predictions are boxes already.
class PseudoBBoxCoder : public BBoxCoder {
 public:
  struct Options {};
  static Arguments<Options> arguments() { return {}; }

  PseudoBBoxCoder(const Options&, const BuildContext&) {}

  torch::Tensor encode(const torch::Tensor&, const torch::Tensor& gt, const CoderCall&) const override { return gt; }
  torch::Tensor decode(const torch::Tensor&, const torch::Tensor& predictions, const CoderCall&) const override { return predictions; }
};

DETFORGE_REGISTER(bbox_coders, PseudoBBoxCoder,
                  {.name = "PseudoBBoxCoder",
                   .python = "mmdet.core.bbox.coder.pseudo_bbox_coder.PseudoBBoxCoder",
                   .meaning = "boxes as they are"});

}  // namespace detforge
