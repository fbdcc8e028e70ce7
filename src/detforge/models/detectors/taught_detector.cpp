#include "detforge/models/detectors/taught_detector.h"

#include "detforge/nn/init/initializer.h"

namespace detforge {

TaughtDetector::TaughtDetector(std::string python_name, const Options& options, Teaching teaching, const BuildContext& context)
    : SingleStageDetector(std::move(python_name), options, context),
      teacher_(std::move(teaching.teacher)),
      checkpoint_(std::move(teaching.checkpoint)),
      stays_in_eval_(teaching.stays_in_eval) {}

void TaughtDetector::train(bool on) {
  teacher_->train(on && !stays_in_eval_);
  SingleStageDetector::train(on);
}

void TaughtDetector::to(torch::Device device, bool non_blocking) {
  teacher_->to(device, non_blocking);
  SingleStageDetector::to(device, non_blocking);
}

void TaughtDetector::init_weights(const nn::PretrainedLoader& load_pretrained) {
  SingleStageDetector::init_weights(load_pretrained);
  nn::initialize_weights(*teacher_);
  if (checkpoint_ && load_pretrained) load_pretrained(*teacher_, {*checkpoint_, std::nullopt});
}

}  // namespace detforge
