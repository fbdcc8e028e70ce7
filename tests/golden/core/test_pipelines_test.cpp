#include <gtest/gtest.h>

#include "detforge/data/pipeline.h"
#include "detforge/media/media.h"
#include "tests/support/folder.h"
#include "tests/support/golden.h"

/// The test pipeline of every config of MMDetection 2.x can be built, and gives the views that it describes.
namespace detforge::golden {
namespace {

/// The dataset itself, where wrappers stand around it.
const Value* pipeline_of(const Value& config) {
  const Value* dataset = config.find("data");
  if (dataset != nullptr) dataset = dataset->find("test");
  while (dataset != nullptr && dataset->find("pipeline") == nullptr) dataset = dataset->find("dataset");
  return dataset == nullptr ? nullptr : dataset->find("pipeline");
}

/// The one thing refused: docs/quirks.md says why.
bool wants_pillow(const Value& list) { return repr(list).find("'backend': 'pillow'") != std::string::npos; }

void check(const Value& list, Reference reference) {
  if (wants_pillow(list)) {
    EXPECT_THROW(Pipeline::from_config(list, {reference, "data.test.pipeline"}), Error);
    return;
  }
  try {
    const Pipeline pipeline = Pipeline::from_config(list, {reference, "data.test.pipeline"});
    if (list.elements().back()["type"] != Value("MultiScaleFlipAug")) return;
    NumpyRandom random(0);
    const testing_support::Folder folder;
    write_image(folder / "a.png", cv::Mat(24, 32, CV_8UC3, cv::Scalar(1, 2, 3)));
    Sample sample;
    sample.meta.filename = (folder / "a.png").string();
    sample.proposals = {{1, 2, 30, 20}};  // Fast R-CNN's come from a file
    const auto views = pipeline.run(std::move(sample), random);
    ASSERT_FALSE(views.empty());
    for (const Sample& view : views) {
      EXPECT_EQ(view.meta.ori_shape, (ImageSize{24, 32}));
      EXPECT_EQ(view.meta.pad_shape, (ImageSize{view.image.rows, view.image.cols}));
      EXPECT_GE(view.meta.pad_shape.height, view.meta.img_shape.height);
      EXPECT_FALSE(view.collected.empty());
    }
  } catch (const UnknownComponent& error) {
    skip_unregistered(error.registry() + "." + error.name());
  }
}

const SuiteMaker maker([] {
  for (const auto& [version, reference] : {std::pair{"v2.8.0", Reference::V2_8}, {"v2.27.0", Reference::V2_27}}) {
    for (const Json& record : read_json_lines(golden_dir() / "config" / (std::string("merged_") + version + ".jsonl.gz"))) {
      if (!record.contains("cfg") || record["file"].get<std::string>().find("_base_") != std::string::npos) continue;
      const Value config = decode_value(record["cfg"]);
      const Value* list = pipeline_of(config);
      if (list == nullptr) continue;
      add_case("Pipeline", std::string("of_config_") + version + "_" + record["file"].get<std::string>(),
               [list = *list, reference = reference] { check(list, reference); });
    }
  }
});

}  // namespace
}  // namespace detforge::golden
