#include "detforge/checkpoint/hub.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>

#include "detforge/base/error.h"
#include "detforge/base/sha256.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

/// What OpenMMLab's names mean where the file is called otherwise.
const std::map<std::string, std::string>& renamed_files() {
  static const std::map<std::string, std::string> files = {{"detectron2/resnet50_caffe", "resnet50_msra-5891d200.pth"},
                                                           {"detectron2/resnet101_caffe", "resnet101_msra-6cc46731.pth"},
                                                           {"resnext50_32x4d", "resnext50-32x4d-0ab1a123.pth"},
                                                           {"contrib/resnet50_gn", "resnet50_gn_thangvubk-ad1730dd.pth"},
                                                           {"bninception_caffe", "bn_inception_caffe-ed2e8665.pth"},
                                                           {"res2net101_v1d_26w_4s", "res2net101_v1d_26w_4s_mmdetv2-f0a600f9.pth"},
                                                           {"resnest50", "resnest50_d2-7497a55b.pth"},
                                                           {"resnest101", "resnest101_d2-f3b931b2.pth"},
                                                           {"resnest200", "resnest200_d2-ca88e41f.pth"},
                                                           {"mmdet/mobilenet_v2", "mobilenet_v2_batch256_imagenet-ff34753d.pth"},
                                                           {"resnet50_caffe_bgr", "resnet50_msra-5891d200.pth"},
                                                           {"resnet101_caffe_bgr", "resnet101_msra-6cc46731.pth"}};
  return files;
}

/// What is looked for: names of files, or stems that `-<hash>.pth` follows.
struct Wanted {
  std::vector<std::string> files;
  std::vector<std::string> stems;

  /// `resnet50-<sha256>.pth`
  std::string text() const {
    std::string all;
    const auto append = [&](const std::string& name) { all += (all.empty() ? "'" : " or '") + name + "'"; };
    for (const std::string& file : files) append(file);
    for (const std::string& stem : stems) append(stem + "-<8 digits of its SHA-256>.pth");
    return all;
  }
};

std::optional<std::string> after_scheme(const std::string& source, std::initializer_list<const char*> schemes) {
  for (const std::string scheme : schemes) {
    if (source.starts_with(scheme + "://")) return source.substr(scheme.size() + 3);
  }
  return std::nullopt;
}

std::string last_part(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

/// What `source` means where it is no path.
std::optional<Wanted> wanted_by(const std::string& source) {
  if (const auto url = after_scheme(source, {"http", "https"})) return Wanted{{last_part(url->substr(0, url->find('?')))}, {}};
  if (const auto name = after_scheme(source, {"torchvision", "modelzoo"})) return Wanted{{}, {*name}};
  if (const auto name = after_scheme(source, {"open-mmlab", "openmmlab"})) {
    Wanted wanted;
    if (const auto file = renamed_files().find(*name); file != renamed_files().end()) wanted.files.push_back(file->second);
    wanted.stems.push_back(last_part(*name));
    if (wanted.stems.front() != *name) wanted.stems.push_back(*name);
    return wanted;
  }
  if (source.find("://") != std::string::npos) {
    throw Error("'" + source + "' is no place that weights are looked up from")
        .help("a path, a URL, torchvision://<name> or open-mmlab://<name>");
  }
  return std::nullopt;
}

/// The digits at the end of a file's name, `resnet50-19c8e357.pth`; empty without.
std::string hash_in_name(const std::string& name) {
  const std::string stem = name.substr(0, name.find_last_of('.'));
  const std::size_t dash = stem.find_last_of('-');
  if (stem.size() == name.size() || dash == std::string::npos) return {};
  const std::string digits = stem.substr(dash + 1);
  const bool is_hash = digits.size() >= 8 && digits.size() <= 64 && digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? digits : std::string();
}

std::string sha256_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error("cannot be opened").at(path.string());
  Sha256 hash;
  std::vector<char> piece(std::size_t{1} << 20U);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    hash.add(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  return hash.hex();
}

void verify_hash(const fs::path& path) {
  const std::string wanted = hash_in_name(path.filename().string());
  if (wanted.empty()) return;
  const std::string found = sha256_of(path).substr(0, wanted.size());
  if (found == wanted) return;
  throw Error("the file's SHA-256 begins with " + found + ", its name says " + wanted)
      .at(path.string())
      .help("fetch it anew: it is damaged or another file");
}

/// The files of `folder` that are wanted, sorted.
std::vector<fs::path> matches_in(const fs::path& folder, const Wanted& wanted) {
  std::vector<fs::path> found;
  for (const std::string& file : wanted.files) {
    if (fs::is_regular_file(folder / file)) found.push_back(folder / file);
  }
  for (const std::string& stem : wanted.stems) {
    const fs::path beside = (folder / stem).parent_path();
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(beside, failed)) {
      const std::string name = entry.path().filename().string();
      const bool hashed = !hash_in_name(name).empty() && name.ends_with(".pth");
      const std::string begin = last_part(stem) + "-";
      if (hashed && name.starts_with(begin) && name.find('-', begin.size()) == std::string::npos) found.push_back(entry.path());
    }
    if (!found.empty()) break;
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

std::vector<fs::path> hub_folders() {
  std::vector<fs::path> folders;
  const std::string own = from_environment("DETFORGE_HUB");
  for (std::size_t begin = 0; begin < own.size();) {
    const std::size_t end = std::min(own.find(':', begin), own.size());
    if (end > begin) folders.emplace_back(own.substr(begin, end - begin));
    begin = end + 1;
  }
  const std::string torch_home = from_environment("TORCH_HOME"), cache = from_environment("XDG_CACHE_HOME"),
                    home = from_environment("HOME");
  if (!torch_home.empty()) {
    folders.push_back(fs::path(torch_home) / "hub/checkpoints");
  } else if (!cache.empty()) {
    folders.push_back(fs::path(cache) / "torch/hub/checkpoints");
  } else if (!home.empty()) {
    folders.push_back(fs::path(home) / ".cache/torch/hub/checkpoints");
  }
  return folders;
}

fs::path find_checkpoint(const std::string& source, const std::vector<fs::path>& folders) {
  const std::optional<Wanted> wanted = wanted_by(source);
  if (!wanted) {
    if (!fs::is_regular_file(source)) throw Error("there is no such file").at(source);
    return source;
  }
  for (const fs::path& folder : folders) {
    const std::vector<fs::path> found = matches_in(folder, *wanted);
    if (found.size() > 1) {
      Error error("'" + source + "' may be several files");
      for (const fs::path& path : found) error.note(path.string());
      throw error.help("give the path of the one that is meant");
    }
    if (found.empty()) continue;
    verify_hash(found.front());
    return found.front();
  }
  Error error("the weights '" + source + "' are not on this machine: " + wanted->text() + " is wanted");
  for (const fs::path& folder : folders) error.note("looked in " + folder.string());
  throw error.help("put the file into one of these folders; DETFORGE_HUB names more");
}

}  // namespace detforge
