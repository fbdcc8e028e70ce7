#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Pretrained weights by the names that configs give them. Nothing is fetched: files are looked up in folders.
namespace detforge {

/// The folders that are looked in: `DETFORGE_HUB` (several, joined by `:`), then PyTorch's cache
/// (`$TORCH_HOME/hub/checkpoints`, by default in `$XDG_CACHE_HOME/torch` or `~/.cache/torch`).
std::vector<std::filesystem::path> hub_folders();

/// The file that `source` means: a path; a URL, whose last part is the file's name; `torchvision://resnet50`
/// (`modelzoo://`) or `open-mmlab://detectron2/resnet50_caffe` (`openmmlab://`), which are files
/// `<name>-<8 digits of SHA-256>.pth`. A file whose name ends in such digits must have that hash.
/// Throws `Error` that names the file wanted and the places looked at.
std::filesystem::path find_checkpoint(const std::string& source, const std::vector<std::filesystem::path>& folders = hub_folders());

}  // namespace detforge
