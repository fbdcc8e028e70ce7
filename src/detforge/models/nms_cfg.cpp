#include "detforge/models/nms_cfg.h"

namespace detforge {

template <>
struct EnumNames<kernels::NmsType> {
  static constexpr std::array<std::pair<kernels::NmsType, std::string_view>, 3> names = {
      {{kernels::NmsType::Nms, "nms"}, {kernels::NmsType::SoftNms, "soft_nms"}, {kernels::NmsType::NmsMatch, "nms_match"}}};
};

template <>
struct EnumNames<kernels::SoftNmsMethod> {
  static constexpr std::array<std::pair<kernels::SoftNmsMethod, std::string_view>, 3> names = {
      {{kernels::SoftNmsMethod::Naive, "naive"},
       {kernels::SoftNmsMethod::Linear, "linear"},
       {kernels::SoftNmsMethod::Gaussian, "gaussian"}}};
};

namespace {

/// What `batched_nms` and all kinds of NMS take.
struct NmsCfgKeys {
  double iou_threshold = 0.5;
  std::optional<double> iou_thr;
  std::int64_t split_thr = 10000;
  bool class_agnostic = false;

  static Arguments<NmsCfgKeys> arguments() {
    return {arg(&NmsCfgKeys::iou_threshold, "iou_threshold", "a box falls that overlaps a better one by more"),
            arg(&NmsCfgKeys::iou_thr, "iou_thr", "older name of iou_threshold"),
            arg(&NmsCfgKeys::split_thr, "split_thr", "from so many boxes on, classes are done one by one"),
            arg(&NmsCfgKeys::class_agnostic, "class_agnostic", "boxes suppress those of other classes too")};
  }
};

struct PlainNmsKeys : NmsCfgKeys {
  std::int64_t offset = 0;
  double score_threshold = 0;
  std::int64_t max_num = -1;

  static Arguments<PlainNmsKeys> arguments() {
    return {NmsCfgKeys::arguments(), arg(&PlainNmsKeys::offset, "offset", "1: coordinates are inclusive").one_of({0, 1}),
            arg(&PlainNmsKeys::score_threshold, "score_threshold", "boxes must score more"),
            arg(&PlainNmsKeys::max_num, "max_num", "at most so many are kept")};
  }
};

struct SoftNmsKeys : NmsCfgKeys {
  SoftNmsKeys() { iou_threshold = 0.3; }
  std::int64_t offset = 0;
  double sigma = 0.5;
  double min_score = 1e-3;
  kernels::SoftNmsMethod method = kernels::SoftNmsMethod::Linear;

  static Arguments<SoftNmsKeys> arguments() {
    return {NmsCfgKeys::arguments(), arg(&SoftNmsKeys::sigma, "sigma", "width of the gaussian method"),
            arg(&SoftNmsKeys::min_score, "min_score", "a box falls when its score becomes less"),
            arg(&SoftNmsKeys::method, "method", "how the scores of overlapping boxes are lowered"),
            arg(&SoftNmsKeys::offset, "offset", "1: coordinates are inclusive").one_of({0, 1})};
  }
};

kernels::NmsOptions common_nms_options(kernels::NmsType type, const NmsCfgKeys& keys) {
  kernels::NmsOptions options;
  options.type = type;
  options.iou_threshold = keys.iou_thr.value_or(keys.iou_threshold);
  options.class_agnostic = keys.class_agnostic;
  options.split_thr = keys.split_thr;
  return options;
}

kernels::NmsType nms_type_of(const ConfigDict& config, const std::string& owner) {
  const Value* type = config.find("type");
  if (type == nullptr) return kernels::NmsType::Nms;
  try {
    return Conversion<kernels::NmsType>::from(*type);
  } catch (const Error&) {
    throw Error(owner + ": type " + repr(*type) + " is not known; there are 'nms', 'soft_nms' and 'nms_match'").at(type->location());
  }
}

}  // namespace

kernels::NmsOptions nms_options_from(const ConfigDict& config, const std::string& owner, const BuildContext& context) {
  const kernels::NmsType type = nms_type_of(config, owner);
  if (type == kernels::NmsType::SoftNms) {
    const SoftNmsKeys keys = options_from(owner, SoftNmsKeys::arguments(), config.value(), context);
    kernels::NmsOptions options = common_nms_options(type, keys);
    options.offset = keys.offset;
    options.sigma = keys.sigma;
    options.min_score = keys.min_score;
    options.method = keys.method;
    return options;
  }
  if (type == kernels::NmsType::NmsMatch) {
    return common_nms_options(type, options_from(owner, NmsCfgKeys::arguments(), config.value(), context));
  }
  const PlainNmsKeys keys = options_from(owner, PlainNmsKeys::arguments(), config.value(), context);
  kernels::NmsOptions options = common_nms_options(type, keys);
  options.offset = keys.offset;
  options.score_threshold = keys.score_threshold;
  options.max_num = keys.max_num;
  return options;
}

}  // namespace detforge
