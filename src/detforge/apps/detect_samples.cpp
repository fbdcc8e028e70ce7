#include "detforge/apps/detect_samples.h"

#include <new>
#include <opencv2/core.hpp>

#include "detforge/data/shape_batches.h"

namespace detforge {
namespace {

/// libtorch's first line; the others are a stack trace.
std::string first_line(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  return text.substr(0, text.find('\n'));
}

}  // namespace

Error image_error(const std::exception_ptr& error, const std::string& place) {
  try {
    std::rethrow_exception(error);
  } catch (Error& known) {
    return std::move(known.at(place));
  } catch (const c10::Error& refusal) {
    return Error("the model can not run on this image: " + first_line(refusal)).at(place);
  } catch (const cv::Exception& refusal) {
    return Error("OpenCV refuses this image: " + refusal.err).at(place);
  } catch (const std::bad_alloc&) {
    return Error("there is not enough memory for this image").at(place);
  }
}

void detect_samples(Loader& loader, std::size_t batch, const std::function<std::vector<Detections>(std::span<const Views>)>& detect,
                    const std::function<bool(ImageOutcome)>& take) {
  ShapeBatches batches([&] { return loader.next(); }, batch, 4 * batch);
  bool has_run = false;
  const auto run = [&](std::span<const Views> views) {
    std::vector<Detections> found = detect(views);
    has_run = true;
    return found;
  };
  const auto outcome_of = [&](const LoadedSample& sample, const Views& views) {
    ImageOutcome outcome{.index = sample.index};
    try {
      outcome.found = std::move(run({&views, 1}).front());
    } catch (const Error&) {
      if (!has_run) throw;
      outcome.error = std::current_exception();
    } catch (...) {
      outcome.error = std::current_exception();
    }
    return outcome;
  };
  for (std::vector<LoadedSample> samples = batches.take(); !samples.empty(); samples = batches.take()) {
    if (samples.front().error != nullptr) {
      if (!take({.index = samples.front().index, .error = samples.front().error})) return;
      continue;
    }
    std::vector<Views> views;
    for (LoadedSample& sample : samples) views.push_back(std::move(sample.views));
    std::vector<Detections> found;
    if (samples.size() > 1) {
      try {
        found = run(views);
      } catch (...) {
        found.clear();  // one by one, to see which it is
      }
    }
    for (std::size_t i = 0; i < samples.size(); ++i) {
      ImageOutcome outcome = found.empty() ? outcome_of(samples[i], views[i]) : ImageOutcome{samples[i].index, std::move(found[i])};
      if (!views[i].empty()) outcome.photo = views[i].front().decoded;
      if (!take(std::move(outcome))) return;
    }
  }
}

}  // namespace detforge
