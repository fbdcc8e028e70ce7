#include "detforge/models/dense_heads/rpn/rpn_test_cfg.h"

#include "detforge/models/nms_cfg.h"

namespace detforge {
namespace {

struct RpnTestCfgKeys {
  std::int64_t nms_pre = -1;
  double min_bbox_size = 0;
  std::optional<ConfigDict> nms;
  std::optional<std::int64_t> max_per_img;
  std::optional<double> nms_thr;
  std::optional<std::int64_t> nms_post;
  std::optional<std::int64_t> max_num;
  bool nms_across_levels = false;

  static Arguments<RpnTestCfgKeys> arguments() {
    using Keys = RpnTestCfgKeys;
    return {arg(&Keys::nms_pre, "nms_pre", "at most so many anchors per level"),
            arg(&Keys::min_bbox_size, "min_bbox_size", "smallest side of a proposal in px"),
            arg(&Keys::nms, "nms", "non-maximum suppression within each level"),
            arg(&Keys::max_per_img, "max_per_img", "at most so many proposals per image"),
            arg(&Keys::nms_thr, "nms_thr", "v2.8's iou_threshold of nms"),
            arg(&Keys::nms_post, "nms_post", "v2.8's max_per_img; with guided anchors per level"),
            arg(&Keys::max_num, "max_num", "v2.8's max_per_img of several views, and of guided anchors"),
            arg(&Keys::nms_across_levels, "nms_across_levels", "guided anchors: one more NMS over all levels")};
  }
};

}  // namespace

std::optional<RpnTestCfg> rpn_test_cfg_from(const std::optional<ConfigDict>& config, const std::string& owner,
                                            const BuildContext& context) {
  if (!config) return std::nullopt;
  const RpnTestCfgKeys keys = options_from(owner, RpnTestCfgKeys::arguments(), config->value(), context);
  RpnTestCfg cfg;
  cfg.nms_pre = keys.nms_pre;
  cfg.min_bbox_size = keys.min_bbox_size;
  if (keys.nms) {
    cfg.nms = nms_options_from(*keys.nms, "the nms of " + owner, context.child("nms"));
  } else if (keys.nms_thr) {
    cfg.nms.iou_threshold = *keys.nms_thr;
  } else {
    throw Error(owner + " needs the argument 'nms': non-maximum suppression within each level").at(config->value().location());
  }
  const std::int64_t merged = keys.max_per_img.value_or(keys.max_num.value_or(-1));
  cfg.max_per_img = context.reference == Reference::V2_8 ? keys.nms_post.value_or(merged) : merged;
  cfg.max_merged = merged;
  cfg.nms_post = keys.nms_post.value_or(-1);
  cfg.nms_across_levels = keys.nms_across_levels;
  return cfg;
}

}  // namespace detforge
