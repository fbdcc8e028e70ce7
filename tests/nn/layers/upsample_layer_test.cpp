#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/nn/layers/build_layer.h"

namespace detforge::nn {
namespace {

std::shared_ptr<Layer> build(const std::string& arguments) {
  return build_upsample_layer(ConfigDict(Config::from_text("value = dict(" + arguments + ")", ".py")["value"]), {});
}

// Once the mode was read from where the config had lain before a key was added: an error, or whatever lay there.
TEST(UpsampleLayer, TakesItsModeFromItsType) {
  torch::manual_seed(0);
  const torch::Tensor input = torch::randn({1, 2, 3, 4});
  EXPECT_TRUE(torch::equal(build("type='nearest', scale_factor=2")->forward(input), input.repeat_interleave(2, 2).repeat_interleave(2, 3)));
  const torch::Tensor smooth = build("type='bilinear', scale_factor=2, align_corners=True")->forward(input);
  // Aligned corners stay as they are, and the middle of a row of 2n places lies between its two middle ones.
  EXPECT_EQ(smooth.sizes(), torch::IntArrayRef({1, 2, 6, 8}));
  for (const auto& [to, from] : {std::pair{0, 0}, {-1, -1}}) {
    EXPECT_TRUE(torch::allclose(smooth.select(2, to).select(2, to), input.select(2, from).select(2, from)));
  }
  EXPECT_EQ(build("type='bilinear', scale_factor=2, align_corners=False")->extra_repr(), "scale_factor=2.0, mode=bilinear");
}

}  // namespace
}  // namespace detforge::nn
