#include "detforge/cli/torch/weights.h"

#include "detforge/checkpoint/checkpoint.h"
#include "detforge/models/inference/predictor.h"
#include "detforge/nn/load_state_dict.h"

namespace detforge::cli {

torch::Device device_of(const std::string& name) {
  try {
    return torch::Device(name);
  } catch (const c10::Error&) {
    throw Error("there is no device '" + name + "'", ErrorKind::Usage).help("use cpu or cuda:N; detforge info lists what there is");
  }
}

std::vector<std::string> load_weights(Detector& model, const WeightsRequest& request, std::ostream& log) {
  if (request.checkpoint == "random") {
    init_random_weights(model, request.seed);
    return {};
  }
  const Checkpoint checkpoint = Checkpoint::read(request.checkpoint);
  const nn::LoadReport report = nn::load_state_dict(model, checkpoint, request.strict);
  if (report.missing.size() + report.mismatched.size() >= nn::state_dict(model).size()) {
    throw Error("no tensor of the checkpoint fits the model").at(request.checkpoint).help("detforge checkpoint show lists what is inside");
  }
  if (!report.empty() && !request.quiet) log << "note: the checkpoint does not fit the model in everything\n" << report.text();
  return checkpoint.classes();
}

}  // namespace detforge::cli
