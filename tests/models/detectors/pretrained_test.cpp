#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/models/detectors/detector.h"
#include "detforge/nn/init/initializer.h"
#include "detforge/nn/load_state_dict.h"
#include "tests/support/saved_weights.h"

/// Where training begins: the weights that a config names.
namespace detforge {
namespace {

Value parsed(const std::string& text) { return Config::from_text(text, ".py").root(); }

/// A narrow ResNet-18 with necks and heads to match.
const char* const parts = R"(
backbone = dict(type='ResNet', depth=18, base_channels=8, norm_eval=False)
neck = dict(type='FPN', in_channels=[8, 16, 32, 64], out_channels=8, num_outs=5)
anchors = dict(type='AnchorGenerator', scales=[8], ratios=[1.0], strides=[4, 8, 16, 32, 64])
coder = dict(type='DeltaXYWHBBoxCoder', target_means=[.0, .0, .0, .0], target_stds=[1.0, 1.0, 1.0, 1.0])
rpn_head = dict(type='RPNHead', in_channels=8, feat_channels=8, anchor_generator=anchors, bbox_coder=coder)
bbox_head = dict(type='RetinaHead', num_classes=2, in_channels=8, feat_channels=8, stacked_convs=1)
roi_head = dict(type='StandardRoIHead',
    bbox_roi_extractor=dict(type='SingleRoIExtractor', roi_layer=dict(type='RoIAlign', output_size=7), out_channels=8,
                            featmap_strides=[4, 8, 16, 32]),
    bbox_head=dict(type='Shared2FCBBoxHead', in_channels=8, fc_out_channels=8, roi_feat_size=7, num_classes=2))
RetinaNet = dict(type='RetinaNet', backbone=backbone, neck=neck, bbox_head=bbox_head)
RPN = dict(type='RPN', backbone=backbone, neck=neck, rpn_head=rpn_head, train_cfg=None, test_cfg=None)
FasterRCNN = dict(type='FasterRCNN', backbone=backbone, neck=neck, rpn_head=rpn_head, roi_head=roi_head, train_cfg=None, test_cfg=None)
)";

std::shared_ptr<nn::Module> backbone_of(const Detector& detector) {
  return std::dynamic_pointer_cast<nn::Module>(detector.named_children()["backbone"]);
}

/// As torchvision and caffe ImageNet weights are: ResNet's own names, and a classifier that no detector has.
std::filesystem::path imagenet_weights(const Detector& like) {
  const auto backbone = backbone_of(like);
  for (const nn::NamedTensor& entry : nn::state_dict(*backbone)) {
    const torch::NoGradGuard no_grad;
    if (entry.tensor.is_floating_point()) entry.tensor.uniform_(0.5, 1);
  }
  return saved_weights(*backbone, [](const std::string& name) { return name == "conv1.weight" ? "fc.weight" : name; });
}

class PretrainedDetector : public testing::TestWithParam<std::tuple<const char*, Reference>> {
 protected:
  static std::shared_ptr<Detector> build(const Value& pretrained) {
    Value config = parsed(parts)[std::get<0>(GetParam())];
    config["pretrained"] = pretrained;
    return build_detector(config, {}, {}, {std::get<1>(GetParam()), "model"});
  }
};

TEST_P(PretrainedDetector, GivesTheWeightsToItsBackbone) {
  const auto source = build(nullptr);
  const auto path = imagenet_weights(*source);
  const auto model = build(path.string());
  const std::vector<nn::LoadedPart> loaded = nn::init_weights(*model, 0);
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].type, "ResNet");
  EXPECT_EQ(loaded[0].checkpoint, path.string());
  EXPECT_EQ(loaded[0].report.unexpected, std::vector<std::string>{"fc.weight"});
  EXPECT_EQ(loaded[0].report.missing, std::vector<std::string>{"conv1.weight"});
  const auto ours = nn::state_dict(*backbone_of(*model)), wanted = nn::state_dict(*backbone_of(*source));
  for (std::size_t i = 1; i < wanted.size(); ++i) {
    if (wanted[i].tensor.is_floating_point()) {
      EXPECT_TRUE(torch::equal(ours[i].tensor, wanted[i].tensor)) << wanted[i].name;
    }
  }
}

TEST_P(PretrainedDetector, NeedsTheWeightsForTrainingOnly) {
  const auto model = build("torchvision://no_such_net");
  EXPECT_NO_THROW(nn::initialize_weights(*model));
  try {
    nn::init_weights(*model, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().front().message,
              "the weights 'torchvision://no_such_net' are not on this machine: 'no_such_net-<8 digits of its SHA-256>.pth' is wanted");
  }
  EXPECT_TRUE(nn::init_weights(*build(""), 0).empty());
}

INSTANTIATE_TEST_SUITE_P(Detectors, PretrainedDetector,
                         testing::Combine(testing::Values("RetinaNet", "RPN", "FasterRCNN"),
                                          testing::Values(Reference::V2_8, Reference::V2_27)),
                         [](const auto& given) {
                           return std::string(std::get<0>(given.param)) + (std::get<1>(given.param) == Reference::V2_8 ? "_2_8" : "_2_27");
                         });

TEST(Pretrained, GoesToBackbonesWithoutSuchAnArgument) {
  Value config = parsed(parts)["RetinaNet"];
  config["backbone"] = parsed("x = dict(type='CSPDarknet', gd=0.33, gw=0.125, out_layers=[4, 6, 9])")["x"];
  config["neck"] = nullptr;
  config["pretrained"] = "torchvision://no_such_net";
  EXPECT_THROW(nn::init_weights(*build_detector(config), 0), Error);
}

TEST(Pretrained, FillsAnyPartFromWhatLiesBelowAPrefix) {
  const Value config = parsed(parts)["RetinaNet"];
  const BuildContext context{Reference::V2_27, "model"};
  const auto source = build_detector(config, {}, {}, context);
  nn::init_weights(*source, 1);
  const auto path = saved_weights(*source, [](const std::string& name) { return "student." + name; });
  const auto pretrained = [&](const char* prefix) {
    return Value::dict({{"type", "Pretrained"}, {"checkpoint", path.string()}, {"prefix", prefix}});
  };
  for (const char* part : {"backbone", "neck", "bbox_head"}) {
    SCOPED_TRACE(part);
    Value with_weights = config;
    with_weights[part]["init_cfg"] = pretrained((std::string("student.") + part).c_str());
    const auto model = build_detector(with_weights, {}, {}, context);
    const std::vector<nn::LoadedPart> loaded = nn::init_weights(*model, 2);
    ASSERT_EQ(loaded.size(), 1U);
    EXPECT_TRUE(loaded[0].report.empty()) << loaded[0].report.text();
  }
  Value whole = config;
  whole["init_cfg"] = pretrained("student");
  const std::vector<nn::LoadedPart> loaded = nn::init_weights(*build_detector(whole, {}, {}, context), 2);
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].type, "RetinaNet");
  EXPECT_TRUE(loaded[0].report.empty()) << loaded[0].report.text();
}

TEST(Pretrained, OfATwoStageDetectorFromBeforeVersion2FillsTheWhole) {
  const auto source = build_detector(parsed(parts)["FasterRCNN"]), target = build_detector(parsed(parts)["FasterRCNN"]);
  nn::init_weights(*source, 1);
  nn::init_weights(*target, 2);
  NamedTensors old;
  for (const nn::NamedTensor& entry : nn::state_dict(*source)) {
    if (entry.tensor.scalar_type() != torch::kFloat) continue;
    const bool second_stage = entry.name.starts_with("roi_head.");
    torch::Tensor tensor = entry.tensor;
    if (entry.name.find(".fc_cls.") != std::string::npos) tensor = tensor.roll(1, 0);
    if (entry.name.find(".fc_reg.") != std::string::npos) tensor = torch::cat({torch::ones_like(tensor.slice(0, 0, 4)), tensor});
    old.emplace_back(second_stage ? entry.name.substr(9) : entry.name, tensor);
  }
  EXPECT_TRUE(nn::load_state_dict(*target, Checkpoint::read(saved_tensors(old)), /*strict=*/true).empty());
  const auto ours = nn::state_dict(*target), wanted = nn::state_dict(*source);
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_TRUE(torch::equal(ours[i].tensor, wanted[i].tensor)) << wanted[i].name;
}

TEST(Pretrained, OfADetectorWithOneStageIsTakenByOneWithTwo) {
  const auto source = build_detector(parsed(parts)["RetinaNet"]);
  const auto target = build_detector(parsed(parts)["FasterRCNN"]);
  const auto path = saved_weights(*source, [](const std::string& name) { return name; });
  const nn::LoadReport report = nn::load_state_dict(*target, Checkpoint::read(path));
  for (const std::string& name : report.missing) EXPECT_TRUE(name.starts_with("rpn_head.") || name.starts_with("roi_head.")) << name;
  for (const std::string& name : report.unexpected) EXPECT_TRUE(name.starts_with("bbox_head.")) << name;
}

}  // namespace
}  // namespace detforge
