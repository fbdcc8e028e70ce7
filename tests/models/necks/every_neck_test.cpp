#include <gtest/gtest.h>

#include <set>

#include "detforge/base/error.h"
#include "detforge/config/config.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/init/initializer.h"

/// What every registered neck keeps, without reference data. A new one that has no entry here fails `HasAnEntry`.
namespace detforge {
namespace {

struct Shape {
  std::int64_t channels, height, width;
};

struct Case {
  std::string component;
  std::string arguments;
  std::vector<Shape> inputs, outputs;
  std::string one_level_less;  ///< the message without the last level
  std::string other_channels;  ///< the message with one channel more at the last level
};

/// What GoogleTest shows of a case.
void PrintTo(const Case& of, std::ostream* out) { *out << of.component; }

/// Levels of 4, 8, 16 and 32 channels of an image of 100 × 132: 25 × 33, 13 × 17, 7 × 9, 4 × 5.
const std::vector<Shape> backbone = {{4, 25, 33}, {8, 13, 17}, {16, 7, 9}, {32, 4, 5}};
/// Five equal ones, as a pyramid gives.
const std::vector<Shape> pyramid = {{8, 25, 33}, {8, 13, 17}, {8, 7, 9}, {8, 4, 5}, {8, 2, 3}};
const std::vector<Shape> even = {{4, 32, 48}, {8, 16, 24}, {16, 8, 12}, {32, 4, 6}};
const std::string in_channels = "in_channels=[4, 8, 16, 32], out_channels=8, num_outs=5";

std::string count_message(const std::string& name, const std::string& argument = "in_channels") {
  return name + " takes 4 levels ('" + argument + "'), got 3";
}
std::string channels_message(const std::string& name) { return name + " takes 32 channels at level 3 ('in_channels'), got 33"; }

const std::vector<Case> cases = {
    {"mmdet.models.necks.fpn.FPN", "type='FPN', " + in_channels, backbone, pyramid, count_message("FPN"), channels_message("FPN")},
    {"mmdet.models.necks.pafpn.PAFPN", "type='PAFPN', " + in_channels, backbone, pyramid, count_message("PAFPN"),
     channels_message("PAFPN")},
    {"mmdet.models.necks.fpn_carafe.FPN_CARAFE",
     "type='FPN_CARAFE', " + in_channels +
         ", start_level=0, end_level=-1, norm_cfg=None, act_cfg=None, order=('conv', 'norm', 'act'), "
         "upsample_cfg=dict(type='carafe', up_kernel=5, up_group=1, encoder_kernel=3, encoder_dilation=1, compressed_channels=4)",
     backbone, pyramid, count_message("FPN_CARAFE"), channels_message("FPN_CARAFE")},
    // They enlarge by factors: Python fails where a level is not twice the next.
    {"mmdet.models.necks.hrfpn.HRFPN",
     "type='HRFPN', " + in_channels,
     even,
     {{8, 32, 48}, {8, 16, 24}, {8, 8, 12}, {8, 4, 6}, {8, 2, 3}},
     count_message("HRFPN"),
     channels_message("HRFPN")},
    {"mmdet.models.necks.fpg.FPG",
     "type='FPG', " + in_channels +
         ", stack_times=2, paths=['bu'] * 2, inter_channels=8, same_down_trans=None, "
         "same_up_trans=dict(type='conv', kernel_size=3, stride=2, padding=1), across_lateral_trans=dict(type='conv', kernel_size=1), "
         "across_down_trans=dict(type='interpolation_conv', mode='nearest', kernel_size=3), across_up_trans=None, "
         "across_skip_trans=dict(type='conv', kernel_size=1), output_trans=dict(type='last_conv', kernel_size=3), "
         "norm_cfg=dict(type='BN'), skip_inds=[(0, 1, 2, 3), (0, 1, 2), (0, 1), (0,), ()]",
     even,
     {{8, 32, 48}, {8, 16, 24}, {8, 8, 12}, {8, 4, 6}, {8, 2, 3}},
     count_message("FPG"),
     channels_message("FPG")},
    {"mmdet.models.necks.nas_fpn.NASFPN",
     "type='NASFPN', in_channels=[4, 8, 16, 32], out_channels=8, num_outs=5, stack_times=2, start_level=1",
     even,
     {{8, 16, 24}, {8, 8, 12}, {8, 4, 6}, {8, 2, 3}, {8, 1, 1}},
     count_message("NASFPN"),
     channels_message("NASFPN")},
    {"mmdet.models.necks.nasfcos_fpn.NASFCOS_FPN",
     "type='NASFCOS_FPN', in_channels=[4, 8, 16, 32], out_channels=8, num_outs=5, start_level=1, add_extra_convs=True, "
     "conv_cfg=None, norm_cfg=dict(type='BN')",
     backbone,
     {{8, 13, 17}, {8, 7, 9}, {8, 4, 5}, {8, 2, 3}, {8, 1, 2}},
     count_message("NASFCOS_FPN"),
     channels_message("NASFCOS_FPN")},
    {"mmdet.models.necks.channel_mapper.ChannelMapper", "type='ChannelMapper', " + in_channels, backbone, pyramid,
     count_message("ChannelMapper"), channels_message("ChannelMapper")},
    {"mmdet.models.necks.yolo_neck.YOLOV3Neck",
     "type='YOLOV3Neck', num_scales=4, in_channels=[32, 16, 8, 4], out_channels=[16, 8, 4, 2]",
     even,
     {{16, 4, 6}, {8, 8, 12}, {4, 16, 24}, {2, 32, 48}},
     count_message("YOLOV3Neck", "num_scales"),
     channels_message("YOLOV3Neck")},
    {"mmdet.models.necks.yolox_pafpn.YOLOXPAFPN",
     "type='YOLOXPAFPN', in_channels=[4, 8, 16, 32], out_channels=8, num_csp_blocks=1",
     even,
     {{8, 32, 48}, {8, 16, 24}, {8, 8, 12}, {8, 4, 6}},
     count_message("YOLOXPAFPN"),
     channels_message("YOLOXPAFPN")},
    {"mmdet.models.necks.ssd_neck.SSDNeck",
     "type='SSDNeck', in_channels=(4, 8, 16, 32), out_channels=(4, 8, 16, 32, 8, 8), level_strides=(2, 2), level_paddings=(1, 1)",
     backbone,
     {{4, 25, 33}, {8, 13, 17}, {16, 7, 9}, {32, 4, 5}, {8, 2, 3}, {8, 1, 2}},
     count_message("SSDNeck"),
     channels_message("SSDNeck")},
    {"mmdet.models.necks.bfp.BFP", "type='BFP', in_channels=8, num_levels=5, refine_level=2, refine_type='non_local'", pyramid, pyramid,
     "BFP takes 5 levels ('num_levels'), got 4", "BFP takes 8 channels at level 4 ('in_channels'), got 9"},
    {"mmdet.models.necks.dyhead.DyHead",
     "type='DyHead', in_channels=8, out_channels=16, num_blocks=2",
     pyramid,
     {{16, 25, 33}, {16, 13, 17}, {16, 7, 9}, {16, 4, 5}, {16, 2, 3}},
     "",
     "DyHead takes 8 channels at level 4 ('in_channels'), got 9"},
    {"mmdet.models.necks.dilated_encoder.DilatedEncoder",
     "type='DilatedEncoder', in_channels=32, out_channels=16, block_mid_channels=8, num_residual_blocks=2, block_dilations=[2, 4]",
     {{32, 7, 9}},
     {{16, 7, 9}},
     "DilatedEncoder takes at least 1 level, got 0",
     "DilatedEncoder takes 32 channels at level 0 ('in_channels'), got 33"},
    {"mmdet.models.necks.ct_resnet_neck.CTResNetNeck",
     "type='CTResNetNeck', in_channel=32, num_deconv_filters=(16, 8), num_deconv_kernels=(4, 4), use_dcn=False",
     {{32, 7, 9}},
     {{8, 28, 36}},
     "CTResNetNeck takes at least 1 level, got 0",
     "CTResNetNeck takes 32 channels at level 0 ('in_channel'), got 33"},
    {"mmdet.models.necks.rfp.RFP",
     "type='RFP', in_channels=[256, 512, 1024, 2048], out_channels=8, num_outs=5, rfp_steps=2, aspp_out_channels=2, "
     "aspp_dilations=(1, 3, 6, 1), rfp_backbone=dict(rfp_inplanes=8, type='DetectoRS_ResNet', depth=50, num_stages=4, "
     "out_indices=(0, 1, 2, 3), conv_cfg=dict(type='ConvAWS'), output_img=True)",
     {{3, 97, 131}, {256, 25, 33}, {512, 13, 17}, {1024, 7, 9}, {2048, 4, 5}},
     pyramid,
     "RFP takes 5 levels ('in_channels'), got 4",
     "RFP takes 2048 channels at level 4 ('in_channels'), got 2049"}};

std::shared_ptr<Neck> build(const Case& of) {
  const auto neck = build_neck(Config::from_text("value = dict(" + of.arguments + ")", ".py")["value"], {Reference::V2_8, "model.neck"});
  torch::manual_seed(0);
  nn::initialize_weights(*neck);
  neck->eval();
  return neck;
}

nn::Features inputs(const Case& of, std::int64_t count, std::int64_t more_channels = 0) {
  torch::manual_seed(1);
  nn::Features levels;
  for (const Shape& shape : of.inputs) {
    const bool last = levels.size() + 1 == of.inputs.size();
    levels.push_back(torch::randn({count, shape.channels + (last ? more_channels : 0), shape.height, shape.width}));
  }
  return levels;
}

nn::Features of_image(const nn::Features& levels, std::int64_t image) {
  nn::Features alone;
  for (const torch::Tensor& level : levels) alone.push_back(level.slice(0, image, image + 1));
  return alone;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.diagnostics().front().message;
  }
  return "no error";
}

TEST(EveryNeck, HasAnEntry) {
  std::set<std::string> registered, tested;
  for (const RegistryBase::Entry* entry : necks().entries()) registered.insert(entry->info.python);
  for (const Case& one : cases) tested.insert(one.component);
  EXPECT_EQ(registered, tested);
}

class EveryNeck : public testing::TestWithParam<Case> {
  const torch::NoGradGuard no_grad_;
};

TEST_P(EveryNeck, GivesItsLevelsAndTheSameEachTime) {
  const auto neck = build(GetParam());
  const nn::Features given = inputs(GetParam(), 1), levels = neck->forward(given), again = neck->forward(given);
  ASSERT_EQ(levels.size(), GetParam().outputs.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Shape& shape = GetParam().outputs[i];
    EXPECT_EQ(levels[i].sizes(), torch::IntArrayRef({1, shape.channels, shape.height, shape.width})) << "level " << i;
    EXPECT_TRUE(torch::isfinite(levels[i]).all().item<bool>()) << "level " << i;
    EXPECT_TRUE(torch::equal(levels[i], again[i])) << "level " << i << " differs from one evaluation to the next";
  }
}

TEST_P(EveryNeck, GivesABatchWhatItGivesEachImage) {
  const auto neck = build(GetParam());
  const nn::Features batch = inputs(GetParam(), 2), together = neck->forward(batch);
  for (std::int64_t image = 0; image < 2; ++image) {
    const nn::Features alone = neck->forward(of_image(batch, image)), expected = of_image(together, image);
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_LE((expected[i] - alone[i]).abs().max().item<double>(), 1e-5 * alone[i].abs().max().item<double>()) << "level " << i;
    }
  }
}

TEST_P(EveryNeck, IsItsStateDict) {
  const auto neck = build(GetParam()), other = build(GetParam());
  for (const auto& item : other->named_parameters()) item.value().mul_(0.5);
  const auto source = nn::state_dict(*neck), target = nn::state_dict(*other);
  const nn::Features given = inputs(GetParam(), 1), levels = neck->forward(given);
  EXPECT_FALSE(torch::equal(other->forward(given).front(), levels.front())) << "half the weights give the same";
  ASSERT_EQ(source.size(), target.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    EXPECT_EQ(source[i].name, target[i].name);
    torch::Tensor(target[i].tensor).copy_(source[i].tensor);
  }
  const nn::Features copied = other->forward(given);
  for (std::size_t i = 0; i < levels.size(); ++i) EXPECT_TRUE(torch::equal(copied[i], levels[i])) << "level " << i;
}

TEST_P(EveryNeck, SaysWhichLevelsItTakes) {
  const auto neck = build(GetParam());
  nn::Features levels = inputs(GetParam(), 1, 1);
  EXPECT_EQ(message_of([&] { neck->forward(levels); }), GetParam().other_channels);
  levels.pop_back();
  if (!GetParam().one_level_less.empty()) {
    EXPECT_EQ(message_of([&] { neck->forward(levels); }), GetParam().one_level_less);
  }
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryNeck, testing::ValuesIn(cases),
                         [](const auto& test) { return test.param.component.substr(test.param.component.rfind('.') + 1); });

}  // namespace
}  // namespace detforge
