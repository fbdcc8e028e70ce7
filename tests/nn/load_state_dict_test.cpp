#include "detforge/nn/load_state_dict.h"

#include <gtest/gtest.h>

#include "detforge/base/files.h"
#include "detforge/checkpoint/write.h"
#include "detforge/nn/init/initializer.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_ws.h"

namespace detforge::nn {
namespace {

/// A checkpoint with the tensors of `model` that end with `ending`, their names behind `prefix`.
std::filesystem::path saved(const Module& model, const std::string& prefix, const std::string& ending = "") {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  const auto path = std::filesystem::path(testing::TempDir()) / (std::string("load_") + test->name() + ".pth");
  CheckpointBuilder builder;
  std::vector<torch::Tensor> kept;
  std::vector<std::pair<std::string, const Object*>> items;
  for (const NamedTensor& entry : state_dict(model)) {
    if (!entry.name.ends_with(ending)) continue;
    kept.push_back(entry.tensor.detach().contiguous());
    const auto* bytes = static_cast<const std::byte*>(kept.back().data_ptr());
    items.emplace_back(prefix + entry.name,
                       builder.tensor(DType::F32, kept.back().sizes().vec(), {bytes, static_cast<std::size_t>(kept.back().nbytes())}));
  }
  const Object* root = builder.ordered_dict(items);
  atomic_write(path, [&](const Sink& sink) { write_torch_zip(*root, builder.storages(), sink); });
  return path;
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
  EXPECT_TRUE(load_pretrained(*target, {path, "backbone."}).empty());
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(torch::equal(state_dict(*target)[i].tensor, state_dict(*source)[i].tensor));
  try {
    load_pretrained(*target, {path, "neck."});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().front().message, "the checkpoint has no tensor below 'neck.'");
    EXPECT_EQ(error.diagnostics().front().place, path.string());
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

}  // namespace
}  // namespace detforge::nn
