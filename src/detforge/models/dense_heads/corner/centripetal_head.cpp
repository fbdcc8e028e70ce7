#include "detforge/models/dense_heads/corner/corner_head.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/deform_conv2d.h"

namespace detforge {

/// CentripetalNet's head (arXiv 2003.09119): instead of embeddings every corner points at the middle of its object. One feature
/// [N, in_channels, H, W] per stack of the backbone → top left and bottom right heat maps [N, num_classes, H, W], offsets, guiding shifts
/// and centripetal shifts [N, 2, H, W]; pairs one after the other.
class CentripetalHead : public CornerHead {
 public:
  struct Options : CornerHead::Options {
    std::int64_t centripetal_shift_channels = 2;
    std::int64_t guiding_shift_channels = 2;
    std::int64_t feat_adaption_conv_kernel = 3;
    ConfigDict loss_guiding_shift = {{"type", "SmoothL1Loss"}, {"beta", 1.0}, {"loss_weight", 0.05}};
    ConfigDict loss_centripetal_shift = {{"type", "SmoothL1Loss"}, {"beta", 1.0}, {"loss_weight", 1}};
  };
  static Arguments<Options> arguments() {
    return {CornerHead::arguments(),
            arg(&Options::centripetal_shift_channels, "centripetal_shift_channels", "only 2 is possible").one_of({2}),
            arg(&Options::guiding_shift_channels, "guiding_shift_channels", "only 2 is possible").one_of({2}),
            arg(&Options::feat_adaption_conv_kernel, "feat_adaption_conv_kernel", "size of the deformable convolutions").one_of({3}),
            arg(&Options::loss_guiding_shift, "loss_guiding_shift", "loss of the shifts that guide the convolutions").built_by("LOSSES"),
            arg(&Options::loss_centripetal_shift, "loss_centripetal_shift", "loss of the shifts to the middle").built_by("LOSSES")};
  }

  CentripetalHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override {
    return decode_pairs(outputs, metas, {.heat = 0, .offset = 2, .tie = 6, .tie_is_embedding = false});
  }

 private:
  template <class M>
  PerCorner<std::shared_ptr<nn::ModuleList<M>>> add_lists(const std::string& name) {
    return {register_module("tl_" + name, std::make_shared<nn::ModuleList<M>>()),
            register_module("br_" + name, std::make_shared<nn::ModuleList<M>>())};
  }

  PerCorner<std::shared_ptr<nn::ModuleList<nn::DeformConv2d>>> feat_adaption_;
  PerCorner<std::shared_ptr<nn::ModuleList<nn::ConvModule>>> dcn_offset_;
  PerCorner<std::shared_ptr<Branch>> guiding_shift_;
  PerCorner<std::shared_ptr<Branch>> centripetal_shift_;
  std::shared_ptr<Loss> loss_guiding_shift_;
  std::shared_ptr<Loss> loss_centripetal_shift_;
};

CentripetalHead::CentripetalHead(const Options& options, const BuildContext& context) : CornerHead("CentripetalHead", options, context) {
  const std::int64_t kernel = options.feat_adaption_conv_kernel;
  feat_adaption_ = add_lists<nn::DeformConv2d>("feat_adaption");
  dcn_offset_ = add_lists<nn::ConvModule>("dcn_offset");
  for (const Corner corner : {TopLeft, BottomRight}) {
    for (std::size_t level = 0; level < num_levels(); ++level) {
      const nn::DeformConv2d::Options adaption{
          .in_channels = in_channels(), .out_channels = in_channels(), .kernel_size = kernel, .padding = 1};
      feat_adaption_[corner]->append(std::make_shared<nn::DeformConv2d>(adaption, context));
      nn::ConvModule::Options offset;
      offset.in_channels = options.guiding_shift_channels;
      offset.out_channels = kernel * kernel * options.guiding_shift_channels;
      offset.bias = false;
      dcn_offset_[corner]->append(std::make_shared<nn::ConvModule>(offset, context));
    }
  }
  guiding_shift_ = add_branches("guiding_shift", options.guiding_shift_channels, context);
  centripetal_shift_ = add_branches("centripetal_shift", options.centripetal_shift_channels, context);
  loss_guiding_shift_ = register_module("loss_guiding_shift", build_loss(options.loss_guiding_shift, context.child("loss_guiding_shift")));
  loss_centripetal_shift_ =
      register_module("loss_centripetal_shift", build_loss(options.loss_centripetal_shift, context.child("loss_centripetal_shift")));
}

void CentripetalHead::init_weights(const nn::PretrainedLoader& load_pretrained) {
  CornerHead::init_weights(load_pretrained);
  for (const Corner corner : {TopLeft, BottomRight}) {
    for (const auto& conv : *feat_adaption_[corner]) nn::normal_init(*conv, 0, 0.01);
    for (const auto& conv : *dcn_offset_[corner]) nn::normal_init(*conv->conv(), 0, 0.1);
  }
  reset(guiding_shift_, Convolutions::All);
  reset(centripetal_shift_, Convolutions::All);
}

HeadOutputs CentripetalHead::compute(const nn::Features& features) {
  HeadOutputs outputs(8);
  for (std::size_t level = 0; level < num_levels(); ++level) {
    const Prediction prediction = forward_level(features, level);
    for (const Corner corner : {TopLeft, BottomRight}) {
      const torch::Tensor& pool = prediction.pool[corner];
      const torch::Tensor guiding = (*guiding_shift_[corner])[level].forward(pool);
      const torch::Tensor offset = (*dcn_offset_[corner])[level].forward(guiding.detach());
      const torch::Tensor adapted = (*feat_adaption_[corner])[level].forward(pool, offset);
      outputs[corner].push_back(prediction.heat[corner]);
      outputs[2 + corner].push_back(prediction.offset[corner]);
      outputs[4 + corner].push_back(guiding);
      outputs[6 + corner].push_back((*centripetal_shift_[corner])[level].forward(adapted));
    }
  }
  return outputs;
}

Losses CentripetalHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const CornerTargets wanted = targets_of(outputs.at(0), targets);
  Losses losses = corner_losses(outputs, 0, 2, wanted);
  losses.set("guiding_loss", shift_losses(*loss_guiding_shift_, outputs, 4, wanted.guiding_shifts, wanted));
  losses.set("centripetal_loss", shift_losses(*loss_centripetal_shift_, outputs, 6, wanted.centripetal_shifts, wanted));
  return losses;
}

DETFORGE_REGISTER(heads, CentripetalHead,
                  {.name = "CentripetalHead",
                   .python = "mmdet.models.dense_heads.centripetal_head.CentripetalHead",
                   .meaning = "boxes by their corners, which point at the same middle"});

}  // namespace detforge
