#include "detforge/data/transforms/transform.h"

/// The last steps of a pipeline: which keys become tensors and which are kept. The image stays as it is in memory until
/// a batch is made of it with `to_chw`.
namespace detforge {
namespace {

void check_keys(const std::vector<std::string>& keys, const Sample& sample, const char* component) {
  for (const std::string& key : keys) {
    if (key != "img" || sample.image.empty()) throw Error(std::string(component) + " finds no '" + key + "' in the sample");
  }
}

}  // namespace

/// Marks images as ready for a model.
class ImageToTensor : public Transform {
 public:
  struct Options {
    std::vector<std::string> keys;
  };
  static Arguments<Options> arguments() { return {arg(&Options::keys, "keys", required, "the images: img")}; }

  ImageToTensor(const Options& options, const BuildContext&) : keys_(options.keys) {}

  void apply(Sample& sample, Random&) const override {
    check_keys(keys_, sample, "ImageToTensor");
    sample.is_formatted = true;
  }

 private:
  std::vector<std::string> keys_;
};

/// Marks everything that a sample has as ready for a model.
class DefaultFormatBundle : public Transform {
 public:
  struct Options {
    bool img_to_float = true;
    ConfigDict pad_val{{"img", 0}, {"masks", 0}, {"seg", 255}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::img_to_float, "img_to_float", "make 8-bit images float32").since_v2_27(),
            arg(&Options::pad_val, "pad_val", "what fills a batch's smaller images").since_v2_27()};
  }

  DefaultFormatBundle(const Options&, const BuildContext&) {}

  void apply(Sample& sample, Random&) const override { sample.is_formatted = true; }
};

/// Keeps the keys that a model needs, and notes what was done to the image.
class Collect : public Transform {
 public:
  struct Options {
    std::vector<std::string> keys;
    std::vector<std::string> meta_keys = {"filename",     "ori_filename", "ori_shape",      "img_shape",   "pad_shape",
                                          "scale_factor", "flip",         "flip_direction", "img_norm_cfg"};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::keys, "keys", required, "what the model gets"),
            arg(&Options::meta_keys, "meta_keys", "what is noted about the image; all of it always is")};
  }

  Collect(const Options& options, const BuildContext&) : keys_(options.keys) {}

  void apply(Sample& sample, Random&) const override {
    check_keys(keys_, sample, "Collect");
    sample.collected = keys_;
  }

 private:
  std::vector<std::string> keys_;
};

DETFORGE_REGISTER(transforms, ImageToTensor,
                  {.name = "ImageToTensor",
                   .python = "mmdet.datasets.pipelines.formating.ImageToTensor",
                   .meaning = "readies images for a model"});
DETFORGE_REGISTER(transforms, DefaultFormatBundle,
                  {.name = "DefaultFormatBundle",
                   .python = "mmdet.datasets.pipelines.formating.DefaultFormatBundle",
                   .meaning = "readies a whole sample for a model"});
DETFORGE_REGISTER(transforms, Collect,
                  {.name = "Collect", .python = "mmdet.datasets.pipelines.formating.Collect", .meaning = "keeps what a model needs"});

}  // namespace detforge
