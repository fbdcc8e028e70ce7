#include "detforge/models/dense_heads/yolact/yolact_segm_head.h"

#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/models/mask_tensors.h"

namespace detforge {

Arguments<YOLACTSegmHead::Options> YOLACTSegmHead::arguments() {
  return {arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
          arg(&Options::in_channels, "in_channels", "channels of the features").at_least(1),
          arg(&Options::loss_segm, "loss_segm", "loss of the classes").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

YOLACTSegmHead::YOLACTSegmHead(const Options& options, const BuildContext& context) : Module("YOLACTSegmHead") {
  loss_segm_ = register_module("loss_segm", build_loss(options.loss_segm, context.child("loss_segm")));
  segm_conv_ = register_module("segm_conv", prediction_conv(options.in_channels, options.num_classes, context, 1));
  show_init_cfg(context, options.init_cfg);
}

Losses YOLACTSegmHead::loss(const torch::Tensor& segm_pred, const Targets& targets) const {
  const std::int64_t images = segm_pred.size(0), classes = segm_pred.size(1), height = segm_pred.size(2), width = segm_pred.size(3);
  std::vector<torch::Tensor> losses;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const torch::Tensor predicted = segm_pred[static_cast<std::int64_t>(image)], &labels = targets.gt_labels[image];
    torch::Tensor wanted = torch::zeros_like(predicted);
    LossCall call;
    if (labels.size(0) == 0) {
      call.weight = torch::zeros_like(predicted);
    } else {
      const torch::Tensor pixels = mask_pixels(targets.gt_masks.at(image)).to(predicted.device());
      const torch::Tensor masks = torch::upsample_bilinear2d(pixels.unsqueeze(0), {height, width}, /*align_corners=*/false)[0].gt(0.5);
      for (std::int64_t object = 0; object < labels.size(0); ++object) {
        // As MMDetection has it the classes are one off, and the first one is learned in the last place.
        torch::Tensor of_class = wanted[(labels[object].item<std::int64_t>() + classes - 1) % classes];
        of_class.copy_(torch::maximum(of_class, masks[object].to(wanted.dtype())));
      }
      call.avg_factor = static_cast<double>(images * height * width);
    }
    losses.push_back(loss_segm_->forward(predicted, wanted, call));
  }
  Losses result;
  result.set("loss_segm", std::move(losses));
  return result;
}

DETFORGE_REGISTER(heads, YOLACTSegmHead,
                  {.name = "YOLACTSegmHead",
                   .python = "mmdet.models.dense_heads.yolact_head.YOLACTSegmHead",
                   .meaning = "classes of places, only while training"});

}  // namespace detforge
