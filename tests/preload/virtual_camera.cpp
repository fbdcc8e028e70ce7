/// A camera for tests, preloaded into the program (`LD_PRELOAD`): what asks Video4Linux for /dev/video0 gets grey frames of 64x48, each
/// brighter than the last. Where VIRTUAL_CAMERA_SIGTERM_AT is set, the program gets a SIGTERM as it takes that frame.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr unsigned kWidth = 64, kHeight = 48, kBytes = 3 * kWidth * kHeight, kBuffers = 4;
constexpr off_t kPage = 4096;
static_assert(kBytes <= 3 * kPage);

struct Camera {
  int file = -1;
  int frames = 0;
  void* buffers[kBuffers] = {};
  std::vector<unsigned> queue;  ///< the buffers that wait for a picture, in order
};

Camera& camera() {
  static Camera camera;
  return camera;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// Looked up as this library is loaded: under `dlopen`'s lock, where any thread may map memory, looking up would wait for ever.
using Map = void*(void*, size_t, int, int, int, off_t);
Map* const real_mmap64 = next<Map>("mmap64");

int open_any(const char* name, const char* path, int flags, mode_t mode) {
  auto* const real = next<int(const char*, int, ...)>(name);
  if (std::strcmp(path, "/dev/video0") != 0) return real(path, flags, mode);
  return camera().file = real("/dev/zero", O_RDWR, 0);
}

int refuse(int error) {
  errno = error;
  return -1;
}

void describe(v4l2_capability& capability) {
  capability = {};
  std::strcpy(reinterpret_cast<char*>(capability.driver), "virtual");
  std::strcpy(reinterpret_cast<char*>(capability.card), "virtual");
  capability.capabilities = capability.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
}

void set_only_format(v4l2_pix_format& format) {
  format.pixelformat = V4L2_PIX_FMT_BGR24;
  format.width = kWidth;
  format.height = kHeight;
  format.bytesperline = 3 * kWidth;
  format.sizeimage = kBytes;
  format.field = V4L2_FIELD_NONE;
}

void set_only_rate(v4l2_captureparm& capture) {
  capture.capability = V4L2_CAP_TIMEPERFRAME;
  capture.timeperframe = {1, 30};
}

int take_picture(v4l2_buffer& buffer) {
  Camera& from = camera();
  if (from.queue.empty()) return refuse(EAGAIN);
  buffer.index = from.queue.front();
  from.queue.erase(from.queue.begin());
  buffer.length = buffer.bytesused = kBytes;
  gettimeofday(&buffer.timestamp, nullptr);
  std::memset(from.buffers[buffer.index], 8 * from.frames, kBytes);
  const char* const end = std::getenv("VIRTUAL_CAMERA_SIGTERM_AT");
  if (end != nullptr && std::atoi(end) == from.frames) std::raise(SIGTERM);
  ++from.frames;
  return 0;
}

int answer(unsigned long request, void* argument) {
  switch (request) {
    case VIDIOC_QUERYCAP: return describe(*static_cast<v4l2_capability*>(argument)), 0;
    case VIDIOC_G_INPUT: return *static_cast<int*>(argument) = 0, 0;
    case VIDIOC_G_FMT:
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT: return set_only_format(static_cast<v4l2_format*>(argument)->fmt.pix), 0;
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: return set_only_rate(static_cast<v4l2_streamparm*>(argument)->parm.capture), 0;
    case VIDIOC_REQBUFS: {
      auto& wanted = *static_cast<v4l2_requestbuffers*>(argument);
      wanted.count = wanted.count < kBuffers ? wanted.count : kBuffers;
      return 0;
    }
    case VIDIOC_QUERYBUF: {
      auto& buffer = *static_cast<v4l2_buffer*>(argument);
      buffer.length = kBytes;
      buffer.m.offset = static_cast<unsigned>(3 * kPage * buffer.index);
      return 0;
    }
    case VIDIOC_QBUF: return camera().queue.push_back(static_cast<v4l2_buffer*>(argument)->index), 0;
    case VIDIOC_DQBUF: return take_picture(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_S_INPUT:
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF: return 0;
    default: return refuse(EINVAL);
  }
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return open_any("open64", path, flags, mode);
}

__attribute__((visibility("default"))) int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return open_any("open", path, flags, mode);
}

__attribute__((visibility("default"))) int __open64_2(const char* path, int flags) { return open_any("open64", path, flags, 0); }
__attribute__((visibility("default"))) int __open_2(const char* path, int flags) { return open_any("open", path, flags, 0); }

__attribute__((visibility("default"))) void* mmap64(void* address, size_t length, int protection, int flags, int file, off_t offset) {
  Map* const real = real_mmap64 != nullptr ? real_mmap64 : next<Map>("mmap64");  // null while the program itself is being loaded
  if (file < 0 || file != camera().file) return real(address, length, protection, flags, file, offset);
  return camera().buffers[offset / (3 * kPage)] = real(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

__attribute__((visibility("default"))) void* mmap(void* address, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap64(address, length, protection, flags, file, offset);
}

__attribute__((visibility("default"))) int ioctl(int file, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  if (file >= 0 && file == camera().file) return answer(request, argument);
  return next<int(int, unsigned long, ...)>("ioctl")(file, request, argument);
}
}
