#include "detforge/nn/layers/norm_act.h"

#include <gtest/gtest.h>

#include <limits>

#include "detforge/nn/activations/relu.h"
#include "detforge/nn/layers/batch_norm.h"

namespace detforge::nn {
namespace {

struct Watcher : ForwardObserver {
  int layers = 0;
  void enter(const Module&) override { ++layers; }
  void leave(const Module&, std::span<const torch::Tensor>, std::span<const torch::Tensor>) override {}
};

struct Case {
  BatchNorm2d norm;
  ReLU relu;
  torch::Tensor input, residual;

  explicit Case(std::int64_t channels, bool affine = true)
      : norm({.num_features = channels, .affine = affine}), relu(ReLU::Options{.inplace = true}) {
    torch::manual_seed(channels);
    norm.reset_parameters();
    for (auto& [name, tensor] : state_dict_of(norm)) tensor.uniform_(0.5, 2);
    norm.eval();
    input = torch::randn({2, channels, 5, 7}).contiguous(torch::MemoryFormat::ChannelsLast);
    residual = torch::randn({2, channels, 5, 7}).contiguous(torch::MemoryFormat::ChannelsLast);
  }

  static std::vector<std::pair<std::string, torch::Tensor>> state_dict_of(const Module& module) {
    const torch::NoGradGuard no_grad;
    std::vector<std::pair<std::string, torch::Tensor>> floats;
    for (const NamedTensor& entry : state_dict(module)) {
      if (entry.tensor.is_floating_point()) floats.emplace_back(entry.name, entry.tensor.detach());
    }
    return floats;
  }
};

TEST(NormAct, InOnePassIsWhatTheLayersGive) {
  const torch::NoGradGuard no_grad;
  for (const std::int64_t channels : {1, 3, 16, 17, 64}) {
    for (const bool affine : {true, false}) {
      Case given(channels, affine);
      for (const bool with_relu : {false, true}) {
        for (const bool with_residual : {false, true}) {
          torch::Tensor wanted = given.norm.forward(given.input);
          if (with_residual) wanted = wanted + given.residual;
          if (with_relu) wanted = wanted.relu();
          const torch::Tensor output = norm_act(given.norm, with_relu ? &given.relu : nullptr, given.input.clone(),
                                                with_residual ? given.residual : torch::Tensor());
          EXPECT_TRUE(torch::allclose(output, wanted, 1e-5, 1e-6)) << channels << with_relu << with_residual;
        }
      }
    }
  }
}

TEST(NormAct, OverwritesOnlyWhenNothingElseNeedsTheInput) {
  Case given(8);
  const auto overwrites = [&] {
    const torch::Tensor input = given.input.clone();
    norm_act(given.norm, &given.relu, input);
    return !torch::equal(input, given.input);
  };
  EXPECT_FALSE(overwrites()) << "a gradient may be asked for";
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(overwrites());
  given.norm.train();
  EXPECT_FALSE(overwrites()) << "training";
  given.norm.eval();
  Watcher watcher;
  const ObserverGuard guard(watcher);
  EXPECT_FALSE(overwrites()) << "somebody watches";
  EXPECT_EQ(watcher.layers, 2);
}

TEST(NormAct, KeepsWhatIsNotANumber) {
  const torch::NoGradGuard no_grad;
  Case given(4);
  given.input.fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(norm_act(given.norm, &given.relu, given.input).isnan().all().item<bool>());
}

}  // namespace
}  // namespace detforge::nn
