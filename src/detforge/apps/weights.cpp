#include "detforge/apps/weights.h"

#include "detforge/checkpoint/checkpoint.h"
#include "detforge/models/inference/detect_images.h"

namespace detforge {

torch::Device device_of(const std::string& name) {
  try {
    return torch::Device(name);
  } catch (const c10::Error&) {
    throw Error("there is no device '" + name + "'", ErrorKind::Usage).help("use cpu or cuda:N; detforge info lists what there is");
  }
}

std::shared_ptr<Detector> build_model(const Config& config, Reference reference) {
  const auto outer = [&](const char* key) { return config.contains(key) ? config[key] : Value(); };
  return build_detector(config["model"], outer("train_cfg"), outer("test_cfg"), {reference, "model"});
}

LoadedWeights load_weights(Detector& model, const WeightsSource& source) {
  if (source.checkpoint == "random") {
    init_random_weights(model, source.seed);
    return {};
  }
  const Checkpoint checkpoint = Checkpoint::read(source.checkpoint);
  nn::LoadReport report = nn::load_state_dict(model, checkpoint, source.strict);
  try {
    nn::require_fit(report, source.partial);
  } catch (Error& error) {
    throw std::move(error.at(source.checkpoint));
  }
  return {checkpoint.classes(), std::move(report)};
}

}  // namespace detforge
