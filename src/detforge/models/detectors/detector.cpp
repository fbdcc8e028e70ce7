#include "detforge/models/detectors/detector.h"

namespace detforge {
namespace {

/// `train_cfg` or `test_cfg` may stand in the model or beside it, in old configs, but not in both.
Value with_outer(Value config, const char* key, const Value& outer, const BuildContext& context) {
  if (outer.is_none()) return config;
  if (const Value* inner = config.find(key); inner != nullptr && !inner->is_none()) {
    throw Error(std::string("'") + key + "' stands in the model and beside it").at(outer.location()).note(context.path);
  }
  config[key] = outer;
  return config;
}

}  // namespace

std::vector<Detections> Detector::predict_from_proposals(const torch::Tensor&, std::span<const ImageMeta>, const Proposals&, bool) {
  throw Error(python_name() + " finds its proposals itself, but is given some").help("leave LoadProposals out of the test pipeline");
}

Detections Detector::aug_predict(std::span<const torch::Tensor>, std::span<const ImageMeta>, bool) {
  throw Error(python_name() + " does not merge several views of an image").help("give MultiScaleFlipAug one img_scale and flip=False");
}

Registry<Detector>& detectors() {
  static Registry<Detector> registry("DETECTORS");
  return registry;
}

std::shared_ptr<Detector> build_detector(const Value& config, const Value& train_cfg, const Value& test_cfg, const BuildContext& context) {
  if (!config.is_dict()) return detectors().build(config, context);
  return detectors().build(with_outer(with_outer(config, "train_cfg", train_cfg, context), "test_cfg", test_cfg, context), context);
}

}  // namespace detforge
