#include <gtest/gtest.h>

#include "tests/golden/torch/expect_detections.h"
#include "tests/golden/torch/fill.h"
#include "tests/golden/torch/skip.h"

/// Test-time augmentation: the detections of one image from four views of it.
namespace detforge::golden {
namespace {

struct View {
  const char* input;
  ImageSize size;
  const char* flip_direction;
};
constexpr ImageSize kOriginal = {256, 320};
constexpr std::array<View, 4> kViews = {
    {{"input", {128, 160}, ""}, {"input", {128, 160}, "horizontal"}, {"inputb", {160, 192}, ""}, {"inputb", {160, 192}, "vertical"}}};

torch::Tensor image_of(const View& view) {
  const torch::Tensor image = filled_image(view.input, {1, 3, view.size.height, view.size.width});
  const std::string_view direction = view.flip_direction;
  return direction.empty() ? image : image.flip(direction == "horizontal" ? 3 : 2);
}

ImageMeta meta_of(const View& view) {
  ImageMeta meta;
  meta.ori_shape = kOriginal;
  meta.img_shape = meta.pad_shape = meta.batch_input_shape = view.size;
  const auto x = static_cast<float>(view.size.width) / static_cast<float>(kOriginal.width);
  const auto y = static_cast<float>(view.size.height) / static_cast<float>(kOriginal.height);
  meta.scale_factor = {x, y, x, y};
  meta.flip_direction = view.flip_direction;
  meta.flip = !meta.flip_direction.empty();
  return meta;
}

void expect_merged(const Json& record) {
  const torch::NoGradGuard no_grad;
  const auto model = build_filled(record, Reference::V2_27);
  std::vector<torch::Tensor> views;
  std::vector<ImageMeta> metas;
  for (const View& view : kViews) {
    views.push_back(image_of(view));
    metas.push_back(meta_of(view));
  }
  expect_detections(model->aug_predict(views, metas, /*rescale=*/true), record["detections"][0], {});
}

const SuiteMaker maker([] {
  const auto file = golden_dir() / "numerics" / "_aug_test.json.gz";
  if (!std::filesystem::exists(file)) return;
  const Json all = read_json(file);
  for (const Json& json : all["results"]) {
    const auto record = std::make_shared<Json>(json);
    add_case("Numerics", "_aug_test_" + json["name"].get<std::string>() + "_detections",
             unless_unregistered([=] { expect_merged(*record); }));
  }
});

}  // namespace
}  // namespace detforge::golden
