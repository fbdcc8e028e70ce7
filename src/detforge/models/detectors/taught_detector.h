#pragma once

#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// A single-stage detector that learns from another one, its teacher. As in Python the teacher is no part of it: it is not printed, has no
/// entries in the state_dict and does not learn.
class TaughtDetector : public SingleStageDetector {
 public:
  Detector& teacher() { return *teacher_; }

  void train(bool on = true) override;
  void to(torch::Device device, bool non_blocking = false) override;
  /// The teacher's weights come from its checkpoint, where it has one; else they are PyTorch's.
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  struct Teaching {
    std::shared_ptr<Detector> teacher;
    std::optional<std::string> checkpoint;
    bool stays_in_eval = true;
  };
  /// What the teacher says of images.
  template <class Work>
  static auto without_gradient(Work&& work) {
    const torch::NoGradGuard no_grad;
    return work();
  }
  TaughtDetector(std::string python_name, const Options& options, Teaching teaching, const BuildContext& context);

 private:
  std::shared_ptr<Detector> teacher_;  // not registered
  std::optional<std::string> checkpoint_;
  bool stays_in_eval_;
};

}  // namespace detforge
