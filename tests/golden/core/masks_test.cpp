#include <gtest/gtest.h>

#include "detforge/data/masks/instance_masks.h"
#include "tests/support/golden.h"

/// The structures of masks, after each of their operations.
namespace detforge::golden {
namespace {

ImageSize size_of(const Json& json) { return {json[0], json[1]}; }

InstanceMasks masks_of(const Json& record) {
  const PolygonMasks polygons(record["polygons"].get<std::vector<Polygons>>(), size_of(record["size"]));
  if (record["kind"] == "PolygonMasks") return polygons;
  return polygons.to_bitmaps();
}

/// What the operation called `name` makes; `record` is its outcome in Python.
InstanceMasks changed(const InstanceMasks& masks, const std::string& name, const Json& record) {
  const ImageSize size = masks.size();
  if (name == "base") return masks;
  if (name == "flip_horizontal") return masks.flip(FlipDirection::Horizontal);
  if (name == "flip_vertical") return masks.flip(FlipDirection::Vertical);
  if (name == "flip_diagonal") return masks.flip(FlipDirection::Diagonal);
  if (name == "resize_30x50") return masks.resize({30, 50});
  if (name == "rescale_100x60") return masks.rescale({100, 60});
  if (name == "crop_8_6_60_40") return masks.crop({8, 6, 60, 40});
  if (name == "pad_64x96") return masks.pad({64, 96});
  if (name == "expand") return masks.expand(size_of(record["size"]), 5, 7);
  if (name == "translate_h_9") return masks.translate(size, 9, Axis::Horizontal);
  if (name == "shear_v_0.2") return masks.shear(size, 0.2, Axis::Vertical);
  if (name == "rotate_15") return masks.rotate(size, 15);
  if (name == "crop_and_resize") {
    return masks.crop_and_resize(record["boxes"].get<std::vector<BoxXyxy>>(), size_of(record["out_shape"]),
                                 record["inds"].get<std::vector<std::size_t>>());
  }
  throw Error("no operation is called " + name, ErrorKind::Internal);
}

void check(const Json& record) {
  const InstanceMasks masks = masks_of(record);
  EXPECT_EQ(masks.areas(), record["areas"].get<std::vector<double>>());
  for (const auto& [name, wanted] : record.items()) {
    if (name == "kind" || name == "polygons" || name == "size" || name == "areas") continue;
    SCOPED_TRACE(name);
    if (name == "get_bboxes") {
      EXPECT_EQ(masks.boxes(), wanted.get<std::vector<BoxXyxy>>());
      continue;
    }
    if (wanted.is_null()) {
      EXPECT_THROW(changed(masks, name, record["base"]), Error);
      continue;
    }
    const InstanceMasks ours = changed(masks, name, wanted);
    EXPECT_EQ(ours.size(), size_of(wanted["size"]));
    ASSERT_EQ(ours.count(), wanted["rle"].size());
    for (std::size_t i = 0; i < ours.count(); ++i) {
      EXPECT_EQ(rle_text(ours.rle(i)), wanted["rle"][i]) << i;
      EXPECT_EQ(area_of(ours.rle(i)), wanted["area"][i]) << i;
    }
  }
}

const SuiteMaker maker([] {
  const auto file = golden_dir() / "numerics" / "_ops.json.gz";
  if (!std::filesystem::exists(file)) return;
  const Json golden = read_json(file);
  for (const Json& record : golden["masks"]) {
    if (!record.contains("polygons")) continue;
    add_case("Numerics", "_ops_masks_" + record["kind"].get<std::string>(), [record] { check(record); });
  }
});

}  // namespace
}  // namespace detforge::golden
