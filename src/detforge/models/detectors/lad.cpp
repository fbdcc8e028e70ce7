#include "detforge/models/dense_heads/quality/lad_head.h"
#include "detforge/models/detectors/taught_detector.h"

namespace detforge {

/// LAD (arXiv 2108.10520): a teacher, given part by part, says which anchors of the student are positive.
class LAD : public TaughtDetector {
 public:
  struct Options : SingleStageDetector::Options {
    ConfigDict teacher_backbone;
    std::optional<NeckConfig> teacher_neck;
    ConfigDict teacher_bbox_head;
    std::optional<std::string> teacher_ckpt;
    bool eval_teacher = true;
  };
  static Arguments<Options> arguments() {
    const Arguments<Options> all = {
        SingleStageDetector::arguments_with_neck(),
        arg(&Options::teacher_backbone, "teacher_backbone", required, "image to features of the teacher").built_by("BACKBONES"),
        arg(&Options::teacher_neck, "teacher_neck", required, "features to features of the teacher").built_by("NECKS"),
        arg(&Options::teacher_bbox_head, "teacher_bbox_head", required, "the teacher's LADHead").built_by("HEADS"),
        arg(&Options::teacher_ckpt, "teacher_ckpt", required, "checkpoint of the teacher"),
        arg(&Options::eval_teacher, "eval_teacher", "whether the teacher stays in evaluation mode")};
    return all.without({"init_cfg"});
  }

  LAD(const Options& options, const BuildContext& context)
      : TaughtDetector("LAD", options, {build_teacher(options, context), options.teacher_ckpt, options.eval_teacher}, context),
        student_(dynamic_cast<LADHead*>(&bbox_head())),
        teaching_head_(dynamic_cast<LADHead*>(teacher().part("bbox_head"))) {
    if (student_ == nullptr) throw ArgumentError("bbox_head", "must be a LADHead");
    if (teaching_head_ == nullptr) throw ArgumentError("teacher_bbox_head", "must be a LADHead");
  }

  Losses loss(const torch::Tensor& images, const Targets& targets) override {
    const LADHead::Assignment assignment = without_gradient([&] { return teaching_head_->assign(teacher().forward(images), targets); });
    return student_->loss_with_assignment(student_->forward(extract_feat(images)), assignment);
  }

 private:
  static std::shared_ptr<Detector> build_teacher(const Options& options, const BuildContext& context) {
    SingleStageDetector::Options parts;
    parts.backbone = options.teacher_backbone;
    parts.neck = options.teacher_neck;
    parts.bbox_head = options.teacher_bbox_head;
    parts.train_cfg = options.train_cfg;
    parts.test_cfg = options.test_cfg;
    return std::make_shared<SingleStageDetector>(parts, context.child("teacher"));
  }

  LADHead* student_;
  LADHead* teaching_head_;
};

DETFORGE_REGISTER(detectors, LAD,
                  {.name = "LAD",
                   .python = "mmdet.models.detectors.lad.LAD",
                   .meaning = "a teacher chooses the positives (arXiv 2108.10520)",
                   .since = Reference::V2_27});

}  // namespace detforge
