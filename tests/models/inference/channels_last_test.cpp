#include "detforge/models/inference/channels_last.h"

#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/inference/detect_images.h"
#include "tests/support/paths.h"

namespace detforge {
namespace {

TEST(ToChannelsLast, ChangesNoNameNoShapeAndNoValue) {
  const auto model = build_detector(Config::from_file(source_dir() / "configs/yolox/yolox_nano_8x8_300e_coco.py")["model"]);
  init_random_weights(*model, 1);
  std::vector<nn::NamedTensor> before;
  for (const nn::NamedTensor& entry : nn::state_dict(*model)) before.push_back({entry.name, entry.tensor.clone(), entry.is_parameter});
  to_channels_last(*model);
  const auto after = nn::state_dict(*model);
  ASSERT_EQ(after.size(), before.size());
  std::size_t convolutions = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].name, before[i].name);
    EXPECT_TRUE(torch::equal(after[i].tensor, before[i].tensor)) << after[i].name;
    if (after[i].tensor.dim() != 4) continue;
    ++convolutions;
    EXPECT_TRUE(after[i].tensor.is_contiguous(torch::MemoryFormat::ChannelsLast)) << after[i].name;
  }
  EXPECT_GT(convolutions, 50U);
}

}  // namespace
}  // namespace detforge
