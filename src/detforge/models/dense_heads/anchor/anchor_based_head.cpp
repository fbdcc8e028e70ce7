#include "detforge/models/dense_heads/anchor/anchor_based_head.h"

namespace detforge {

bool uses_sigmoid(const ConfigDict& loss_cls) {
  const Value* flag = loss_cls.find("use_sigmoid");
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

AnchorBasedHead::AnchorBasedHead(std::string name, const Parts& parts, const BuildContext& context)
    : DenseBoxHead(std::move(name), parts.test_cfg, context),
      num_classes_(parts.num_classes),
      use_sigmoid_cls_(parts.use_sigmoid_cls),
      reg_decoded_bbox_(parts.reg_decoded_bbox),
      bbox_coder_(bbox_coders().build(parts.bbox_coder, context.child("bbox_coder"))),
      train_cfg_(anchor_train_cfg_from(parts.train_cfg, python_name(), parts.loss_cls, parts.sampling, context)),
      prior_generator_(anchor_generators().build(parts.anchor_generator, context.child("anchor_generator"))) {}

const AnchorTrainCfg& AnchorBasedHead::train_cfg() const {
  if (!train_cfg_) throw missing_train_cfg(python_name());
  return *train_cfg_;
}

BatchTargets AnchorBasedHead::get_targets(const nn::Features& cls_scores, const Targets& targets, bool with_labels,
                                          TargetBoxes boxes) const {
  const bool encodes = boxes == TargetBoxes::AsTheHeadLearns && !reg_decoded_bbox_;
  return batch_targets(*prior_generator_, cls_scores, {train_cfg(), encodes ? bbox_coder_.get() : nullptr, num_classes_}, targets,
                       with_labels);
}

std::vector<kernels::Candidates> AnchorBasedHead::decode_anchors(const HeadOutputs& outputs, std::span<const ImageMeta> metas,
                                                                 std::optional<std::size_t> factors,
                                                                 const kernels::SelectionOptions& options) const {
  const LevelOutputs levels{.cls_scores = outputs.at(0),
                            .bbox_preds = outputs.at(1),
                            .score_factors = factors ? &outputs.at(*factors) : nullptr,
                            .channels = cls_out_channels()};
  const std::vector<torch::Tensor> anchors = prior_generator_->grid_priors(featmap_sizes(levels.cls_scores), torch::kFloat);
  std::vector<kernels::Candidates> images;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    CoderCall call;
    call.max_shape = metas[image].img_shape;
    images.push_back(
        decode_levels(levels, image, options, [&](std::size_t level, const torch::Tensor& priors, const torch::Tensor& predictions) {
          return decode_boxes(level, anchors[level].index_select(0, priors), predictions, call);
        }));
  }
  return images;
}

}  // namespace detforge
