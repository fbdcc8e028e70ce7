#include "detforge/models/detectors/taught_detector.h"

#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/nn/init/initializer.h"
#include "detforge/nn/load_state_dict.h"
#include "tests/support/saved_weights.h"

/// Students with teachers that are no part of them: Localization Distillation and Label Assignment Distillation.
namespace detforge {
namespace {

const char* const parts = R"(
backbone = dict(type='ResNet', depth=18, base_channels=8)
neck = dict(type='FPN', in_channels=[8, 16, 32, 64], out_channels=8, start_level=1, add_extra_convs='on_output', num_outs=5)
anchors = dict(type='AnchorGenerator', ratios=[1.0], octave_base_scale=8, scales_per_octave=1, strides=[8, 16, 32, 64, 128])
head = dict(num_classes=2, in_channels=8, feat_channels=8, stacked_convs=1, norm_cfg=None, anchor_generator=anchors,
            loss_bbox=dict(type='GIoULoss', loss_weight=2.0))
quality = dict(type='QualityFocalLoss', use_sigmoid=True)
focal = dict(type='FocalLoss', use_sigmoid=True)
gfl = dict(type='GFL', backbone=backbone, neck=neck, bbox_head=dict(head, type='GFLHead', loss_cls=quality))
KD = dict(type='KnowledgeDistillationSingleStageDetector', backbone=backbone, neck=neck, teacher_config=dict(model=gfl),
          bbox_head=dict(head, type='LDHead', loss_cls=quality, loss_ld=dict(type='KnowledgeDistillationKLDivLoss')),
          train_cfg=dict(assigner=dict(type='ATSSAssigner', topk=9), allowed_border=-1, pos_weight=-1))
lad_head = dict(head, type='LADHead', loss_cls=focal)
LAD = dict(type='LAD', backbone=backbone, neck=neck, bbox_head=lad_head, teacher_backbone=backbone, teacher_neck=neck,
           teacher_bbox_head=lad_head, teacher_ckpt=None,
           train_cfg=dict(assigner=dict(type='MaxIoUAssigner', pos_iou_thr=0.1, neg_iou_thr=0.1, min_pos_iou=0, ignore_iof_thr=-1),
                          allowed_border=-1, pos_weight=-1))
)";

Value config_of(const std::string& name) { return Config::from_text(parts, ".py")[name]; }

std::shared_ptr<TaughtDetector> build(const Value& config) { return std::dynamic_pointer_cast<TaughtDetector>(build_detector(config)); }

Targets one_object() {
  Targets targets;
  ImageMeta meta;
  meta.img_shape = meta.pad_shape = meta.batch_input_shape = {64, 64};
  targets.metas = {meta};
  targets.gt_bboxes = {torch::tensor({{4.0F, 6.0F, 50.0F, 60.0F}})};
  targets.gt_labels = {torch::tensor({1}, torch::kLong)};
  return targets;
}

class EveryTaughtDetector : public testing::TestWithParam<const char*> {};

TEST_P(EveryTaughtDetector, HasATeacherThatIsNoPartOfIt) {
  const auto model = build(config_of(GetParam()));
  EXPECT_EQ(nn::repr(*model).find("teacher"), std::string::npos);
  for (const nn::NamedTensor& entry : nn::state_dict(*model)) EXPECT_EQ(entry.name.find("teacher"), std::string::npos);
  EXPECT_FALSE(model->teacher().parameters().empty());
}

TEST_P(EveryTaughtDetector, LearnsWithoutItsTeacherDoingSo) {
  const auto model = build(config_of(GetParam()));
  nn::initialize_weights(*model);
  model->train();
  EXPECT_TRUE(model->is_training());
  EXPECT_FALSE(model->teacher().is_training());
  parse_losses(model->loss(torch::randn({1, 3, 64, 64}), one_object())).loss.backward();
  std::size_t learning = 0;
  for (const torch::Tensor& parameter : model->parameters()) learning += parameter.grad().defined() ? 1 : 0;
  EXPECT_GT(learning, 0U);
  for (const torch::Tensor& parameter : model->teacher().parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST_P(EveryTaughtDetector, LetsItsTeacherTrainAlongWhereToldSo) {
  Value config = config_of(GetParam());
  config["eval_teacher"] = false;
  const auto model = build(config);
  model->train();
  EXPECT_TRUE(model->teacher().is_training());
  model->eval();
  EXPECT_FALSE(model->teacher().is_training());
}

TEST_P(EveryTaughtDetector, TakesItsTeachersWeightsFromTheCheckpointWhenTrainingBegins) {
  Value config = config_of(GetParam());
  const auto source = build(config);
  for (torch::Tensor& parameter : source->teacher().parameters()) {
    const torch::NoGradGuard no_grad;
    parameter.uniform_(0.5, 1);
  }
  config["teacher_ckpt"] = saved_weights(source->teacher(), [](const std::string& name) { return name; }).string();
  const auto model = build(config);
  nn::init_weights(*model, 0);
  const auto ours = model->teacher().parameters(), wanted = source->teacher().parameters();
  ASSERT_EQ(ours.size(), wanted.size());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_TRUE(torch::equal(ours[i], wanted[i]));
}

INSTANTIATE_TEST_SUITE_P(All, EveryTaughtDetector, testing::Values("KD", "LAD"));

std::string error_of(const Value& config) {
  try {
    build_detector(config);
    return "no error";
  } catch (const Error& error) {
    return error.diagnostics().front().message;
  }
}

TEST(TaughtDetectors, SayWhatTheyNeed) {
  Value kd = config_of("KD"), lad = config_of("LAD");
  kd["bbox_head"] = config_of("gfl")["bbox_head"];
  EXPECT_EQ(error_of(kd),
            "argument 'bbox_head' of KnowledgeDistillationSingleStageDetector: must be a head that learns from a teacher: LDHead");
  kd = config_of("KD");
  kd["teacher_config"] = 5;
  EXPECT_EQ(error_of(kd), "argument 'teacher_config' of KnowledgeDistillationSingleStageDetector: must be a path or a dict");
  kd["teacher_config"] = Value::dict();
  EXPECT_EQ(error_of(kd), "argument 'teacher_config' of KnowledgeDistillationSingleStageDetector: has no 'model'");
  lad["teacher_bbox_head"] = config_of("gfl")["bbox_head"];
  EXPECT_EQ(error_of(lad), "argument 'teacher_bbox_head' of LAD: must be a LADHead");
}

TEST(TaughtDetectors, NeedATeacherToLearn) {
  Value config = config_of("gfl");
  config["bbox_head"] = config_of("KD")["bbox_head"];
  config["train_cfg"] = config_of("KD")["train_cfg"];
  const auto model = build_detector(config);
  try {
    model->loss(torch::randn({1, 3, 64, 64}), one_object());
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "error: LDHead has no loss of its outputs alone");
  }
}

}  // namespace
}  // namespace detforge
