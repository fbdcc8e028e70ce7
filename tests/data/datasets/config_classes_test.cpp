#include "detforge/data/datasets/config_classes.h"

#include <gtest/gtest.h>

#include "detforge/data/datasets/coco_classes.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

Value dataset(const char* type) { return Value::dict({{"type", type}}); }

TEST(ConfigClasses, AreTheDatasetsOrItsTypes) {
  EXPECT_EQ(config_classes(dataset("CocoDataset")), coco_classes());
  EXPECT_EQ(coco_classes().size(), 80U);
  EXPECT_EQ(config_classes(dataset("VOCDataset")).size(), 20U);
  EXPECT_TRUE(config_classes(dataset("CustomDataset")).empty());
  Value named = dataset("CocoDataset");
  named["classes"] = Value::tuple({"bolt", "nut"});
  EXPECT_EQ(config_classes(Value::dict({{"type", "RepeatDataset"}, {"times", 3}, {"dataset", named}})),
            (std::vector<std::string>{"bolt", "nut"}));
  const testing_support::Folder folder{{"names.txt", "bolt\nnut\nwasher\n"}};
  named["classes"] = std::string(folder / "names.txt");
  EXPECT_EQ(config_classes(named), (std::vector<std::string>{"bolt", "nut", "washer"}));
}

TEST(AssumedClasses, FitTheHead) {
  Value two = dataset("CocoDataset");
  two["classes"] = Value::list({"bolt", "nut"});
  const Value data = Value::dict({{"train", two}, {"test", dataset("VOCDataset")}});
  EXPECT_EQ(assumed_classes(&data, 20).origin, "data.test's");
  EXPECT_EQ(assumed_classes(&data, 2).origin, "data.train's");
  EXPECT_EQ(assumed_classes(&data, 2).names, (std::vector<std::string>{"bolt", "nut"}));
  EXPECT_EQ(assumed_classes(&data, 80).origin, "COCO's");
  EXPECT_EQ(assumed_classes(nullptr, 80).names, coco_classes());
  EXPECT_TRUE(assumed_classes(&data, 7).names.empty());
}

TEST(ConfigNumClasses, IsTheFirstHeadsThatFindsObjects) {
  EXPECT_EQ(config_num_classes(Value::dict({{"bbox_head", Value::dict({{"num_classes", 80}})}})), 80);
  const Value second = Value::dict({{"bbox_head", Value::list({Value::dict({{"num_classes", 3}})})}});
  EXPECT_EQ(config_num_classes(Value::dict({{"rpn_head", Value::dict({{"num_classes", 1}})}, {"roi_head", second}})), 3);
  EXPECT_EQ(config_num_classes(Value::dict({{"backbone", Value::dict({{"num_classes", 1000}})}})), 0);
}

}  // namespace
}  // namespace detforge
