#include "detforge/models/dense_heads/query/detr_head.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/transformer/deformable_detr_transformer.h"
#include "detforge/nn/transformer/inverse_sigmoid.h"
#include "detforge/nn/transformer/transformers.h"

namespace detforge {

/// Deformable DETR's head (arXiv 2010.04159): queries that read several levels around reference points. In two stages the outputs have two
/// kinds more, what the encoder's pixels predict: class scores [N, pixels, C] and boxes [N, pixels, 4].
class DeformableDETRHead : public QueryHead {
 public:
  struct Options : DETRHead::Options {
    bool with_box_refine = false;
    bool as_two_stage = false;
  };
  static Arguments<Options> arguments() {
    return {DETRHead::arguments(), arg(&Options::with_box_refine, "with_box_refine", "whether each layer moves the reference points"),
            arg(&Options::as_two_stage, "as_two_stage", "whether queries are made of what the encoder's pixels predict")};
  }

  DeformableDETRHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  HeadOutputs compute_masked(const nn::Features& features, const nn::Features& masks) override;

 private:
  std::shared_ptr<nn::Layer> make_reg_branch() const;
  nn::Linear& last_of(std::size_t reg_branch) const {
    return dynamic_cast<nn::Linear&>(*dynamic_cast<nn::Sequential&>((*reg_branches_)[reg_branch]).layers().back());
  }

  bool with_box_refine_;
  bool as_two_stage_;
  std::int64_t num_reg_fcs_;
  std::shared_ptr<nn::DeformableDetrTransformer> transformer_;
  std::shared_ptr<nn::ModuleList<>> cls_branches_;
  std::shared_ptr<nn::ModuleList<>> reg_branches_;
  std::shared_ptr<nn::Embedding> query_embedding_;  // null in two stages
};

DeformableDETRHead::DeformableDETRHead(const Options& options, const BuildContext& context)
    : QueryHead("DeformableDETRHead", options, {.act_cfg = activation_of_transformer(options.transformer), .weighs_background = false},
                context),
      with_box_refine_(options.with_box_refine),
      as_two_stage_(options.as_two_stage),
      num_reg_fcs_(options.num_reg_fcs) {
  if (!options.transformer) throw ArgumentError("transformer", "must be given");
  if (as_two_stage_ && !with_box_refine_) throw ArgumentError("with_box_refine", "must be True where as_two_stage is");
  ConfigDict transformer = *options.transformer;
  if (as_two_stage_) transformer["as_two_stage"] = true;
  transformer_ = register_module("transformer", nn::build_transformer<nn::DeformableDetrTransformer>(
                                                    transformer, context.child("transformer"), "transformer of Deformable DETR"));
  check_embed_dims(transformer_->embed_dims());

  const std::int64_t predictions = transformer_->num_decoder_layers() + (as_two_stage_ ? 1 : 0);
  const auto make_cls_branch = [&] {
    return std::make_shared<nn::Linear>(nn::Linear::Options{transformer_->embed_dims(), cls_out_channels()});
  };
  cls_branches_ = register_module("cls_branches", std::make_shared<nn::ModuleList<>>());
  reg_branches_ = register_module("reg_branches", std::make_shared<nn::ModuleList<>>());
  std::shared_ptr<nn::Layer> cls_branch = make_cls_branch(), reg_branch = make_reg_branch();
  for (std::int64_t i = 0; i < predictions; ++i) {
    if (with_box_refine_ && i > 0) {
      cls_branch = make_cls_branch();
      reg_branch = make_reg_branch();
    }
    cls_branches_->append(cls_branch);
    reg_branches_->append(reg_branch);
  }
  if (!as_two_stage_) {
    query_embedding_ =
        register_module("query_embedding", std::make_shared<nn::Embedding>(options.num_query, transformer_->embed_dims() * 2));
  }
  show_init_cfg(context, options.init_cfg);
}

std::shared_ptr<nn::Layer> DeformableDETRHead::make_reg_branch() const {
  const std::int64_t embed_dims = transformer_->embed_dims();
  auto branch = std::make_shared<nn::Sequential>();
  for (std::int64_t i = 0; i < num_reg_fcs_; ++i) {
    branch->append(std::make_shared<nn::Linear>(nn::Linear::Options{embed_dims, embed_dims}));
    branch->append(std::make_shared<nn::ReLU>());
  }
  branch->append(std::make_shared<nn::Linear>(nn::Linear::Options{embed_dims, 4}));
  return branch;
}

void DeformableDETRHead::init_weights(const nn::PretrainedLoader& load_pretrained) {
  const torch::NoGradGuard no_grad;
  transformer_->init_weights(load_pretrained);
  if (use_sigmoid()) {
    for (const auto& branch : *cls_branches_) dynamic_cast<nn::Linear&>(*branch).bias().fill_(nn::bias_init_with_prob(0.01));
  }
  constexpr double small = -2;  // boxes begin with a part of the image as their sides, queries that are boxes themselves as they are
  for (std::size_t i = 0; i < reg_branches_->size(); ++i) nn::constant_init(last_of(i), 0);
  if (!as_two_stage_) last_of(0).bias().slice(0, 2).fill_(small);
}

HeadOutputs DeformableDETRHead::compute_masked(const nn::Features& features, const nn::Features& masks) {
  nn::DeformableDetrTransformer::Input input{.maps = features, .masks = masks, .pos_embeds = {}, .query_embed = {}};
  for (const torch::Tensor& mask : masks) input.pos_embeds.push_back(positional_encoding().forward(mask));
  if (!as_two_stage_) input.query_embed = query_embedding_->weight();
  if (with_box_refine_) input.reg_branches = reg_branches_.get();
  if (as_two_stage_) input.cls_branches = cls_branches_.get();
  const nn::DeformableDetrTransformer::Output output = transformer_->forward(input);

  std::vector<torch::Tensor> classes, boxes;
  for (std::int64_t layer = 0; layer < output.states.size(0); ++layer) {
    const auto branch = static_cast<std::size_t>(layer);
    const torch::Tensor before = nn::inverse_sigmoid(layer == 0 ? output.init_reference : output.inter_references[layer - 1]);
    const torch::Tensor change = (*reg_branches_)[branch].forward(output.states[layer]);
    const std::int64_t moved = before.size(-1);  // the centre alone, or all of the box
    boxes.push_back(torch::cat({change.slice(-1, 0, moved) + before, change.slice(-1, moved)}, -1).sigmoid());
    classes.push_back((*cls_branches_)[branch].forward(output.states[layer]));
  }
  HeadOutputs outputs = {{torch::stack(classes)}, {torch::stack(boxes)}};
  if (as_two_stage_) outputs.insert(outputs.end(), {{output.enc_class}, {output.enc_coord_unact.sigmoid()}});
  return outputs;
}

Losses DeformableDETRHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const Losses of_queries = QueryHead::loss(outputs, targets);
  if (!as_two_stage_) return of_queries;
  // Of the encoder's pixels only whether they show an object counts, which the first class says.
  std::vector<torch::Tensor> first_class;
  for (const torch::Tensor& labels : targets.gt_labels) first_class.push_back(torch::zeros_like(labels));
  const LayerLosses of_pixels = layer_losses(outputs.at(2).front(), outputs.at(3).front(), first_class, targets);
  Losses losses;
  losses.set("enc_loss_cls", of_pixels.cls);
  losses.set("enc_loss_bbox", of_pixels.bbox);
  losses.set("enc_loss_iou", of_pixels.iou);
  losses.update(of_queries);
  return losses;
}

DETFORGE_REGISTER(heads, DeformableDETRHead,
                  {.name = "DeformableDETRHead",
                   .python = "mmdet.models.dense_heads.deformable_detr_head.DeformableDETRHead",
                   .meaning = "queries that read several levels at few points (arXiv 2010.04159)",
                   .since = Reference::V2_27});

}  // namespace detforge
