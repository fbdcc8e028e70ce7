#include "detforge/media/library/image.h"

#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "detforge/base/error.h"

namespace detforge::media {
namespace {

int flags_of(ColorMode mode) {
  switch (mode) {
    case ColorMode::Color: return cv::IMREAD_COLOR;
    case ColorMode::Grayscale: return cv::IMREAD_GRAYSCALE;
    case ColorMode::Unchanged: return cv::IMREAD_UNCHANGED;
    case ColorMode::ColorIgnoreOrientation: return cv::IMREAD_IGNORE_ORIENTATION | cv::IMREAD_COLOR;
    case ColorMode::GrayscaleIgnoreOrientation: return cv::IMREAD_IGNORE_ORIENTATION | cv::IMREAD_GRAYSCALE;
  }
  return cv::IMREAD_COLOR;
}

}  // namespace

cv::Mat decode(std::string_view encoded, ColorMode mode, const std::string& name) {
  if (encoded.empty()) throw Error("the image is empty").at(name);
  cv::Mat image;
  try {
    // OpenCV only reads the buffer, but takes no const one.
    const cv::Mat buffer(1, static_cast<int>(encoded.size()), CV_8UC1, const_cast<char*>(encoded.data()));
    image = cv::imdecode(buffer, flags_of(mode));
  } catch (const cv::Exception& error) {
    if (error.err.find("MAX_IMAGE") != std::string::npos) {
      throw Error("the image has too many pixels").at(name).help("OPENCV_IO_MAX_IMAGE_PIXELS sets the limit");
    }
    throw Error("can not decode the image: " + error.err).at(name);
  }
  if (image.empty()) throw Error("can not decode the image: it is damaged or of an unknown format").at(name);
  return image;
}

std::string encode(const cv::Mat& image, const std::string& extension) {
  if (image.empty()) throw Error("there is no image to encode");
  std::vector<unsigned char> encoded;
  try {
    if (extension.size() < 2 || !cv::haveImageWriter(extension)) throw Error("no image format has the extension '" + extension + "'");
    if (!cv::imencode(extension, image, encoded)) throw Error("can not encode the image as " + extension);
  } catch (const cv::Exception& error) {
    throw Error("can not encode the image as " + extension + ": " + error.err);
  }
  return {encoded.begin(), encoded.end()};
}

}  // namespace detforge::media
