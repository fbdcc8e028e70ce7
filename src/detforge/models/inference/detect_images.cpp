#include "detforge/models/inference/detect_images.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "detforge/models/inference/channels_last.h"
#include "detforge/nn/init/initializer.h"

namespace detforge {
namespace {

/// One image as a batch [1, C, H, W], its channels last as OpenCV has them and models want them.
torch::Tensor image_batch(const Sample& view) {
  const int channels = view.image.channels();
  const torch::Tensor pixels = torch::empty({1, view.image.rows, view.image.cols, channels});
  cv::Mat floats(view.image.rows, view.image.cols, CV_32FC(channels), pixels.data_ptr());
  view.image.convertTo(floats, CV_32F);
  return pixels.permute({0, 3, 1, 2});
}

ImageMeta meta_of(const Sample& view) {
  ImageMeta meta = view.meta;
  meta.batch_input_shape = {view.image.rows, view.image.cols};
  return meta;
}

Detections detect_views(Detector& model, const Views& views, torch::Device device) {
  if (views.empty()) throw Error("the test pipeline gives nothing of an image");
  std::vector<torch::Tensor> images;
  std::vector<ImageMeta> metas;
  for (const Sample& view : views) {
    images.push_back(image_batch(view).to(device).contiguous(torch::MemoryFormat::ChannelsLast));
    metas.push_back(meta_of(view));
  }
  return model.aug_predict(images, metas, /*rescale=*/true);
}

torch::Tensor proposals_of(const Sample& view) {
  const torch::Tensor boxes = torch::empty({static_cast<std::int64_t>(view.proposals->size()), 4});
  std::copy_n(view.proposals->front().data(), static_cast<std::size_t>(boxes.numel()), boxes.data_ptr<float>());
  return boxes;
}

/// Images of one view and one size, as one batch.
std::vector<Detections> detect_alike(Detector& model, std::span<const Views> images, std::span<const std::size_t> indices,
                                     torch::Device device) {
  std::vector<torch::Tensor> batch;
  std::vector<ImageMeta> metas;
  Proposals proposals;
  for (const std::size_t index : indices) {
    const Sample& view = images[index].front();
    batch.push_back(image_batch(view));
    metas.push_back(meta_of(view));
    if (view.proposals) proposals.push_back(proposals_of(view).to(device));
  }
  const torch::Tensor input = torch::cat(batch).to(device).contiguous(torch::MemoryFormat::ChannelsLast);
  return proposals.empty() ? model.predict(input, metas, /*rescale=*/true)
                           : model.predict_from_proposals(input, metas, proposals, /*rescale=*/true);
}

}  // namespace

std::vector<Detections> detect_images(Detector& model, std::span<const Views> images, torch::Device device, std::size_t batch) {
  const torch::NoGradGuard no_grad;
  std::vector<Detections> results(images.size());
  std::map<std::tuple<int, int, bool>, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].size() == 1) {
      const Sample& view = images[i].front();
      alike[{view.image.rows, view.image.cols, view.proposals.has_value()}].push_back(i);
    } else {
      results[i] = detect_views(model, images[i], device);
    }
  }
  for (const auto& [kind, indices] : alike) {
    for (std::size_t begin = 0; begin < indices.size(); begin += batch) {
      const std::span some = std::span(indices).subspan(begin, std::min(batch, indices.size() - begin));
      std::vector<Detections> found = detect_alike(model, images, some, device);
      for (std::size_t row = 0; row < some.size(); ++row) results[some[row]] = std::move(found.at(row));
      if (some.size() < batch) break;
    }
  }
  return results;
}

void prepare_for_inference(Detector& model, torch::Device device) {
  model.eval();
  model.to(device);
  if (device.is_cpu()) to_channels_last(model);
}

void init_random_weights(nn::Module& model, std::uint64_t seed) {
  torch::manual_seed(seed);
  nn::initialize_weights(model);
}

}  // namespace detforge
