#include "detforge/data/datasets/load_coco.h"

namespace detforge {

/// DeepFashion in COCO's layout (Liu et al., CVPR 2016).
class DeepFashionDataset : public AnnotatedDataset {
 public:
  DeepFashionDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [](const Options& joined) { return load_coco(joined, dialect()); }) {}

 private:
  static CocoDialect dialect() {
    CocoDialect deep_fashion;
    deep_fashion.classes = {"top",      "skirt",    "leggings", "dress",    "outer", "pants", "bag", "neckwear",
                            "headwear", "eyeglass", "belt",     "footwear", "hair",  "skin",  "face"};
    return deep_fashion;
  }
};

DETFORGE_REGISTER(datasets, DeepFashionDataset,
                  {.name = "DeepFashionDataset",
                   .python = "mmdet.datasets.deepfashion.DeepFashionDataset",
                   .meaning = "clothes, in COCO's layout"});

}  // namespace detforge
