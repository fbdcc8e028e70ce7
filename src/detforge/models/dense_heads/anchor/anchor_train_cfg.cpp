#include "detforge/models/dense_heads/anchor/anchor_train_cfg.h"

namespace detforge {
namespace {

struct AnchorTrainCfgKeys {
  ConfigDict assigner;
  std::optional<ConfigDict> sampler;
  double allowed_border = -1;
  double pos_weight = -1;
  bool debug = false;
  double neg_pos_ratio = 3;
  double smoothl1_beta = 1;
  std::optional<ConfigDict> isr;
  std::optional<ConfigDict> carl;
  std::optional<ConfigDict> ga_assigner;
  std::optional<ConfigDict> ga_sampler;
  double center_ratio = 0.2;
  double ignore_ratio = 0.5;
  std::optional<ConfigDict> initial_assigner;
  std::int64_t initial_epoch = 0;
  double alpha = 1;
  double beta = 6;
  std::optional<ConfigDict> reg_assigner;

  static Arguments<AnchorTrainCfgKeys> arguments() {
    using Keys = AnchorTrainCfgKeys;
    return {arg(&Keys::assigner, "assigner", required, "which anchors belong to which objects").built_by("BBOX_ASSIGNERS"),
            arg(&Keys::sampler, "sampler", "which anchors count").built_by("BBOX_SAMPLERS"),
            arg(&Keys::allowed_border, "allowed_border", "px that anchors may reach beyond the image; below 0: any"),
            arg(&Keys::pos_weight, "pos_weight", "weight of objects, where it is above 0"),
            arg(&Keys::debug, "debug", "means nothing here"),
            arg(&Keys::neg_pos_ratio, "neg_pos_ratio", "hard negatives per positive").at_least(0),
            arg(&Keys::smoothl1_beta, "smoothl1_beta", "difference from which on the loss of boxes is linear"),
            arg(&Keys::isr, "isr", "reweighting of samples by importance: k, bias"),
            arg(&Keys::carl, "carl", "regression that minds the class score: k, bias"),
            arg(&Keys::ga_assigner, "ga_assigner", "assigner of guided anchors").built_by("BBOX_ASSIGNERS"),
            arg(&Keys::ga_sampler, "ga_sampler", "sampler of guided anchors").built_by("BBOX_SAMPLERS"),
            arg(&Keys::center_ratio, "center_ratio", "part of an object that is its centre"),
            arg(&Keys::ignore_ratio, "ignore_ratio", "part of an object around that centre which does not count"),
            arg(&Keys::initial_assigner, "initial_assigner", "assigner of the first epochs").built_by("BBOX_ASSIGNERS"),
            arg(&Keys::initial_epoch, "initial_epoch", "number of those epochs"),
            arg(&Keys::alpha, "alpha", "exponent of the score in the alignment"),
            arg(&Keys::beta, "beta", "exponent of the overlap in the alignment"),
            arg(&Keys::reg_assigner, "reg_assigner", "assigner of the boxes").built_by("BBOX_ASSIGNERS")};
  }
};

bool samples(Sampling sampling, const std::string& loss, const std::optional<ConfigDict>& sampler, Reference reference) {
  if (sampling == Sampling::Never || sampling == Sampling::AsGiven) return false;
  if (loss == "FocalLoss" || loss == "GHMC" || loss == "QualityFocalLoss") return false;
  if (sampling == Sampling::ByLoss || reference == Reference::V2_8) return true;
  const Value* type = sampler ? sampler->find("type") : nullptr;
  return type != nullptr && !python_equal(*type, "PseudoSampler");
}

}  // namespace

std::optional<AnchorTrainCfg> anchor_train_cfg_from(const std::optional<ConfigDict>& config, const std::string& head,
                                                    const std::string& loss_cls, Sampling sampling, const BuildContext& context) {
  if (!config) return std::nullopt;
  const BuildContext child = context.child("train_cfg");
  const AnchorTrainCfgKeys keys = options_from("the train_cfg of " + head, AnchorTrainCfgKeys::arguments(), config->value(), child);
  const ConfigDict pseudo{{"type", "PseudoSampler"}};
  AnchorTrainCfg cfg;
  cfg.assigner = bbox_assigners().build(keys.assigner, child.child("assigner"));
  cfg.sampling = samples(sampling, loss_cls, keys.sampler, context.reference);
  const bool takes_given = cfg.sampling || sampling == Sampling::AsGiven;
  cfg.sampler = bbox_samplers().build(takes_given && keys.sampler ? *keys.sampler : pseudo, child.child("sampler"));
  if (keys.ga_assigner) cfg.ga_assigner = bbox_assigners().build(*keys.ga_assigner, child.child("ga_assigner"));
  cfg.ga_sampler = bbox_samplers().build(keys.ga_sampler ? *keys.ga_sampler : pseudo, child.child("ga_sampler"));
  cfg.ga_sampling = keys.ga_sampler.has_value();
  if (keys.initial_assigner) {
    cfg.initial_assigner = bbox_assigners().build(*keys.initial_assigner, child.child("initial_assigner"));
  }
  if (keys.reg_assigner) cfg.reg_assigner = bbox_assigners().build(*keys.reg_assigner, child.child("reg_assigner"));
  cfg.initial_epoch = keys.initial_epoch;
  cfg.alpha = keys.alpha;
  cfg.beta = keys.beta;
  cfg.center_ratio = keys.center_ratio;
  cfg.ignore_ratio = keys.ignore_ratio;
  cfg.allowed_border = keys.allowed_border;
  cfg.pos_weight = keys.pos_weight;
  cfg.neg_pos_ratio = keys.neg_pos_ratio;
  cfg.smoothl1_beta = keys.smoothl1_beta;
  if (keys.isr) cfg.isr = PisaCfg::from(*keys.isr, "isr of the train_cfg of " + head, PisaCfg::isr(), child.child("isr"));
  if (keys.carl) cfg.carl = PisaCfg::from(*keys.carl, "carl of the train_cfg of " + head, PisaCfg::carl(), child.child("carl"));
  return cfg;
}

Error missing_train_cfg(const std::string& head) {
  return Error("the model has no 'train_cfg', which says how " + head + " learns from objects")
      .help("add it beside 'bbox_head' in the config's model: train_cfg=dict(assigner=dict(type='MaxIoUAssigner', …), …)");
}

}  // namespace detforge
