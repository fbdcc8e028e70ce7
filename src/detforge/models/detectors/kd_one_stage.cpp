#include "detforge/config/named_config.h"
#include "detforge/models/detectors/taught_detector.h"

namespace detforge {

/// A detector whose head learns from that of another detector (arXiv 1503.02531), which has a config and a checkpoint of its own.
class KnowledgeDistillationSingleStageDetector : public TaughtDetector {
 public:
  struct Options : SingleStageDetector::Options {
    Value teacher_config;
    std::optional<std::string> teacher_ckpt;
    bool eval_teacher = true;
  };
  static Arguments<Options> arguments() {
    const Arguments<Options> all = {SingleStageDetector::arguments_with_neck(),
                                    arg(&Options::teacher_config, "teacher_config", required, "config of the teacher, or its path"),
                                    arg(&Options::teacher_ckpt, "teacher_ckpt", "checkpoint of the teacher"),
                                    arg(&Options::eval_teacher, "eval_teacher", "whether the teacher stays in evaluation mode")};
    return all.without({"init_cfg"});
  }

  KnowledgeDistillationSingleStageDetector(const Options& options, const BuildContext& context)
      : TaughtDetector("KnowledgeDistillationSingleStageDetector", options,
                       {build_teacher(options.teacher_config, context), options.teacher_ckpt, options.eval_teacher}, context),
        student_(dynamic_cast<TaughtHead*>(&bbox_head())) {
    if (student_ == nullptr) throw ArgumentError("bbox_head", "must be a head that learns from a teacher: LDHead");
  }

  Losses loss(const torch::Tensor& images, const Targets& targets) override {
    const HeadOutputs teacher_outputs = without_gradient([&] { return teacher().forward(images); });
    return student_->loss_with_teacher(bbox_head().forward(extract_feat(images)), teacher_outputs, targets);
  }

 private:
  static std::shared_ptr<Detector> build_teacher(const Value& given, const BuildContext& context) {
    if (!given.is_dict() && !given.is_string()) throw ArgumentError("teacher_config", "must be a path or a dict");
    const Value config = given.is_dict() ? given : named_config(given).root();
    const Value* model = config.find("model");
    if (model == nullptr) throw ArgumentError("teacher_config", "has no 'model'");
    return build_detector(*model, {}, {}, context.child("teacher_config.model"));
  }

  TaughtHead* student_;
};

DETFORGE_REGISTER(detectors, KnowledgeDistillationSingleStageDetector,
                  {.name = "KnowledgeDistillationSingleStageDetector",
                   .python = "mmdet.models.detectors.kd_one_stage.KnowledgeDistillationSingleStageDetector",
                   .meaning = "a head that learns from a teacher's",
                   .since = Reference::V2_27});

}  // namespace detforge
