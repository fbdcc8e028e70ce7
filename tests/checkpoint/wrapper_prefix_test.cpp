#include "detforge/checkpoint/wrapper_prefix.h"

#include <gtest/gtest.h>

namespace detforge {
namespace {

TEST(WrapperPrefix, ComesOffInAnyChain) {
  const auto keeps_none = [](std::string_view) { return false; };
  EXPECT_EQ(without_wrapper_prefixes("module._orig_mod.model.backbone.conv1.weight", keeps_none), "backbone.conv1.weight");
  EXPECT_EQ(without_wrapper_prefixes("detector.module.module.neck.weight", keeps_none), "neck.weight");
  EXPECT_EQ(without_wrapper_prefixes("models.0.weight", keeps_none), "models.0.weight");
  EXPECT_EQ(without_wrapper_prefixes("backbone.model.weight", keeps_none), "backbone.model.weight");
}

TEST(WrapperPrefix, StaysWhereTheModelHasIt) {
  const auto keeps_model = [](std::string_view prefix) { return prefix == "model."; };
  EXPECT_EQ(without_wrapper_prefixes("module.model.weight", keeps_model), "model.weight");
}

}  // namespace
}  // namespace detforge
