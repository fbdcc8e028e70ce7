#include "detforge/models/roi_heads/rcnn_cfg.h"

#include "detforge/models/nms_cfg.h"

namespace detforge {
namespace {

struct RcnnTrainKeys : RcnnTrainCfg {
  bool debug = false;

  static Arguments<RcnnTrainKeys> arguments() {
    using Keys = RcnnTrainKeys;
    return {arg(&Keys::assigner, "assigner", required, "which object each proposal belongs to").built_by("BBOX_ASSIGNERS"),
            arg(&Keys::sampler, "sampler", required, "which proposals are learnt from").built_by("BBOX_SAMPLERS"),
            arg(&Keys::pos_weight, "pos_weight", "weight of positive labels; 1 where it is not above 0"),
            arg(&Keys::mask_size, "mask_size", "height and width of mask targets"),
            arg(&Keys::soft_mask_target, "soft_mask_target", "mask targets between 0 and 1"),
            arg(&Keys::mask_thr_binary, "mask_thr_binary", "probability from which on a pixel is inside"),
            arg(&Keys::pos_radius, "pos_radius", "radius of the circle around a grid point").at_least(0),
            arg(&Keys::max_num_grid, "max_num_grid", "at most so many regions for the grid head").at_least(1),
            arg(&Keys::num_points, "num_points", "points of a mask").at_least(1),
            arg(&Keys::oversample_ratio, "oversample_ratio", "candidates for points, as a multiple").at_least(1),
            arg(&Keys::importance_sample_ratio, "importance_sample_ratio", "part of the points that is chosen for uncertainty")
                .check([](const double& ratio) { return ratio >= 0 && ratio <= 1 ? std::string() : "must be between 0 and 1"; }),
            arg(&Keys::dynamic_rcnn, "dynamic_rcnn", "how Dynamic R-CNN changes its thresholds"),
            arg(&Keys::isr, "isr", "importance of positive samples"),
            arg(&Keys::carl, "carl", "classification-aware regression loss"),
            arg(&Keys::debug, "debug", "has no meaning here")};
  }
};

struct RcnnTestKeys : RcnnTestCfg {
  ConfigDict nms_config;

  static Arguments<RcnnTestKeys> arguments() {
    using Keys = RcnnTestKeys;
    return {arg(&Keys::score_thr, "score_thr", required, "detections must score more"),
            arg(&Keys::nms_config, "nms", required, "non-maximum suppression"),
            arg(&Keys::max_per_img, "max_per_img", required, "at most so many detections per image"),
            arg(&Keys::mask_thr_binary, "mask_thr_binary", "probability from which on a pixel is inside")
                .check([](const std::optional<double>& threshold) {
                  return threshold && *threshold < 0 ? std::string("must be at least 0") : std::string();
                }),
            arg(&Keys::subdivision_steps, "subdivision_steps", "times that a mask is enlarged").at_least(1),
            arg(&Keys::subdivision_num_points, "subdivision_num_points", "points that are decided anew each time").at_least(1),
            arg(&Keys::scale_factor, "scale_factor", "factor of each enlargement").at_least(1)};
  }
};

}  // namespace

RcnnTrainCfg rcnn_train_cfg_from(const Value& config, const std::string& head, const BuildContext& context) {
  return options_from("the train_cfg of " + head, RcnnTrainKeys::arguments(), config, context);
}

RcnnTestCfg rcnn_test_cfg_from(const Value& config, const std::string& head, const BuildContext& context) {
  RcnnTestKeys keys = options_from("the test_cfg of " + head, RcnnTestKeys::arguments(), config, context);
  keys.nms = nms_options_from(keys.nms_config, "the nms of " + head + "'s test_cfg", context.child("nms"));
  return keys;
}

Error missing_rcnn_train_cfg(const std::string& head) {
  return Error("the model has no 'train_cfg.rcnn', which says what " + head + " learns from")
      .help("add train_cfg=dict(rcnn=dict(assigner=dict(type='MaxIoUAssigner', …), sampler=dict(type='RandomSampler', …))) to the model");
}

Error missing_rcnn_test_cfg(const std::string& head) {
  return Error("the model has no 'test_cfg.rcnn', which says what " + head + " keeps of its predictions")
      .help("add test_cfg=dict(rcnn=dict(score_thr=0.05, nms=dict(type='nms', iou_threshold=0.5), max_per_img=100)) to the model");
}

double mask_threshold(const RcnnTestCfg& config, const std::string& head) {
  if (config.mask_thr_binary) return *config.mask_thr_binary;
  throw Error("the test_cfg of " + head + " has no 'mask_thr_binary', the probability from which on a pixel is inside of a mask")
      .help("add mask_thr_binary=0.5 to test_cfg.rcnn");
}

}  // namespace detforge
