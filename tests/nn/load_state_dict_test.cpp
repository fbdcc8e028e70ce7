#include "detforge/nn/load_state_dict.h"

#include <gtest/gtest.h>

#include "detforge/nn/init/initializer.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/conv_ws.h"
#include "detforge/nn/layers/layer_registries.h"
#include "tests/checkpoint/assemble.h"
#include "tests/support/saved_weights.h"

namespace detforge::nn {
namespace {

using testing_support::little_endian;

/// A checkpoint with the tensors of `model` that end with `ending`, their names behind `prefix`.
std::filesystem::path saved(const Module& model, const std::string& prefix, const std::string& ending = "") {
  return saved_weights(model, [&](const std::string& name) { return name.ends_with(ending) ? prefix + name : std::string(); });
}

std::shared_ptr<Sequential> filled(const std::shared_ptr<Layer>& layer, std::uint64_t seed) {
  auto model = std::make_shared<Sequential>();
  model->append("conv1", layer);
  torch::manual_seed(seed);
  initialize_weights(*model);
  return model;
}

const Conv2d::Options options{.in_channels = 3, .out_channels = 4, .kernel_size = 3};

TEST(LoadPretrained, TakesWhatLiesBelowItsPrefix) {
  const auto source = filled(std::make_shared<Conv2d>(options), 1), target = filled(std::make_shared<Conv2d>(options), 2);
  const auto path = saved(*source, "backbone.");
  for (const char* prefix : {"backbone.", "backbone"}) {
    initialize_weights(*target);
    EXPECT_TRUE(load_pretrained(*target, {path, prefix}).empty());
    for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(torch::equal(state_dict(*target)[i].tensor, state_dict(*source)[i].tensor));
  }
  try {
    load_pretrained(*target, {path, "neck."});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().front().message, "the checkpoint has no tensor below 'neck.'");
    EXPECT_EQ(error.diagnostics().front().place, path.string());
  }
}

TEST(LoadStateDict, TakesWrappersOff) {
  const auto source = filled(std::make_shared<Conv2d>(options), 1);
  for (const char* prefix : {"module.module.", "_orig_mod.", "module._orig_mod.", "detector.", "model."}) {
    const auto target = filled(std::make_shared<Conv2d>(options), 2);
    const LoadReport report = load_state_dict(*target, Checkpoint::read(saved(*source, prefix)), true);
    EXPECT_EQ(report.fitting, 2U) << prefix;
    EXPECT_TRUE(torch::equal(state_dict(*target)[0].tensor, state_dict(*source)[0].tensor)) << prefix;
  }
}

TEST(RequireFit, RefusesWhatWouldRunAtRandom) {
  const auto message = [](std::size_t fitting, bool partial) {
    LoadReport report;
    report.counted = 5;
    report.fitting = fitting;
    try {
      require_fit(report, partial);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_EQ(message(0, false), "no tensor of the checkpoint fits the model\n");
  EXPECT_EQ(message(0, true), "no tensor of the checkpoint fits the model\n");
  EXPECT_EQ(message(2, false), "only 2 of the model's 5 tensors are in the checkpoint, and the others would be random\n");
  EXPECT_EQ(message(2, true), "");
  EXPECT_EQ(message(3, false), "");
}

TEST(LoadStateDict, TakesTensorsFromAnyPlaceInTheFile) {
  const auto model = filled(std::make_shared<Conv2d>(Conv2d::Options{.in_channels = 1, .out_channels = 2, .kernel_size = 1}), 1);
  const std::vector<float> values = {1.5F, -2, 3, 0.25F};
  // A header of any length: the numbers behind it begin on any byte.
  for (std::size_t blanks = 0; blanks < 4; ++blanks) {
    const std::string header = R"({"conv1.weight":{"dtype":"F32","shape":[2,1,1,1],"data_offsets":[0,8]},)"
                               R"("conv1.bias":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})" +
                               std::string(blanks, ' ');
    std::string file = little_endian(std::uint64_t{header.size()}) + header;
    for (const float value : values) file += little_endian(value);
    const Checkpoint checkpoint = Checkpoint::from_bytes(std::as_bytes(std::span(file)), "file.safetensors");
    EXPECT_TRUE(load_state_dict(*model, checkpoint, true).empty());
    EXPECT_TRUE(torch::equal(state_dict(*model)[0].tensor.flatten(), torch::tensor({1.5F, -2.0F})));
    EXPECT_TRUE(torch::equal(state_dict(*model)[1].tensor, torch::tensor({3.0F, 0.25F})));
  }
}

TEST(LoadPretrained, LetsConvAWSDoWhatAPlainConvolutionDoes) {
  const auto plain = filled(std::make_shared<Conv2d>(options), 1), aws = filled(std::make_shared<ConvAWS2d>(options), 2);
  const LoadReport report = load_pretrained(*aws, {saved(*plain, "", "weight"), std::nullopt});
  EXPECT_EQ(report.missing, std::vector<std::string>{"conv1.bias"});
  const torch::Tensor image = torch::randn({1, 3, 5, 5});
  const torch::Tensor wanted = torch::conv2d(image, state_dict(*plain)[0].tensor, state_dict(*aws)[1].tensor);
  EXPECT_TRUE(torch::allclose(aws->forward(image), wanted, 1e-4, 1e-5));
}

/// A model with a deformable convolution, a tower and two predictions, as detectors have them.
std::shared_ptr<Sequential> head_and_block(std::uint64_t seed) {
  auto model = std::make_shared<Sequential>();
  const Value dcn = Value::dict({{"type", "DCN"}, {"in_channels", 4}, {"out_channels", 4}, {"kernel_size", 3}, {"bias", false}});
  model->append("conv2", conv_layers().build(dcn));
  auto tower = std::make_shared<Sequential>();
  tower->append(std::make_shared<ConvModule>(ConvModule::Options{.in_channels = 4, .out_channels = 4, .kernel_size = 3}, BuildContext()));
  model->append("cls_convs", tower);
  model->append("conv_cls", std::make_shared<Conv2d>(options));
  model->append("conv_centerness", std::make_shared<Conv2d>(options));
  torch::manual_seed(seed);
  initialize_weights(*model);
  for (const NamedTensor& entry : state_dict(*model)) torch::nn::init::uniform_(entry.tensor);
  return model;
}

TEST(LoadStateDict, KnowsTheNamesOfTensorsFromBeforeVersion2) {
  const std::map<std::string, std::string> old_names = {{"conv2.conv_offset.weight", "conv2_offset.weight"},
                                                        {"conv2.conv_offset.bias", "conv2_offset.bias"},
                                                        {"cls_convs.0.conv.weight", "cls_convs.0.weight"},
                                                        {"cls_convs.0.conv.bias", "cls_convs.0.bias"},
                                                        {"conv_cls.weight", "fcos_cls.weight"},
                                                        {"conv_cls.bias", "fcos_cls.bias"},
                                                        {"conv_centerness.weight", "centerness.weight"},
                                                        {"conv_centerness.bias", "centerness.bias"}};
  const auto source = head_and_block(1);
  for (const std::string prefix : {"", "bbox_head."}) {
    const auto target = head_and_block(2);
    const auto path = saved_weights(*source, [&](const std::string& name) {
      const auto old = old_names.find(name);
      return prefix + (old != old_names.end() ? old->second : name);
    });
    EXPECT_TRUE(load_state_dict(*target, Checkpoint::read(path), /*strict=*/true, prefix).empty());
    const auto ours = state_dict(*target), wanted = state_dict(*source);
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_TRUE(torch::equal(ours[i].tensor, wanted[i].tensor)) << wanted[i].name;
  }
}

TEST(LoadStateDict, LeavesPresentNamesAlone) {
  // A head whose present name looks like another's old one keeps it.
  const auto model_of = [](std::uint64_t seed) {
    auto model = std::make_shared<Sequential>();
    model->append("vfnet_cls", std::make_shared<Conv2d>(options));
    model->append("conv_cls", std::make_shared<Conv2d>(options));
    torch::manual_seed(seed);
    initialize_weights(*model);
    return model;
  };
  const auto source = model_of(1), target = model_of(2);
  const auto path = saved_weights(*source, [](const std::string& name) { return name.starts_with("vfnet") ? name : std::string(); });
  const LoadReport report = load_state_dict(*target, Checkpoint::read(path));
  EXPECT_EQ(report.missing, (std::vector<std::string>{"conv_cls.weight", "conv_cls.bias"}));
  EXPECT_TRUE(torch::equal(state_dict(*target)[0].tensor, state_dict(*source)[0].tensor));
}

}  // namespace
}  // namespace detforge::nn
