#include <gtest/gtest.h>

#include "detforge/nn/init/initializer.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/containers.h"

namespace detforge::nn {
namespace {

NamedLayer build(ConfigDict config, const std::string& postfix = "", Reference reference = Reference::V2_8) {
  NamedLayer built = build_norm_layer(config, 8, {reference, ""}, postfix);
  initialize_weights(*built.layer);
  return built;
}

TEST(NormLayers, HaveMmcvsAbbreviationsAndPythonsTexts) {
  const struct {
    ConfigDict config;
    const char* name;
    const char* text;
  } cases[] = {
      {{{"type", "BN"}}, "bn1", "BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"},
      {{{"type", "BN1d"}, {"momentum", Value()}}, "bn1", "BatchNorm1d(8, eps=1e-05, momentum=None, affine=True, track_running_stats=True)"},
      {{{"type", "SyncBN"}, {"eps", 0.001}}, "bn1", "SyncBatchNorm(8, eps=0.001, momentum=0.1, affine=True, track_running_stats=True)"},
      {{{"type", "MMSyncBN"}}, "bn1", "SyncBatchNorm(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, group_size=1)"},
      {{{"type", "GN"}, {"num_groups", 2}}, "gn1", "GroupNorm(2, 8, eps=1e-05, affine=True)"},
      {{{"type", "LN"}}, "ln1", "LayerNorm((8,), eps=1e-05, elementwise_affine=True)"},
      {{{"type", "IN"}}, "in1", "InstanceNorm2d(8, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)"},
  };
  for (const auto& wanted : cases) {
    const NamedLayer built = build(wanted.config, "1");
    EXPECT_EQ(built.name, wanted.name);
    EXPECT_EQ(repr(*built.layer), wanted.text);
  }
  EXPECT_EQ(repr(*build({{"type", "MMSyncBN"}}, "", Reference::V2_27).layer),
            "SyncBatchNorm(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, group_size=1,stats_mode=default)");
}

TEST(NormLayers, BringMeanAndVarianceToZeroAndOneOverTheirPixels) {
  const torch::Tensor input = torch::randn({4, 8, 5, 3}) * 3 + 2;
  const struct {
    ConfigDict config;
    std::vector<std::int64_t> grouped;  // the shape in which the last dimension is one statistic
  } cases[] = {
      {{{"type", "GN"}, {"num_groups", 2}}, {4 * 2, 4 * 15}},
      {{{"type", "IN"}}, {4 * 8, 15}},
      {{{"type", "IN"}, {"affine", true}, {"track_running_stats", true}}, {4 * 8, 15}},
  };
  for (const auto& wanted : cases) {
    const torch::Tensor output = build(wanted.config).layer->forward(input).reshape(wanted.grouped);
    EXPECT_TRUE(torch::allclose(output.mean(1), torch::zeros({wanted.grouped[0]}), 0, 1e-5));
    EXPECT_TRUE(torch::allclose(output.var(1, /*unbiased=*/false), torch::ones({wanted.grouped[0]}), 1e-3));
  }
}

TEST(NormLayers, OfAllProcessesAreBatchNormsInOne) {
  const torch::Tensor input = torch::randn({4, 8, 5, 3}) * 3 + 2;
  const torch::Tensor wanted = build({{"type", "BN"}}).layer->forward(input);
  for (const char* type : {"SyncBN", "MMSyncBN"}) {
    const auto layer = build({{"type", type}}).layer;
    EXPECT_TRUE(torch::equal(layer->forward(input), wanted)) << type;
    EXPECT_EQ(layer->named_buffers()["num_batches_tracked"].item<std::int64_t>(), 1) << type;
    EXPECT_EQ(state_dict(*layer).size(), 5U) << type;
  }
}

TEST(NormLayers, StopLearningWhereTheConfigSaysSo) {
  for (const torch::Tensor& parameter : build({{"type", "BN"}, {"requires_grad", false}}).layer->parameters()) {
    EXPECT_FALSE(parameter.requires_grad());
  }
}

TEST(NormLayers, AreReachedByNormEvalWhereTheyAreBatchNormsToPython) {
  const auto model_owner = std::make_shared<Sequential>();
  Sequential& model = *model_owner;
  for (const char* type : {"BN", "SyncBN", "MMSyncBN", "IN"}) model.append(type, build({{"type", type}}).layer);
  model.train();
  set_batch_norms_to_eval(model);
  const auto training = [&](const char* name) { return model.named_children()[name]->is_training(); };
  EXPECT_FALSE(training("BN"));
  EXPECT_FALSE(training("SyncBN"));
  EXPECT_TRUE(training("MMSyncBN"));
  EXPECT_TRUE(training("IN"));
}

TEST(NormLayers, RefuseToTrainOnOneValuePerChannel) {
  const auto layer = build({{"type", "BN"}}).layer;
  try {
    layer->forward(torch::ones({1, 8, 1, 1}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().front().message,
              "a batch norm in training needs more than one value per channel, got an input of shape [1, 8, 1, 1]");
  }
  layer->eval();
  EXPECT_EQ(layer->forward(torch::ones({1, 8, 1, 1})).numel(), 8);
}

}  // namespace
}  // namespace detforge::nn
