#include "detforge/models/dense_heads/parts/test_cfg.h"

namespace detforge {
namespace {

struct TestCfgKeys {
  std::int64_t nms_pre = -1;
  double min_bbox_size = 0;
  double score_thr = 0;
  double conf_thr = -1;
  ConfigDict nms;
  std::int64_t max_per_img = -1;
  bool score_voting = true;

  static Arguments<TestCfgKeys> arguments() {
    return {arg(&TestCfgKeys::nms_pre, "nms_pre", "at most so many places per level"),
            arg(&TestCfgKeys::min_bbox_size, "min_bbox_size", "smallest side of a box in px"),
            arg(&TestCfgKeys::score_thr, "score_thr", required, "smallest score of a detection"),
            arg(&TestCfgKeys::conf_thr, "conf_thr", "smallest objectness"),
            arg(&TestCfgKeys::nms, "nms", required, "non-maximum suppression"),
            arg(&TestCfgKeys::max_per_img, "max_per_img", "at most so many detections per image"),
            arg(&TestCfgKeys::score_voting, "score_voting", "means nothing here: PAAHead has an argument of that name")};
  }
};

}  // namespace

std::optional<TestCfg> test_cfg_from(const std::optional<ConfigDict>& config, const std::string& head, const BuildContext& context) {
  if (!config) return std::nullopt;
  const TestCfgKeys keys = options_from("the test_cfg of " + head, TestCfgKeys::arguments(), config->value(), context.child("test_cfg"));
  return TestCfg{.nms_pre = keys.nms_pre,
                 .min_bbox_size = keys.min_bbox_size,
                 .score_thr = keys.score_thr,
                 .conf_thr = keys.conf_thr,
                 .nms = nms_options_from(keys.nms, "the nms of " + head + "'s test_cfg", context.child("test_cfg.nms")),
                 .max_per_img = keys.max_per_img};
}

Error missing_test_cfg(const std::string& head) {
  return Error("the model has no 'test_cfg', which says what " + head + " keeps of its predictions")
      .help(
          "add it beside 'bbox_head' in the config's model: test_cfg=dict(score_thr=0.05, nms=dict(type='nms', iou_threshold=0.45), "
          "max_per_img=100)");
}

}  // namespace detforge
