#pragma once

#include <vector>

#include "detforge/cli/requests.h"
#include "detforge/data/datasets/dataset.h"
#include "detforge/data/image_sources.h"

/// Refuses, before any image is looked at, to write over what is read: throws a usage `Error`.
namespace detforge::cli {

/// The pictures and videos of `--out`, and the files of `--out` and `--json`, against the sources.
void refuse_written_sources(const DetectRequest& request, const std::vector<ImageSource>& sources);

/// `--out` and what lies beside it, `--json` and the pictures of `--show-dir` against the dataset's images and annotations.
void refuse_written_dataset(const TestRequest& request, const Dataset& dataset);

}  // namespace detforge::cli
