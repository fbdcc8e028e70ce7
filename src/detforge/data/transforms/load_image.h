#pragma once

#include "detforge/data/transforms/transform.h"
#include "detforge/media/media.h"

namespace detforge {

template <>
struct EnumNames<ColorMode> {
  static constexpr std::array<std::pair<ColorMode, std::string_view>, 5> names = {
      {{ColorMode::Color, "color"},
       {ColorMode::Grayscale, "grayscale"},
       {ColorMode::Unchanged, "unchanged"},
       {ColorMode::ColorIgnoreOrientation, "color_ignore_orientation"},
       {ColorMode::GrayscaleIgnoreOrientation, "grayscale_ignore_orientation"}}};
};

/// What loads the image of a sample and notes its size; `LoadImageFromWebcam` takes a frame that is there already.
class ImageLoader : public Transform {
 public:
  struct Options {
    bool to_float32 = false;
    ColorMode color_type = ColorMode::Color;
    std::string channel_order = "bgr";
    ConfigDict file_client_args{{"backend", "disk"}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::to_float32, "to_float32", "make the pixels float32"),
            arg(&Options::color_type, "color_type", "how colours are decoded"),
            arg(&Options::channel_order, "channel_order", "order of a colour image's channels").one_of({"bgr", "rgb"}).since_v2_27(),
            arg(&Options::file_client_args, "file_client_args", "where files come from; the disk")};
  }

  ImageLoader(const Options& options, const BuildContext& context);

 protected:
  /// Makes `image` the sample's own as the options say.
  void put(Sample& sample, cv::Mat image) const;

  Options options_;
};

}  // namespace detforge
