#include "detforge/eval/results/partial_results.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "detforge/base/error.h"
#include "detforge/base/files.h"

namespace detforge {
namespace {

using Json = nlohmann::ordered_json;

Json header_of(const std::string& identity, std::size_t images) {
  return {{"partial_results", 1}, {"identity", identity}, {"images", images}};
}

Json json_of(std::size_t image, const Detections& detections) {
  Json json = {{"image", image}, {"boxes", detections.boxes_xyxy}, {"scores", detections.scores}, {"labels", detections.labels}};
  if (!detections.masks.empty()) {
    json["masks"] = Json::array();
    for (const Rle& mask : detections.masks) json["masks"].push_back({mask.height, mask.width, rle_text(mask)});
  }
  if (!detections.mask_scores.empty()) json["mask_scores"] = detections.mask_scores;
  return json;
}

Detections detections_of(const Json& json) {
  Detections detections;
  detections.boxes_xyxy = json.at("boxes").get<std::vector<BoxXyxy>>();
  detections.scores = json.at("scores").get<std::vector<float>>();
  detections.labels = json.at("labels").get<std::vector<std::int64_t>>();
  for (const Json& mask : json.value("masks", Json::array())) {
    detections.masks.push_back(rle_from_text(mask.at(0), mask.at(1), mask.at(2).get<std::string>()));
  }
  detections.mask_scores = json.value("mask_scores", std::vector<float>());
  const std::size_t size = detections.size();
  const auto fits = [&](std::size_t count) { return count == 0 || count == size; };
  if (detections.scores.size() != size || detections.labels.size() != size || !fits(detections.masks.size()) ||
      !fits(detections.mask_scores.size())) {
    throw Error("a list has another length than 'boxes'");
  }
  return detections;
}

}  // namespace

PartialResults::PartialResults(std::filesystem::path file, const std::string& identity, std::size_t images, bool resume)
    : file_(std::move(file)), results_(images) {
  const bool continues = resume && std::filesystem::exists(file_);
  if (continues) read(identity);
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (continues ? 0 : O_TRUNC), 0644);
  if (descriptor_ < 0) throw Error("can not write: " + std::string(std::strerror(errno))).at(file_.string());
  if (!continues) write(header_of(identity, images).dump());
}

PartialResults::~PartialResults() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PartialResults::read(const std::string& identity) {
  const std::string text = read_file(file_, std::uint64_t{1} << 32U);
  std::size_t begin = 0, line = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    const std::string place = file_.string() + ":" + std::to_string(++line);
    try {
      const Json json = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(end));
      begin = end + 1;
      if (line == 1) {
        if (json == header_of(identity, results_.size())) continue;
        throw Error("these results are of another config, checkpoint or dataset").help("without --continue they are made anew");
      }
      const auto image = json.at("image").get<std::size_t>();
      if (image >= results_.size()) throw Error("the dataset has no image " + std::to_string(image));
      if (!json.contains("frame")) {
        results_[image] = detections_of(json);
        continue;
      }
      std::vector<Detections>& frames = frames_[image];
      if (json.at("frame").get<std::size_t>() != frames.size()) throw Error("frame " + std::to_string(frames.size()) + " is missing");
      frames.push_back(detections_of(json));
    } catch (const Json::exception&) {
      throw Error("this is no line of partial results").at(place).help("without --continue they are made anew");
    } catch (Error& error) {
      throw std::move(error.at(place));
    }
  }
  if (line == 0) throw Error("this file holds no partial results").at(file_.string()).help("without --continue they are made anew");
  // What comes next must not continue a line that was cut short.
  if (begin != text.size()) std::filesystem::resize_file(file_, begin);
}

void PartialResults::write(const std::string& line) const {
  const std::string text = line + '\n';
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(descriptor_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw Error("can not write: " + std::string(std::strerror(errno))).at(file_.string());
    done += static_cast<std::size_t>(written);
  }
}

void PartialResults::add(std::size_t image, Detections detections) {
  write(json_of(image, detections).dump());
  results_.at(image) = std::move(detections);
}

const Detections* PartialResults::frame(std::size_t image, std::size_t frame) const {
  const auto found = frames_.find(image);
  return found == frames_.end() || frame >= found->second.size() ? nullptr : &found->second[frame];
}

void PartialResults::add_frame(std::size_t image, Detections detections) {
  std::vector<Detections>& frames = frames_[image];
  Json json = json_of(image, detections);
  json["frame"] = frames.size();
  write(json.dump());
  frames.push_back(std::move(detections));
}

std::vector<Detections> PartialResults::take() {
  std::vector<Detections> all;
  for (std::optional<Detections>& result : results_) all.push_back(result ? std::move(*result) : Detections());
  results_.clear();
  return all;
}

void PartialResults::remove() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace detforge
