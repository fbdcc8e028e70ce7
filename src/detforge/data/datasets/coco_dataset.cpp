#include "detforge/data/datasets/load_coco.h"

namespace detforge {

/// COCO's layout (Lin et al., https://arxiv.org/abs/1405.0312). Labels count the file's categories that are classes, in the file's
/// order. Boxes without area inside of their image or smaller than a pixel take no part; crowds are ignored.
class CocoDataset : public AnnotatedDataset {
 public:
  CocoDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [](const Options& joined) { return load_coco(joined, dialect()); }) {}

 private:
  static CocoDialect dialect() {
    CocoDialect coco;
    coco.classes = {"person",         "bicycle",    "car",           "motorcycle",    "airplane",     "bus",           "train",
                    "truck",          "boat",       "traffic light", "fire hydrant",  "stop sign",    "parking meter", "bench",
                    "bird",           "cat",        "dog",           "horse",         "sheep",        "cow",           "elephant",
                    "bear",           "zebra",      "giraffe",       "backpack",      "umbrella",     "handbag",       "tie",
                    "suitcase",       "frisbee",    "skis",          "snowboard",     "sports ball",  "kite",          "baseball bat",
                    "baseball glove", "skateboard", "surfboard",     "tennis racket", "bottle",       "wine glass",    "cup",
                    "fork",           "knife",      "spoon",         "bowl",          "banana",       "apple",         "sandwich",
                    "orange",         "broccoli",   "carrot",        "hot dog",       "pizza",        "donut",         "cake",
                    "chair",          "couch",      "potted plant",  "bed",           "dining table", "toilet",        "tv",
                    "laptop",         "mouse",      "remote",        "keyboard",      "cell phone",   "microwave",     "oven",
                    "toaster",        "sink",       "refrigerator",  "book",          "clock",        "vase",          "scissors",
                    "teddy bear",     "hair drier", "toothbrush"};
    return coco;
  }
};

DETFORGE_REGISTER(datasets, CocoDataset,
                  {.name = "CocoDataset",
                   .python = "mmdet.datasets.coco.CocoDataset",
                   .meaning = "images with boxes, polygons and crowds in COCO's JSON layout"});

}  // namespace detforge
