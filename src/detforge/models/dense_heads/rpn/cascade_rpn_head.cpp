#include "detforge/models/dense_heads/rpn/proposals.h"
#include "detforge/models/dense_heads/rpn/stage_cascade_rpn_head.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// Cascade RPN (arXiv 1909.06720): each stage moves the anchors of the one before, the last one's scores choose the proposals. Gives what
/// its last stage gives, and the anchors [N, H_i·W_i, 4] px that it was given.
class CascadeRPNHead : public DenseHead, public ProposalSource {
 public:
  struct Options {
    std::int64_t num_stages = 0;
    std::vector<ConfigDict> stages;
    std::optional<std::vector<ConfigDict>> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_stages, "num_stages", required, "number of stages").at_least(1),
            arg(&Options::stages, "stages", required, "the stages").built_by("HEADS"),
            arg(&Options::train_cfg, "train_cfg", required, "what training needs, for each stage"),
            arg(&Options::test_cfg, "test_cfg", required, "which proposals are kept"),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }

  CascadeRPNHead(const Options& options, const BuildContext& context);

  Losses forward_train(const nn::Features& features, const Targets& targets) override {
    return run(features, targets.metas, &targets).second;
  }
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override {
    return as_detections(proposals(outputs, metas), metas, rescale);
  }
  std::vector<Detections> simple_test(const nn::Features& features, std::span<const ImageMeta> metas, bool rescale) override {
    return as_detections(propose(features, metas), metas, rescale);
  }
  Detections aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) override {
    return merged_as_detections(aug_propose(views, metas), metas, rescale);
  }

  Proposals propose(const nn::Features& features, std::span<const ImageMeta> metas) override;
  /// As in the reference the test_cfg keeps the proposals in training too.
  std::pair<Losses, Proposals> learn_and_propose(const nn::Features& features, const Targets& targets,
                                                 const std::optional<ConfigDict>& proposal_cfg) override;
  torch::Tensor aug_propose(std::span<const nn::Features> views, std::span<const ImageMeta> metas) override {
    return merge_views(*this, views, metas, test_cfg());
  }

 protected:
  HeadOutputs compute(const nn::Features& features) override { return run(features, {}, nullptr).first; }

 private:
  /// The outputs, within images of `metas` where there are any, and each stage's losses where there are `targets`.
  std::pair<HeadOutputs, Losses> run(const nn::Features& features, std::span<const ImageMeta> metas, const Targets* targets);
  Proposals proposals(const HeadOutputs& outputs, std::span<const ImageMeta> metas) const;

  const RpnTestCfg& test_cfg() const {
    if (!test_cfg_) throw missing_test_cfg("CascadeRPNHead");
    return *test_cfg_;
  }

  std::optional<RpnTestCfg> test_cfg_;
  std::shared_ptr<nn::BaseModuleList<StageCascadeRPNHead>> stages_;
};

CascadeRPNHead::CascadeRPNHead(const Options& options, const BuildContext& context)
    : DenseHead("CascadeRPNHead"),
      test_cfg_(rpn_test_cfg_from(options.test_cfg, "the test_cfg of CascadeRPNHead", context.child("test_cfg"))) {
  const auto count = static_cast<std::size_t>(options.num_stages);
  const std::string wanted = "must have one entry for each of the " + std::to_string(count) + " stages";
  if (options.stages.size() != count) throw ArgumentError("stages", wanted);
  if (options.train_cfg && options.train_cfg->size() != count) throw ArgumentError("train_cfg", wanted);
  stages_ = register_module("stages", std::make_shared<nn::BaseModuleList<StageCascadeRPNHead>>());
  for (std::size_t i = 0; i < count; ++i) {
    Value stage = options.stages[i].value();
    stage["train_cfg"] = options.train_cfg ? (*options.train_cfg)[i].value() : Value();
    stages_->append(build_head<StageCascadeRPNHead>(stage, context.child("stages"), "StageCascadeRPNHead"));
  }
  show_init_cfg(context, options.init_cfg);
}

std::pair<HeadOutputs, Losses> CascadeRPNHead::run(const nn::Features& features, std::span<const ImageMeta> metas, const Targets* targets) {
  nn::Features current = features;
  ImageAnchors anchors = (*stages_)[0].first_anchors(features, static_cast<std::size_t>(features.front().size(0)));
  HeadOutputs outputs;
  Losses losses;
  for (std::size_t i = 0; i < stages_->size(); ++i) {
    StageCascadeRPNHead& stage = (*stages_)[i];
    if (i > 0) anchors = (*stages_)[i - 1].refined(anchors, outputs, metas);
    outputs = stage.forward(current, anchors);
    current = outputs.front();
    if (targets == nullptr) continue;
    losses.update(stage.losses_of(outputs, anchors, *targets), "s" + std::to_string(i) + ".");
  }
  nn::Features& shown = outputs.emplace_back();
  for (std::size_t level = 0; level < features.size(); ++level) {
    std::vector<torch::Tensor> images = {
        torch::zeros({0, features[level].size(2) * features[level].size(3), 4}, features[level].options())};
    for (const auto& image : anchors) images.push_back(image[level].unsqueeze(0));
    shown.push_back(torch::cat(images));
  }
  return {outputs, losses};
}

Proposals CascadeRPNHead::proposals(const HeadOutputs& given, std::span<const ImageMeta> metas) const {
  HeadOutputs outputs;
  for (const nn::Features& levels : given) outputs.push_back(on_cpu(levels));
  Proposals all;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    std::vector<torch::Tensor> anchors;
    for (const torch::Tensor& level : outputs.at(3)) anchors.push_back(level[static_cast<std::int64_t>(image)]);
    all.push_back((*stages_)[stages_->size() - 1].proposals(outputs, anchors, image, metas[image], test_cfg()));
  }
  return all;
}

Proposals CascadeRPNHead::propose(const nn::Features& features, std::span<const ImageMeta> metas) {
  return proposals(run(features, metas, nullptr).first, metas);
}

std::pair<Losses, Proposals> CascadeRPNHead::learn_and_propose(const nn::Features& features, const Targets& targets,
                                                               const std::optional<ConfigDict>&) {
  const auto [outputs, losses] = run(features, targets.metas, &targets);
  const torch::NoGradGuard no_grad;
  return {losses, proposals(outputs, targets.metas)};
}

DETFORGE_REGISTER(heads, CascadeRPNHead,
                  {.name = "CascadeRPNHead",
                   .python = "mmdet.models.dense_heads.cascade_rpn_head.CascadeRPNHead",
                   .meaning = "region proposals from anchors that stages move"});

}  // namespace detforge
